"""What a deployment tells in a channel, word for word, in every state."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from checks.message import LONGEST, Ask, Button, Link, Style, plain
from checks.news import News, Weight
from deploy.artifact import Artifact, Export
from deploy.artifact import Kind as Contents
from deploy.deployment import Kind, State
from deploy.deployment_news import deployment_news
from deploy.headline import Facts
from deploy.hold import Hold
from deploy.hold import Kind as Holding
from deploy.promotion import Decision, Result, When
from deploy.promotion import State as Judged
from deploy.revert import Commit
from deploy.version import Version, version_of
from tests.deploy.stories import PRODUCTION, STAGING, A, B, C, deployment, version
from tests.deploy.talks import SHOP, shown
from tests.deploy.world import NOW

ASKS = Result(name="release-team", when=When.BEFORE, type="manual", why="needs one of @acme/release; asked 14:02 UTC")
HOURS = Result(name="hours", when=When.BEFORE, type="window", why="closed until Mon 08:00 UTC")
SMOKE = Result(name="smoke", when=When.AFTER, type="webhook", state=Judged.PASSED, why="3 × 200 from /health")
ILL = replace(SMOKE, state=Judged.FAILED, why="/health answered 500")
FREEZE = Hold(id="h1", kind=Holding.FREEZE, scope="42/web", owner="ana", reason="audit", since=NOW)
ONE = Commit(sha=B, message="Round totals (#7)\n\nMore.", author="ana")
TWO = Commit(sha=C, message="Add tax", author="bo")
OLD = version(A)
COMPARE = f"{SHOP.html_url}/compare"
APPROVE = ["[Approve]", "[Approve with note]", "[Reject]", "[Why]"]


def facts(state: State, was: Version | None = OLD, coming: Sequence[Commit] = (ONE,), **more: Any) -> Facts:
    """B on its way to production, which has A."""
    around = {name: more.pop(name) for name in ("leaving", "hold", "good") if name in more}
    fields = {"version": version(B), "environment": PRODUCTION, **more}
    told = replace(deployment("d1", B), state=state, **fields)
    return Facts(deployment=told, repository=SHOP, before=was, coming=coming, now=NOW, **around)


def news(state: State, **more: Any) -> News:
    return deployment_news(facts(state, **more))


def told(state: State, **more: Any) -> list[str]:
    return shown(news(state, **more).message)


def decided(*, approved: bool, reason: str = "") -> Decision:
    return Decision(by="bo", by_id=2, approved=approved, at=NOW, reason=reason)


APPROVED = decided(approved=True, reason="looks good")
NOT_ALLOWED = replace(APPROVED, by="cy", by_id=3)
LETS_IN = replace(ASKS, state=Judged.PASSED, why="approved by @bo: looks good")
FROM = "from aaaaaaa: 1 commit, 1 pull request (#7) by @ana: “Round totals (#7)”"


def test_an_approval_shows_what_would_come_and_who_is_asked() -> None:
    assert told(State.GATED, results=(ASKS,)) == [
        "▲ web bbbbbbb → production needs an approval",
        FROM,
        "release-team: needs one of @acme/release; asked 14:02 UTC",
        "compare",
        *APPROVE,
    ]


def test_an_approval_of_several_commits_names_them_the_newest_first() -> None:
    assert told(State.GATED, version=version(C), coming=(ONE, TWO), results=(ASKS,)) == [
        "▲ web ccccccc → production needs an approval",
        "from aaaaaaa: 2 commits, 1 pull request (#7) by @ana, @bo",
        "ccccccc Add tax",
        "bbbbbbb Round totals (#7)",
        "release-team: needs one of @acme/release; asked 14:02 UTC",
        "compare",
        *APPROVE,
    ]


def test_five_hundred_commits_are_counted_and_the_newest_are_named() -> None:
    many = [Commit(sha=f"{number:040x}", message=f"Merge pull request #{number} from x", author=f"u{number}")
            for number in range(1, 501)]  # fmt: skip
    message = news(State.GATED, coming=many, results=(ASKS,)).message
    assert shown(message)[1:8] == [
        "from aaaaaaa: 500 commits, 500 pull requests (#1 #2 #3 #4 #5 …) by @u1, @u2, @u3, @u4, @u5 and 495 more",
        *(f"0000000 Merge pull request #{number} from x" for number in range(500, 495, -1)),
        "and 495 more",
    ]
    assert sum(len(plain(line)) for line in message.lines) < LONGEST


def test_what_is_pressed_says_this_version_and_nothing_else() -> None:
    what = f"acme/shop/web production {version(B).id}"
    assert news(State.GATED, results=(ASKS,)).message.buttons == (
        Button(
            words=f"approve {what}",
            label="Approve",
            style=Style.PRIMARY,
            confirm="Let web bbbbbbb into production",
            sure=True,
        ),
        Button(words=f"approve {what}", label="Approve with note", asks=Ask.NOTE, sure=True),
        Button(words=f"reject {what}", label="Reject", style=Style.DANGER, asks=Ask.REASON, sure=True),
        Button(words="why acme/shop/web production", label="Why"),
    )


def test_links_lead_to_the_pull_requests_the_comparison_and_the_environment() -> None:
    site = replace(PRODUCTION, url="https://shop.example.org")
    lines = news(State.GATED, environment=site, results=(ASKS,)).message.lines
    assert [piece for line in lines for piece in line if isinstance(piece, Link)] == [
        Link("#7", f"{SHOP.html_url}/pull/7"),
        Link("compare", f"{COMPARE}/{A}...{B}"),
        Link("production", "https://shop.example.org"),
    ]


def test_what_waits_for_a_window_says_so_and_offers_nothing_to_approve() -> None:
    assert told(State.GATED, results=(HOURS,)) == [
        "▲ web bbbbbbb → production waits for hours: closed until Mon 08:00 UTC",
        FROM,
        "compare",
        "[Why]",
    ]


@pytest.mark.parametrize(
    ("why", "said"), [("aaaaaaa is being verified", "aaaaaaa is being verified"), ("", "it is not its turn yet")]
)
def test_what_waits_for_its_turn_says_behind_what(why: str, said: str) -> None:
    assert told(State.GATED, why=why)[0] == f"▲ web bbbbbbb → production waits: {said}"


def test_what_is_held_says_by_whom_and_can_be_approved_meanwhile() -> None:
    assert told(State.GATED, results=(ASKS,), hold=FREEZE) == [
        "■ web bbbbbbb → production is held: frozen by @ana: audit",
        FROM,
        "release-team: needs one of @acme/release; asked 14:02 UTC",
        "compare",
        *APPROVE,
    ]


def test_what_moves_says_who_let_it_in_and_the_thread_too() -> None:
    moves = news(State.DEPLOYING, decisions=(NOT_ALLOWED, APPROVED), results=(LETS_IN,))
    assert shown(moves.message) == [
        "● web bbbbbbb is on its way to production",
        FROM,
        "approved by @bo: looks good · 12:00 UTC",
        "compare",
        "[Why]",
    ]
    assert plain(moves.remark) == "approved by @bo: looks good"


def test_what_is_verified_says_by_what() -> None:
    asked = replace(SMOKE, state=Judged.PENDING, why="1 × 200 from /health, 2 to go")
    assert told(State.VERIFYING, results=(asked,)) == [
        "● web bbbbbbb is in production, and is being verified: smoke",
        FROM,
        "compare",
        "[Why]",
    ]


def live(**more: Any) -> News:
    times = {"began_at": NOW, "arrived_at": NOW, "live_at": NOW + timedelta(seconds=192)}
    return news(State.LIVE, **{"results": (SMOKE,), **times, **more})


def test_what_is_live_says_what_found_it_well_how_long_it_took_and_how_to_go_back() -> None:
    let_in = replace(LETS_IN, why="approved by @bo")
    fine = live(good=version(A), decisions=(NOT_ALLOWED, APPROVED), results=(let_in, SMOKE))
    assert shown(fine.message) == [
        "✓ web bbbbbbb is live in production",
        FROM,
        "approved by @bo · 12:00 UTC",
        "smoke: 3 × 200 from /health",
        "3 min 12 s · compare",
        "[Roll back to aaaaaaa]",
    ]
    assert fine.message.buttons == (
        Button(
            words=f"rollback acme/shop/web production to {version(A).id} from {version(B).id}",
            label="Roll back to aaaaaaa",
            style=Style.DANGER,
            asks=Ask.REASON,
            sure=True,
        ),
    )
    assert plain(fine.remark) == "✓ web bbbbbbb is live in production"
    assert plain(fine.mended) == "web production is well again: bbbbbbb is live"


def test_the_first_version_has_nothing_to_compare_with() -> None:
    assert shown(live(was=None, coming=()).message) == [
        "✓ web bbbbbbb is live in production",
        "the first version in production",
        "smoke: 3 × 200 from /health",
        "3 min 12 s · commit",
    ]


@pytest.mark.parametrize(
    ("state", "said"), [(State.GATED, ["production has nothing yet"]), (State.CANCELLED, []), (State.REJECTED, [])]
)
def test_what_has_not_come_is_no_first_version(state: State, said: list[str]) -> None:
    assert [plain(line) for line in news(state, was=None, coming=()).message.lines] == [*said, "commit"]


def test_what_is_written_once_more_says_who_asked() -> None:
    again = shown(live(was=version(B), coming=(), kind=Kind.REDEPLOY, by="bo").message)
    assert again == [
        "✓ web bbbbbbb is live in production again",
        "asked for by @bo",
        "smoke: 3 × 200 from /health",
        "3 min 12 s · commit",
    ]


def test_what_was_overridden_is_told_once() -> None:
    forced = replace(SMOKE, state=Judged.PENDING).overridden("ana", "it is slow today")
    assert shown(live(results=(forced,)).message)[2:] == [
        "smoke: overridden by @ana: it is slow today",
        "3 min 12 s · compare",
    ]


def test_what_failed_says_why_and_how_to_go_back() -> None:
    broken = news(State.FAILED, results=(ILL,), why="smoke: /health answered 500", good=version(A))
    assert shown(broken.message) == [
        "✕ web bbbbbbb failed in production: smoke: /health answered 500",
        FROM,
        "compare",
        "[Roll back to aaaaaaa]",
        "[Why]",
    ]
    assert (broken.wrong, broken.weight) == (True, Weight.TROUBLE)


def test_what_could_not_be_written_says_so() -> None:
    assert told(State.ERROR, why="AccessDenied on PutParameter") == [
        "✕ web bbbbbbb failed in production: AccessDenied on PutParameter",
        FROM,
        "compare",
        "[Why]",
    ]


def test_what_was_taken_back_still_says_what_was_wrong_and_what_to_do() -> None:
    assert told(State.ROLLED_BACK, results=(ILL,), why="aaaaaaa was put back") == [
        "↩ web bbbbbbb was taken back in production: aaaaaaa was put back",
        FROM,
        "smoke: /health answered 500",
        "Next: push a revert of bbbbbbb. Anything else with bbbbbbb in it waits for a person.",
        "compare",
    ]


BACK: dict[str, Any] = {
    "version": version(A),
    "was": version(B),
    "coming": (),
    "leaving": (ONE,),
    "kind": Kind.ROLLBACK,
}


def test_a_rollback_says_who_and_why_and_which_commits_go() -> None:
    message = news(State.DEPLOYING, by="bo", reason="totals are wrong", **BACK).message
    assert shown(message) == [
        "↩ web production goes back from bbbbbbb to aaaaaaa, by @bo: totals are wrong",
        "back from bbbbbbb, without 1 commit, 1 pull request (#7) by @ana: “Round totals (#7)”",
        "compare",
        "[Why]",
    ]
    assert message.lines[-1] == (Link("compare", f"{COMPARE}/{A}...{B}"),)


def test_what_is_back_says_who_put_it_there() -> None:
    assert shown(live(by="bo", reason="totals are wrong", **BACK).message) == [
        "✓ web aaaaaaa is live in production again",
        "back from bbbbbbb, without 1 commit, 1 pull request (#7) by @ana: “Round totals (#7)”",
        "rolled back by @bo: totals are wrong",
        "smoke: 3 × 200 from /health",
        "3 min 12 s · compare",
    ]


def test_a_rollback_that_nobody_asked_for_names_nobody() -> None:
    assert told(State.DEPLOYING, reason="smoke failed", **BACK)[0] == (
        "↩ web production goes back from bbbbbbb to aaaaaaa: smoke failed"
    )


def test_an_emergency_says_so_while_it_moves_and_after_it() -> None:
    asked: dict[str, Any] = {"kind": Kind.EMERGENCY, "by": "ana", "reason": "the site is down"}
    assert told(State.DEPLOYING, **asked)[:2] == [
        "● web bbbbbbb goes to production as an emergency, by @ana: the site is down",
        FROM,
    ]
    assert shown(live(**asked).message)[:3] == [
        "✓ web bbbbbbb is live in production",
        FROM,
        "an emergency, by @ana: the site is down",
    ]


def test_a_rejection_says_who_and_why_once() -> None:
    said = news(State.REJECTED, decisions=(decided(approved=False, reason="prices are wrong"),))
    assert shown(said.message) == [
        "✕ web bbbbbbb was rejected for production by @bo: prices are wrong",
        FROM,
        "decided 12:00 UTC",
        "compare",
    ]
    assert plain(said.remark) == said.message.text


def test_what_nobody_rejected_in_person_says_by_what() -> None:
    assert told(State.REJECTED, why="tests: 2 failed")[0] == (
        "✕ web bbbbbbb was rejected for production: tests: 2 failed"
    )


def test_what_was_given_up_says_so() -> None:
    assert told(State.CANCELLED, why="@bo gave it up") == [
        "– web bbbbbbb does not go to production: @bo gave it up",
        FROM,
        "compare",
    ]


def test_what_was_replaced_says_how_long_it_was_live_and_what_gave_way_that_it_never_was() -> None:
    was = {"live_at": NOW, "ended_at": NOW + timedelta(days=3, hours=2)}
    assert told(State.SUPERSEDED, why="ccccccc is newer", **was)[0] == (
        "– web bbbbbbb was live in production for 3 d 02 h: ccccccc is newer"
    )
    assert told(State.SUPERSEDED, why="ccccccc contains it and is newer")[0] == (
        "– web bbbbbbb did not go to production: ccccccc contains it and is newer"
    )


def with_zip(sha: str, image: str, archive: str) -> Version:
    def artifact(label: str, kind: Contents, digest: str) -> Artifact:
        export = Export(kind=kind, label=label, value=f"{label}-{sha}", place=f"{label}-{sha}")
        return Artifact(repository=42, sha=sha, build="b", export=export, digest=digest)

    made = [artifact("LAMBDA", Contents.ZIP, archive), artifact("WEB", Contents.IMAGE, image)]
    return version_of(42, sha, made)


def test_of_several_artifacts_those_are_named_that_change() -> None:
    old, new = with_zip(A, image="sha256:1", archive="sha256:2"), with_zip(B, image="sha256:3", archive="sha256:2")
    assert told(State.GATED, version=new, was=old, results=(ASKS,))[1:3] == [FROM, "WEB image aaaaaaa → bbbbbbb"]


def test_commits_that_are_not_known_are_not_counted() -> None:
    assert told(State.DEPLOYING, coming=())[1:] == ["from aaaaaaa", "compare", "[Why]"]


def test_odd_data_stays_on_its_line_and_hides_what_is_secret() -> None:
    token = "ghp_" + "a" * 36
    odd = Commit(sha=B, message=f"<!channel> *x* `y` {token} " + "w" * 500, author="")
    lines = told(State.GATED, coming=(odd,), results=(replace(ASKS, why=""),))
    assert lines[1].startswith("from aaaaaaa: 1 commit: “<!channel> *x* `y` ")
    assert (token in lines[1], len(lines[1]) < 150, "\n" in "".join(lines)) == (False, True, False)
    assert lines[2] == "release-team: it is being asked"
    assert told(State.GATED, coming=(replace(odd, message=""),), results=(ASKS,))[1] == "from aaaaaaa: 1 commit"


@pytest.mark.parametrize(
    ("state", "production", "staging"),
    [
        (State.DEPLOYING, Weight.ROUTINE, Weight.ROUTINE),
        (State.GATED, Weight.NOTABLE, Weight.ROUTINE),
        (State.LIVE, Weight.NOTABLE, Weight.ROUTINE),
        (State.REJECTED, Weight.NOTABLE, Weight.ROUTINE),
        (State.FAILED, Weight.TROUBLE, Weight.TROUBLE),
        (State.SUPERSEDED, Weight.ROUTINE, Weight.ROUTINE),
    ],
)
def test_production_weighs_more_and_trouble_most(state: State, production: Weight, staging: Weight) -> None:
    weights = [news(state, environment=each).weight for each in (PRODUCTION, STAGING)]
    assert weights == [production, staging]


def test_an_approval_weighs_as_much_in_staging() -> None:
    assert news(State.GATED, environment=STAGING, results=(ASKS,)).weight is Weight.NOTABLE


SILENT: Sequence[State] = (State.REQUESTED, State.GATED, State.READY, State.VERIFYING, State.SUPERSEDED)


@pytest.mark.parametrize("state", SILENT)
def test_the_thread_is_not_told_every_step(state: State) -> None:
    assert news(state).remark == ()
