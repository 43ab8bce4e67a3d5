"""What people see of delivery on a commit, by the routes of the App, in a world in memory."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.change import Change, Purpose, Push
from checks.events import ChangeReceived
from checks.repository import Repository
from deploy.check import Check
from deploy.command import Verb
from deploy.deployment import Kind, State
from deploy.events import CommentDue, DeliveryButtonPressed
from deploy.flow.show import MOST_HELD
from deploy.hold import Kind as Holding
from deploy.pipeline import Rule
from tests.deploy.stories import (
    PRODUCTION,
    SMOKE,
    STAGING,
    A,
    B,
    C,
    command,
    configured,
    deployment,
    ends,
    has,
    registered,
    world,
)
from tests.deploy.world import NOW, Merged, World

BY_HAND = configured(production=replace(PRODUCTION, before=(), automatic=False))


def told(made: World, sha: str = A) -> list[str]:
    """`conclusion or status: title` of each showing, the oldest first."""
    return [f"{each.conclusion or 'in_progress'}: {each.title}" for each in made.checks.get(f"delivery:42:{sha}", ())]


def check(made: World, sha: str = A) -> Check:
    return made.checks[f"delivery:42:{sha}"][-1]


def buttons(made: World, sha: str = A) -> Sequence[str]:
    return [each.label for each in check(made, sha).offers]


def remark(made: World, sha: str = A) -> str:
    """The first line of the summary, if it is no table."""
    first = check(made, sha).summary.partition("\n")[0]
    return "" if first.startswith("|") else first.replace("\u200b", "")


def press(made: World, label: str, sha: str = A, by: str = "bo") -> DeliveryButtonPressed:
    """A button that the check had at any time, by its label."""
    every = [offer for each in made.checks[f"delivery:42:{sha}"] for offer in each.offers if offer.label == label]
    return DeliveryButtonPressed(repository=42, sha=sha, button=every[-1].identifier, by=by, by_id=1)


async def test_what_goes_through_at_once_is_shown_three_times() -> None:
    made = world()

    await made.play(registered(A))

    assert told(made) == [
        "in_progress: Deploying to staging",
        "in_progress: Live in staging · on its way to production",
        "neutral: Live in staging · production waits for approval",
    ]
    assert buttons(made) == ["Approve production"]


async def test_pressing_approve_lets_it_into_production() -> None:
    made = world()
    await made.play(registered(A))

    await made.play(press(made, "Approve production"))

    assert has(made, "production") == "a"
    assert told(made)[3:] == [
        "in_progress: Live in staging · on its way to production",
        "in_progress: Live in staging · deploying to production",
        "success: Live in staging and production",
    ]
    assert buttons(made) == []


async def test_where_a_person_promotes_the_check_has_the_button() -> None:
    made = world(BY_HAND)
    await made.play(registered(A))
    assert told(made)[-1] == "success: Live in staging · ready for production"
    assert buttons(made) == ["Deploy to production"]

    await made.play(press(made, "Deploy to production"))

    assert has(made, "production") == "a"
    assert told(made)[-1] == "success: Live in staging and production"


async def test_a_press_by_somebody_who_may_not_is_answered_until_the_next_move() -> None:
    made = world(BY_HAND)
    await made.play(registered(A))

    await made.play(press(made, "Deploy to production", by="eve"))
    assert has(made, "production") == ""
    assert remark(made) == "**@eve may not promote in PRX/My-App: that needs write access**"
    await made.play(press(made, "Deploy to production"))

    assert (has(made, "production"), remark(made)) == ("a", "")


async def test_a_second_press_changes_nothing_and_says_so() -> None:
    made = world(BY_HAND)
    await made.play(registered(A))
    pressed = press(made, "Deploy to production")
    await made.play(pressed)
    before = ends(made)

    await made.play(pressed)

    assert ends(made) == before
    assert remark(made) == "**@bo: production has aaaaaaa already**"


async def test_two_presses_at_once_deploy_once() -> None:
    made = world(BY_HAND)
    await made.play(registered(A))
    pressed = press(made, "Deploy to production")

    await made.play(pressed, pressed)

    assert ends(made) == ["a → staging live", "a → production live"]


async def test_roll_back_takes_back_what_the_check_is_of_and_a_second_press_nothing_else() -> None:
    made = world(BY_HAND)
    for sha in (A, B, C):
        await made.play(registered(sha))
    pressed = press(made, "Roll back staging", C)

    await made.play(pressed, pressed)
    await made.play(pressed)

    assert has(made, "staging") == "b"
    assert ends(made)[2:] == ["c → staging rolled_back", "b → staging (rollback) live"]
    assert told(made, C)[-1] == "failure: Rolled back in staging"
    assert remark(made, C) == "**@bo: staging has bbbbbbb by now, so ccccccc cannot be rolled back**"
    [undoing] = [each for each in made.deployments.values() if each.kind is Kind.ROLLBACK]
    assert undoing.reason == "pressed Roll back staging on ccccccc"


async def test_a_button_of_a_version_that_was_replaced_does_not_touch_the_newer_one() -> None:
    made = world(BY_HAND)
    for sha in (A, B):
        await made.play(registered(sha))
    pressed = press(made, "Roll back staging", B)
    await made.play(registered(C))

    await made.play(pressed)

    assert has(made, "staging") == "c"


async def test_an_approval_counts_for_the_version_that_was_shown() -> None:
    made = world()
    await made.play(registered(A))
    await made.play(registered(B))

    await made.play(press(made, "Approve production", A))

    assert has(made, "production") == ""
    assert remark(made) == "**@bo: aaaaaaa does not wait for production any more, but bbbbbbb**"


async def test_approving_what_has_arrived_says_so() -> None:
    made = world()
    await made.play(registered(A))
    pressed = press(made, "Approve production")
    await made.play(pressed)

    await made.play(pressed)

    assert remark(made) == "**@bo: production has aaaaaaa already**"


async def test_unfreeze_lets_go_what_waits_and_only_the_freeze_that_was_shown() -> None:
    made = world()
    await made.play(command(Verb.HOLD, "staging", reason="audit"))
    await made.play(registered(A))
    assert told(made) == ["neutral: Staging is frozen"]
    pressed = press(made, "Unfreeze staging")
    await made.play(command(Verb.HOLD, "staging", reason="another"))

    await made.play(pressed)
    assert has(made, "staging") == ""
    assert remark(made) == "**@bo: staging is frozen by @bo: another; look at that first**"
    for hold in list(made.holds.values())[1:]:
        made.holds.pop(hold.id)
    await made.play(pressed)

    assert has(made, "staging") == "a"


async def test_what_was_approved_while_it_is_held_needs_no_second_approval() -> None:
    made = world()
    await made.play(registered(A))
    await made.play(command(Verb.HOLD, reason="audit"))
    pressed = press(made, "Approve production")

    await made.play(pressed)
    assert buttons(made) == ["Unfreeze production"]
    await made.play(pressed)

    assert remark(made) == "**@bo: aaaaaaa needs no approval for production any more**"


async def test_a_rollback_that_is_held_is_not_asked_for_again() -> None:
    made = world(BY_HAND)
    for sha in (A, B):
        await made.play(registered(sha))
    await made.play(command(Verb.HOLD, "staging", by="ana", reason="audit", hold=Holding.LOCK))

    await made.play(press(made, "Roll back staging", B))

    assert (has(made, "staging"), buttons(made, B)) == ("b", ["Deploy to production"])


async def test_unfreezing_what_nothing_holds_any_more_says_so() -> None:
    made = world()
    await made.play(command(Verb.HOLD, "staging", reason="audit"))
    await made.play(registered(A))
    pressed = press(made, "Unfreeze staging")
    await made.play(pressed)

    await made.play(pressed)

    assert (has(made, "staging"), remark(made)) == ("a", "**@bo: nothing holds aaaaaaa in staging now**")


async def test_a_hold_on_everything_rewrites_the_newest_checks_only() -> None:
    made = world()
    gated = [deployment(f"w{number:02}", f"{number:040}", state=State.GATED) for number in range(MOST_HELD + 10)]
    made.deployments = {each.id: each for each in gated}

    await made.play(command(Verb.HOLD, "", reason="holidays"))

    assert sorted(made.checks) == [f"delivery:42:{number:040}" for number in range(10, MOST_HELD + 10)]
    assert told(made, f"{50:040}") == ["neutral: Staging is frozen"]


async def test_what_does_not_work_and_is_taken_back_fails_its_commit() -> None:
    staging = replace(STAGING, after=(SMOKE,), rolls_back=True)
    made = world(configured(staging=staging), answers={"smoke": "success"})
    await made.play(registered(A))
    made.answers = {"smoke": "failure"}

    await made.play(registered(B))

    assert told(made, B)[-1].startswith("failure: Rolled back in staging")


async def test_what_is_live_in_production_changes_what_the_next_one_would_bring() -> None:
    made = world(
        configured(production=replace(PRODUCTION, before=(Rule(name="two", spec={"type": "manual", "approvals": 2}),)))
    )
    await made.play(registered(A))
    await made.play(command(Verb.APPROVE, by="ana"))
    await made.play(registered(B))
    await made.play(command(Verb.APPROVE, by="bo", version=A))

    await made.play(registered(C))

    assert "2 commits would go to production" in check(made, C).summary
    assert told(made, A)[-1] == "success: Replaced in staging · live in production"


@pytest.mark.parametrize("button", ["promote-00000000", "rerun"])
async def test_a_button_that_is_not_there_does_nothing(button: str) -> None:
    made = world(BY_HAND)
    await made.play(registered(A))
    before = ends(made)

    await made.play(DeliveryButtonPressed(repository=42, sha=A, button=button, by="bo"))

    assert ends(made) == before
    assert remark(made).startswith("**@bo: th")


async def test_a_press_on_a_check_that_nobody_knows_is_heard_and_forgotten() -> None:
    made = world(BY_HAND)

    await made.play(DeliveryButtonPressed(repository=42, sha=A, button="promote-00000000", by="bo"))

    assert (made.checks, made.deployments) == ({}, {})


async def test_the_same_event_twice_is_shown_once() -> None:
    made = world()
    events = await made.play(registered(A))
    before = told(made)

    for event in events[-1:]:
        await made.play(event)

    assert told(made) == before


# --- files that cannot be followed -------------------------------------------------------------


def _pushed(sha: str) -> ChangeReceived:
    repository = Repository(id=42, full_name="PRX/My-App", installation=7)
    push = Push(before=C, after=sha, touched_delivery=True)
    change = Change(
        repository=repository, purpose=Purpose.PUSH, sha=sha, branch="main", sender="bo", received_at=NOW, push=push
    )
    return ChangeReceived(change=change)


GOOD = """\
services:
  web:
    artifacts: [WEB]
    environments:
      staging: {target: {type: parameter_store, parameters: {WEB: /prx/stag/Spire/Web/tag}}}
"""


async def test_a_broken_file_fails_its_commit_at_the_lines_and_the_next_good_one_is_told() -> None:
    made = world(files={A: "services:\n  web:\n    artefacts: [WEB]\n", B: GOOD, C: GOOD})

    for sha in (A, B, C):
        await made.play(_pushed(sha))

    [broken], [mended] = made.checks[f"configuration:42:{A}"], made.checks[f"configuration:42:{B}"]
    assert (broken.conclusion, broken.title.partition(":")[0]) == ("failure", "interlock.yml line 3")
    assert [(each.path, each.start_line) for each in broken.annotations] == [(".github/interlock.yml", 3)]
    assert (mended.conclusion, mended.title) == ("success", "Delivery is configured again")
    assert len(made.checks) == 2


async def test_a_file_that_was_broken_before_anybody_looked_is_told_when_the_first_version_comes() -> None:
    made = world(files={A: "services:\n  web:\n    artefacts: [WEB]\n"})
    made.configuration = None

    for _ in range(2):
        await made.play(registered(A))

    assert [each.conclusion for each in made.checks[f"configuration:42:{A}"]] == ["failure"]
    assert made.deployments == {}


# --- pull requests -----------------------------------------------------------------------------


def _lines(made: World, number: int) -> list[str]:
    """The table of the comment, a line each: environment, state, version."""
    trail = made.trails[number]
    return [f"{each.environment}: {each.state} {each.sha[:1]}" for each in trail.steps]


async def test_a_pull_request_says_where_its_change_is() -> None:
    made = world(merged={B: 5, C: 6})
    await made.play(registered(A))
    assert made.trails == {}
    await made.play(command(Verb.APPROVE))

    await made.play(registered(C))
    assert (_lines(made, 5), _lines(made, 6)) == (["staging: live c", "production: gated c"],) * 2
    await made.play(command(Verb.APPROVE))

    assert _lines(made, 5) == ["staging: live c", "production: live c"]
    assert made.trails[5].text == (
        "**Where is this change**\n\n"
        "| environment | state | version | since | why |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| staging | ● live | `ccccccc` | 21 Nov 12:00 UTC |  |\n"
        "| production | ● live | `ccccccc` | 21 Nov 12:00 UTC |  |"
    )


async def test_a_pull_request_hears_that_its_change_was_rolled_back_with_what_came_after_it() -> None:
    made = world(merged={B: 5, C: 6})
    for sha in (A, B, C):
        await made.play(registered(sha))

    await made.play(command(Verb.ROLLBACK, "staging", version=A, reason="totals are wrong"))

    assert (_lines(made, 5)[0], _lines(made, 6)[0]) == ("staging: rolled_back c",) * 2


async def test_only_what_was_merged_into_the_default_branch_is_told_and_only_of_the_newest_commits() -> None:
    history = [f"{number:040x}" for number in range(30)]
    made = world(history=history, merged={sha: 100 + number for number, sha in enumerate(history)})
    made.proposed = {history[28]: Merged(7, merged=False), history[27]: Merged(8, base="release")}
    await made.play(registered(history[0]))

    await made.play(registered(history[-1]))

    assert sorted(made.trails) == [100, *(100 + number for number in range(10, 30) if number not in (27, 28))]


async def test_a_comment_is_not_told_twice_by_the_same_event() -> None:
    made = world(merged={A: 5})
    events = await made.play(registered(A))
    before = made.trails[5]
    made.now += timedelta(hours=1)

    for event in [each for each in events if isinstance(each, CommentDue)][-1:]:
        await made.play(event)

    assert made.trails[5] == before
