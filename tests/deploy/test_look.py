"""Whoever looks hears how things stand, why, where a change is and what would come, and nothing is done."""

from datetime import timedelta

from msgspec.structs import replace

from checks.message import Ask, Button, Code, Link, Message, Strong, Tone, plain
from deploy.command import Verb
from deploy.deployment import State
from deploy.meaning import Sense
from deploy.pipeline import Configuration, Service
from deploy.revert import Commit
from deploy.told import diff
from deploy.told.line import MOST_LINES
from deploy.trail import Step, Trail
from tests.deploy.stories import (
    PRODUCTION,
    SMOKE,
    STAGING,
    A,
    B,
    C,
    D,
    command,
    configured,
    deployment,
    registered,
    version,
)
from tests.deploy.talks import SHOP, say, shown, talk, two
from tests.deploy.world import NOW, World

HELP = Button(words="help", label="Help")


def commit(sha: str) -> Link:
    return Link(sha[:7], f"{SHOP.html_url}/commit/{sha}")


async def _two_versions(**more: object) -> World:
    """a is in both environments, and b waits for production."""
    made = talk(**more)  # type: ignore[arg-type]
    await made.play(registered(A))
    await made.play(command(Verb.APPROVE, by="ana"))
    made.now += timedelta(hours=2)
    await made.play(registered(B))
    return made


# --- status ------------------------------------------------------------------------------------


async def test_the_status_of_a_service_is_a_line_per_environment() -> None:
    made = await _two_versions()

    assert await say(made, "status web") == Message(
        tone=Tone.WAITS,
        head=(Strong("acme/shop/web"),),
        lines=(
            (Strong("staging"), ": ", commit(B), " is live since 14:00 UTC"),
            (
                *(Strong("production"), ": ", commit(A), " is live since 12:00 UTC", " · ", commit(B)),
                " waits: release-team: needs one with write access; asked 14:00 UTC",
            ),
        ),
    )


async def test_the_status_tells_holds_failures_and_what_is_on_its_way() -> None:
    made = talk(configured(staging=replace(STAGING, after=(SMOKE,))), answers={"smoke": "failure"})
    await made.play(registered(A))
    made.deployments["n009"] = deployment("n009", B, PRODUCTION, state=State.DEPLOYING)
    await made.play(command(Verb.HOLD, "production", service="web", reason="audit", by="ana"))

    assert shown(await say(made, "status")) == [
        "✕ acme/shop/web",
        "staging: aaaaaaa is there since 12:00 UTC, and failed: smoke: smoke (failure) did not pass on aaaaaaa",
        "production: nothing yet · bbbbbbb is deploying · frozen by @ana: audit",
    ]


async def test_of_several_services_those_come_first_where_something_is_the_matter() -> None:
    made = two()
    for sha in (A, B):
        await made.play(registered(sha))
    await made.play(command(Verb.CANCEL, by="ana"))
    made.deployments["n900"] = deployment("n900", C, STAGING, state=State.REJECTED, why="prices are wrong")
    made.deployments["n900"] = replace(
        made.deployments["n900"], service="api", version=replace(version(C), repository=43)
    )

    assert shown(await say(made, "status")) == [
        "✕ 3 services",
        "acme/blog/api",
        "staging: nothing yet · ccccccc was rejected: prices are wrong",
        "production: nothing yet",
        "acme/shop/web: staging bbbbbbb",
        "acme/blog/web: nothing yet",
    ]
    assert shown(await say(made, "status acme/blog/web")) == [
        "– acme/blog/web",
        "staging: nothing yet",
        "production: nothing yet",
    ]


async def test_a_long_status_is_cut() -> None:
    services = tuple(
        Service(name=f"s{number:02}", labels=("WEB",), environments=(STAGING,)) for number in range(MOST_LINES + 12)
    )
    made = talk(Configuration(repository=42, sha=A, services=services, written=True))

    told = await say(made, "status")

    assert (plain(told.head), len(told.lines)) == ("36 services", MOST_LINES)
    assert plain(told.lines[-1]) == "and 13 more"


async def test_the_status_of_what_there_is_not_is_told() -> None:
    assert shown(await say(talk(), "status prod")) == [
        '– There is no service or environment "prod". Did you mean production?',
        "[Status web production]",
    ]
    assert shown(await say(talk(), "status web prod")) == [
        '– There is no environment "prod" for web. Did you mean production?',
        "[Status web production]",
    ]


# --- why ---------------------------------------------------------------------------------------


async def test_why_tells_everything_in_the_way_and_lets_people_decide() -> None:
    made = await _two_versions()
    await made.play(command(Verb.HOLD, "production", service="web", reason="audit", by="ana"))

    told = await say(made, "why web production", by="zoe")

    exact = f"acme/shop/web production {version(B).id}"
    assert told == Message(
        tone=Tone.WAITS,
        head=("web bbbbbbb is not in production because",),
        lines=(
            ("• release-team: needs one with write access; asked 14:00 UTC",),
            ("• frozen by @ana: audit; whoever may write can lift it",),
            ("aaaaaaa is live since 12:00 UTC.",),
        ),
        buttons=(
            Button(words=f"approve {exact}", label="Approve"),
            Button(words=f"reject {exact}", label="Reject", asks=Ask.REASON),
        ),
    )


async def test_why_of_a_version_that_nobody_sent_there() -> None:
    made = await _two_versions()

    assert shown(await say(made, "why is dddd not in production?")) == [
        "▲ web ddddddd is not in production because",
        "• it has to be live and verified in staging first, where it is not there; ask why it is not in staging",
        "aaaaaaa is live since 12:00 UTC.",
    ]
    assert shown(await say(made, "why ffff in production")) == [
        "– Nothing was published at a commit that begins with ffff: its check says why"
    ]


async def test_why_of_what_is_live_and_of_what_failed() -> None:
    made = talk(configured(staging=replace(STAGING, after=(SMOKE,))), answers={"smoke": "success"})
    await made.play(registered(A))
    live = await say(made, "why web staging")
    made.answers = {"smoke": "failure"}
    await made.play(registered(B))
    failed = await say(made, "why web staging")

    assert shown(live) == ["✓ web aaaaaaa is live in staging since 12:00 UTC"]
    assert shown(failed) == [
        "✕ web bbbbbbb is in staging, and failed there because",
        (
            "• smoke: smoke (failure) did not pass on bbbbbbb; "
            "push a fix, or roll back to aaaaaaa, or redeploy to try again"
        ),
    ]


async def test_why_asks_which_environment_is_meant() -> None:
    assert await say(talk(), "why web") == Message(
        tone=Tone.TOLD,
        head=("That may be web staging or web production: which do you mean?",),
        buttons=(
            Button(words="why acme/shop/web staging", label="Why web staging"),
            Button(words="why acme/shop/web production", label="Why web production"),
        ),
    )
    assert await say(two(), "why") == Message(
        tone=Tone.TOLD, head=("Say of what: ", Code("why SERVICE ENVIRONMENT [COMMIT]")), buttons=(HELP,)
    )


async def test_what_stands_in_the_way_is_told_although_github_is_away() -> None:
    made = await _two_versions()
    made.github_is_away = True

    assert (await say(made, "why web production")).text == "▲ web bbbbbbb is not in production because"


# --- where -------------------------------------------------------------------------------------


async def test_where_a_commit_is_says_yes_no_or_waiting_for_every_environment() -> None:
    made = await _two_versions()

    assert await say(made, "where bbbb") == Message(
        tone=Tone.WAITS,
        head=("bbbbbbb is in staging, not in production",),
        lines=(
            (Strong("staging"), ": ", "yes, with ", commit(B), ", live since 14:00 UTC"),
            (
                *(Strong("production"), ": ", "not yet, ", commit(B)),
                " waits: release-team: needs one with write access; asked 14:00 UTC",
            ),
        ),
    )
    assert shown(await say(made, "where aaaa")) == [
        "✓ aaaaaaa is in staging and production",
        "staging: yes, with bbbbbbb, live since 14:00 UTC",
        "production: yes, with aaaaaaa, live since 12:00 UTC",
    ]
    assert shown(await say(made, "where dddd")) == [
        "– ddddddd is in no environment",
        "staging: no, it has bbbbbbb",
        "production: no, it has aaaaaaa",
    ]


async def test_a_commit_that_only_was_built_is_found_within_what_came_later() -> None:
    made = await _two_versions(history=("e" * 40, A, B), built={"e" * 40: 42})
    del made.registered[version("e" * 40).id]

    assert (await say(made, "where eeee production")).text == "✓ eeeeeee is in production"


async def test_where_a_pull_request_is() -> None:
    made = await _two_versions()
    step = Step(service="web", environment="staging", state=State.LIVE, sha=B, at=NOW)
    made.trails[812] = Trail(repository=42, pull_request=812, steps=(step,))

    assert (await say(made, "where #812")).text == "▲ #812 is in staging, not in production"
    assert (await say(made, "where acme/shop#812")).text == "▲ #812 is in staging, not in production"
    assert (await say(made, "where #813")).text == "– No version has #813 yet in what this workspace may see"
    assert (await say(made, "where ffff")).text == (
        "– No commit that begins with ffff was built in what this workspace may see"
    )


async def test_a_commit_that_may_be_several_is_asked_for() -> None:
    made = two(built={A: 42, "a" * 8 + "c" * 32: 43})

    assert await say(made, "where aaaa") == Message(
        tone=Tone.TOLD,
        head=("That may be acme/shop aaaaaaaaaaaa or acme/blog aaaaaaaacccc: which do you mean?",),
        buttons=(
            Button(words=f"where acme/shop {A}", label="Where acme/shop aaaaaaaaaaaa"),
            Button(words=f"where acme/blog {'a' * 8 + 'c' * 32}", label="Where acme/blog aaaaaaaacccc"),
        ),
    )


# --- diff --------------------------------------------------------------------------------------


async def test_what_would_come_is_told_with_its_pull_requests_and_people() -> None:
    messages = {B: "Round totals (#12)\n\nlong", C: "Tax", D: "Merge pull request #14 from x"}
    made = talk(messages=messages, authors={B: "ana", C: "bo", D: "ana"})
    await made.play(registered(A))
    await made.play(command(Verb.APPROVE, by="ana"))
    await made.play(registered(D))

    assert await say(made, "diff web production") == Message(
        tone=Tone.TOLD,
        head=("3 commits would go to production of web with ddddddd",),
        lines=(
            (Link("compare", f"{SHOP.html_url}/compare/{A}...{D}"), " aaaaaaa → ddddddd"),
            (
                "2 pull requests: ",
                Link("#14", f"{SHOP.html_url}/pull/14"),
                " ",
                Link("#12", f"{SHOP.html_url}/pull/12"),
            ),
            ("by @ana and @bo",),
            (commit(D), " Merge pull request #14 from x"),
            (commit(C), " Tax"),
            (commit(B), " Round totals (#12)"),
        ),
    )
    assert (await say(made, "diff web bbbb production")).text == (
        "– 1 commit would go to production of web with bbbbbbb"
    )


async def test_what_would_bring_nothing_is_told() -> None:
    made = await _two_versions()

    assert shown(await say(made, "diff web staging")) == [
        "– nothing waits for staging of web: say which commit to compare with bbbbbbb"
    ]
    assert shown(await say(made, "diff web aaaa staging")) == [
        "– staging of web has bbbbbbb, and aaaaaaa brings nothing new"
    ]
    assert shown(await say(talk(), "diff web staging")) == [
        "– staging of web has nothing yet to compare with",
    ]


async def test_many_commits_are_cut() -> None:
    made = await _two_versions()
    present = made.deployments["n001"]
    sense = _sense()
    commits = [Commit(sha=f"{number:040}", message=f"Change (#{number})") for number in range(1, 25)]

    told = diff(sense, present, commits[-1].sha, commits)

    assert plain(told.lines[1]) == "24 pull requests: #24 #23 #22 #21 #20 #19 #18 #17 #16 #15 and 14 more"
    assert (len(told.lines), plain(told.lines[-1])) == (13, "and 14 more")


def _sense() -> Sense:
    service = Service(name="web", labels=("WEB",), environments=(STAGING,))
    return Sense(repository=SHOP, service=service, environment=STAGING)


# --- help --------------------------------------------------------------------------------------


async def test_help_is_short_and_has_examples() -> None:
    assert shown(await say(talk(), "")) == [
        "– What you can say after /interlock or /deploy",
        "Look: status acme/shop · why web production · where #812 · diff web production",
        (
            "Move: deploy web 4f2a91c to production · promote acme/shop/web to production · "
            "approve web production because Ana has looked · reject web production because prices are wrong · "
            "redeploy web staging · cancel web production"
        ),
        (
            "In trouble: rollback web production because totals are wrong · "
            "emergency web 4f2a91c to production because the site is down · "
            "override office-hours web production because it cannot wait · "
            "hold web production until 2h because of the audit · lift web production"
        ),
        "Builds: rerun 4f2a91c",
        "You: whoami · link · unlink",
        "SERVICE is web, shop/web or acme/shop/web; COMMIT its first digits. help VERB tells more.",
    ]
    assert await say(talk(), "help rollback") == Message(
        tone=Tone.TOLD,
        head=(Code("rollback SERVICE ENVIRONMENT [to COMMIT] because REASON"),),
        lines=(("For example: ", Code("rollback web production because totals are wrong")),),
    )


async def test_secrets_in_what_others_wrote_are_not_told_on() -> None:
    made = talk(messages={B: "Use ghp_0123456789abcdefghijklmnopqrstuvwxyz"})
    await made.play(registered(A))
    await made.play(command(Verb.APPROVE, by="ana"))
    await made.play(registered(B))

    assert "ghp_0123456789" not in str(await say(made, "diff web production"))


async def test_a_pull_request_is_not_forgotten_over_a_misspelt_name() -> None:
    asked = await say(talk(), "where shpo/web #812")

    assert [(each.label, each.words) for each in asked.buttons] == [("Where web #812", "where acme/shop/web #812")]


async def test_who_asks_of_more_than_anybody_reads_is_asked_of_which() -> None:
    many = tuple(replace(STAGING, name=f"s{number}") for number in range(301))
    made = talk(configured(many[0], many[1]))
    assert made.configuration
    [service] = made.configuration.services
    made.configuration = replace(made.configuration, services=(replace(service, environments=many),))

    assert shown(await say(made, "status")) == [
        "– 301 environments are more than can be told at once",
        "Say of which, such as status acme/shop/web.",
    ]


async def test_a_revert_is_not_said_to_be_held_by_the_pin_that_waits_for_it() -> None:
    made = talk(messages={C: f'Revert "b"\n\nThis reverts commit {B}.'})
    for sha in (A, B):
        await made.play(registered(sha))
        await made.play(command(Verb.APPROVE, by="ana"))
    await made.play(command(Verb.ROLLBACK, by="ana", reason="totals are wrong"))
    await made.play(registered(C))
    assert shown(await say(made, "why web production")) == [
        "▲ web ccccccc is not in production because",
        "• release-team: needs one with write access; asked 12:00 UTC",
        "aaaaaaa is live since 12:00 UTC.",
        "[Approve]",
        "[Reject]",
    ]
