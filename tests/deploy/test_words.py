"""What people type becomes what they mean, or a sentence that helps; what buttons say means one thing alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from deploy.command import Command, Verb
from deploy.hold import Kind
from deploy.spoken import Call, call, spoken
from deploy.vocabulary import USAGE, VERBS
from deploy.words import Meant, Misunderstood, meant

LATER = datetime(2027, 1, 4, 7, tzinfo=UTC)
DEPLOY = Meant(verb="deploy", names=("web",), version="4f2a91c", environment="production")


@pytest.mark.parametrize(
    "text",
    [
        "deploy web 4f2a91c to production",
        "  Deploy   web 4F2A91C   TO production ",
        "deploy 4f2a91c of web to production",
        "deploy to production web 4f2a91c",
        "/deploy web 4f2a91c into production",
        "@interlock deploy “web” 4f2a91c to 'production'",
        "please deploy `web` `4f2a91c` to the production!",
        "deploy\tweb\u00a04f2a91c\nto production?",
    ],
)
def test_the_same_is_meant_however_it_is_typed(text: str) -> None:
    assert meant(text) == DEPLOY


UNDERSTOOD = {
    "": Meant(verb="help"),
    "?": Meant(verb="help"),
    "help Deploy": Meant(verb="help", names=("deploy",)),
    "promote web production": Meant(verb="promote", names=("web", "production")),
    "promote acme/shop/web to production": Meant(verb="promote", names=("acme/shop/web",), environment="production"),
    "approve web production because looks good: to production": Meant(
        verb="approve", names=("web", "production"), reason="looks good: to production"
    ),
    "reject web 4f2a91c in production --because 'prices are wrong'": Meant(
        verb="reject", names=("web",), version="4f2a91c", environment="production", reason="prices are wrong"
    ),
    "redeploy shop/web staging": Meant(verb="redeploy", names=("shop/web", "staging")),
    "roll back web production because it's slow": Meant(
        verb="rollback", names=("web", "production"), reason="it's slow"
    ),
    "rollback acme/shop/web production from 4f2a91c to 77AA0BE because slow": Meant(
        verb="rollback", names=("acme/shop/web", "production"), seen="4f2a91c", version="77aa0be", reason="slow"
    ),
    "emergency web 4f2a91c to production -m site is down": Meant(
        verb="emergency", names=("web",), version="4f2a91c", environment="production", reason="site is down"
    ),
    'override "GitHub\'s reviewers" web production because known': Meant(
        verb="override", promotion="GitHub's reviewers", names=("web", "production"), reason="known"
    ),
    "override cafe web 4f2a91c in production because known": Meant(
        verb="override",
        promotion="cafe",
        names=("web",),
        version="4f2a91c",
        environment="production",
        reason="known",
    ),
    "cancel web production": Meant(verb="cancel", names=("web", "production")),
    "cancel 4f2a91c": Meant(verb="cancel", version="4f2a91c"),
    "hold web production until 1d12h because audit": Meant(
        verb="hold", names=("web", "production"), until=timedelta(hours=36), reason="audit"
    ),
    "hold web for 2h because audit": Meant(verb="hold", names=("web",), until=timedelta(hours=2), reason="audit"),
    "lock acme/shop until 2027-01-04T08:00+01:00 because audit": Meant(
        verb="hold", names=("acme/shop",), hold=Kind.LOCK, until=LATER, reason="audit"
    ),
    "pin web because wait": Meant(verb="hold", names=("web",), hold=Kind.PIN, reason="wait"),
    "unfreeze web production": Meant(verb="lift", names=("web", "production")),
    "lift web production from 01jd": Meant(verb="lift", names=("web", "production"), seen="01jd"),
    "why web production": Meant(verb="why", names=("web", "production")),
    "why is 4f2a91c of web not in production?": Meant(
        verb="why", names=("web",), version="4f2a91c", environment="production"
    ),
    "where 4f2a91c": Meant(verb="where", version="4f2a91c"),
    "where is #812?": Meant(verb="where", number=812),
    "where acme/shop#812": Meant(verb="where", names=("acme/shop",), number=812),
    "diff web production": Meant(verb="diff", names=("web", "production")),
    "status": Meant(verb="status"),
    "re-run 4f2a91c": Meant(verb="rerun", version="4f2a91c"),
    "rerun web": Meant(verb="rerun", names=("web",)),
    "link ABCD-1234": Meant(verb="link", code="ABCD-1234"),
    "unlink": Meant(verb="unlink"),
    "who-am-i": Meant(verb="whoami"),
    "never mind": Meant(verb="nevermind"),
}


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD.items(), ids=list(UNDERSTOOD))
def test_what_somebody_types_is_what_they_mean(text: str, expected: Meant) -> None:
    assert meant(text) == expected


MISUNDERSTOOD = {
    "deply web": Misunderstood(why='I do not know "deply"', near=("deploy", "redeploy")),
    "xyzzy": Misunderstood(why='I do not know "xyzzy"'),
    "deploy web to": Misunderstood(why=f'something is missing after "to": {USAGE["deploy"]}'),
    "deploy web 4f2a91c to staging in production": Misunderstood(why='say one environment: "staging" or "production"'),
    "deploy web api 4f2a91c to production": Misunderstood(why=f'"api" is one name too many: {USAGE["deploy"]}'),
    "promote web from staging": Misunderstood(
        why='leave out "from staging": promote takes what the environment before has'
    ),
    "deploy web latest to production": Misunderstood(
        why='"latest" is no commit: say its first digits, such as 4f2a91c'
    ),
    "redeploy web production from 4f2a91c": Misunderstood(why='leave out "from 4f2a91c"'),
    "rollback web production 4f2a91c because slow": Misunderstood(
        why='is "4f2a91c" what to go back to, or what to take back? Say "to 4f2a91c" or "from 4f2a91c"'
    ),
    "rollback web to staging because slow": Misunderstood(
        why='"staging" is no version: say to which commit, such as "to 4f2a91c"'
    ),
    "rollback web production from yesterday because slow": Misunderstood(
        why='"yesterday" is no version: say from which commit, such as "from 4f2a91c"'
    ),
    "override because known": Misunderstood(why=f"say which promotion to override: {USAGE['override']}"),
    "unlink @ana": Misunderstood(why='leave out "@ana": unlink ends your own link'),
    "hold because audit": Misunderstood(why=f"say what to hold: {USAGE['hold']}"),
    "hold web until tomorrow because audit": Misunderstood(
        why='"tomorrow" is no time: write 2h, 3d or 2027-01-04T08:00+01:00'
    ),
    "hold web until 2027-01-04T08:00 because audit": Misunderstood(
        why='"2027-01-04T08:00" needs its zone: write 2h, 3d or 2027-01-04T08:00+01:00'
    ),
    "hold web until 9999-12-31T23:59-14:00 because audit": Misunderstood(
        why='"9999-12-31T23:59-14:00" is no time: write 2h, 3d or 2027-01-04T08:00+01:00'
    ),
    "deploy web until 2h": Misunderstood(why=f"only a hold ends by itself: {USAGE['deploy']}"),
    "deploy web #812 to staging": Misunderstood(
        why=f'"#812" is a pull request, and deploy takes none: {USAGE["deploy"]}'
    ),
    "where web": Misunderstood(why="say which commit or pull request: where 4f2a91c, or where #812"),
    f"approve web because {'x' * 501}": Misunderstood(why="a reason has at most 500 characters: say it shorter"),
    f"status {'x' * 101}": Misunderstood(why=f'"{"x" * 100}…" is too long for a name'),
}


@pytest.mark.parametrize(("text", "expected"), MISUNDERSTOOD.items(), ids=[each[:60] for each in MISUNDERSTOOD])
def test_what_is_not_clear_is_not_guessed(text: str, expected: Misunderstood) -> None:
    assert meant(text) == expected


@pytest.mark.parametrize("verb", USAGE)
def test_every_verb_begins_a_sentence(verb: str) -> None:
    found = meant({"where": "where web #812", "unlink": "unlink"}.get(verb, f"{verb} web"))

    assert isinstance(found, Meant)
    assert (found.verb, verb in VERBS) == (verb, True)


WORDS = st.sampled_from(
    [
        *VERBS,
        *("lock", "roll", "back", "never", "mind", "to", "from", "in", "for", "until", "because", "-m", "of", "?"),
        *("web", "acme/shop/web", "production", "4f2a91c", "#812", "a#1", "2h", "0s", "2027-01-04T08:00Z"),
        *("0001-01-01T00:00+14:00", "ß", "İ", "\x00", "\ud800", "x" * 200, '"a b"', "`", "\\", '"', "'", "“"),
    ]
)


@settings(max_examples=120)
@given(st.lists(WORDS | st.text(max_size=6), max_size=9).map(" ".join) | st.text(max_size=60))
@example('deploy "\\" to production')
def test_any_text_is_understood_or_answered(text: str) -> None:
    found = meant(text)

    if isinstance(found, Misunderstood):
        assert found.why
    else:
        assert found.verb in {*VERBS, "nevermind"}


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,12}", fullmatch=True) | st.sampled_from(
    ["to", "in", "because", "the", "from", "is", "cafe", "4f2a91c", "deploy", "until"]
)
PROMOTIONS = NAMES | st.sampled_from(["GitHub's reviewers", 'a "b" c', "x\\y", "“q” »", "web", "cafe", "?!"])
VERSIONS = st.sampled_from(["4f2a91c", "77aa0be", "0" * 26, "ab12" * 10])
REASONS = st.text(max_size=40).map(lambda text: " ".join(_printable(text).split()))


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


SEEING = (Verb.ROLLBACK, Verb.LIFT, Verb.REDEPLOY, Verb.EMERGENCY, Verb.DEPLOY, Verb.PROMOTE)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    verb = draw(st.sampled_from(list(Verb)))
    service = draw(NAMES | st.just("")) if verb in (Verb.HOLD, Verb.LIFT) else draw(NAMES)
    return Call(
        verb=verb,
        repository="acme/shop",
        service=service,
        environment=draw(NAMES) if service else "",
        version="" if verb in (Verb.HOLD, Verb.LIFT) else draw(VERSIONS | st.just("")),
        seen=draw(VERSIONS | st.just("")) if verb in SEEING else "",
        promotion=draw(PROMOTIONS) if verb is Verb.OVERRIDE else "",
        reason=draw(REASONS),
        hold=draw(st.sampled_from(list(Kind))) if verb is Verb.HOLD else Kind.FREEZE,
        until=draw(st.none() | st.datetimes(timezones=st.just(UTC))) if verb is Verb.HOLD else None,
    )


@settings(max_examples=120)
@given(calls())
def test_what_a_button_says_means_exactly_what_it_was_made_of(said: Call) -> None:
    found = meant(spoken(said))

    assert isinstance(found, Meant)
    where = f"{said.repository}/{said.service}" if said.service else said.repository
    places = (where, said.environment) if said.environment else (where,)
    assert found.places == places
    assert found == Meant(
        verb=said.verb,
        names=found.names,
        environment=found.environment,
        version=said.version,
        seen=said.seen,
        promotion=said.promotion,
        reason=said.reason,
        hold=said.hold,
        until=said.until,
    )


def test_a_button_names_everything_in_full() -> None:
    command = Command(id="c", verb=Verb.ROLLBACK, repository=42, service="web", by="bo", at=LATER)
    short = Call(verb=Verb.ROLLBACK, repository="acme/shop", service="web")
    back = replace(short, environment="production", version="77aa0be", seen="4f2a91c", reason=" too\nslow ")

    assert call(command, "acme/shop") == short
    assert spoken(back) == "rollback acme/shop/web production to 77aa0be from 4f2a91c because too slow"
    assert spoken(Call(verb="why", repository="acme/shop", service="web", environment="in")) == (
        'why acme/shop/web "in"'
    )
    assert (
        spoken(Call(verb=Verb.HOLD, repository="acme/shop", hold=Kind.LOCK, until=LATER, reason="audit"))
        == "lock acme/shop until 2027-01-04T07:00:00+00:00 because audit"
    )
    assert (
        spoken(Call(verb=Verb.DEPLOY, repository="acme/shop", service="web", environment="cafe", version="4f2a91c"))
        == "deploy acme/shop/web 4f2a91c to cafe"
    )
