"""The story of CI a second time: the same event again changes nothing, says nothing and does nothing."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from app.routes import CHECKS
from checks.build import Build, State
from checks.button import Button
from checks.change import Push
from checks.events import (
    AnnotationsLeft,
    BranchPushed,
    BuildApproved,
    BuildOutdated,
    BuildQueued,
    BuildReported,
    Event,
    InstallationGained,
    InstallationLost,
    MergeGroupDestroyed,
    PullRequestClosed,
    RepositoryChanged,
    RepositoryLost,
    RerunOfAllRequested,
)
from checks.result import Outcome, Result
from tests.checks.tellings import (
    START,
    WEB,
    closed,
    ended,
    failing,
    fork_request,
    merge_group,
    pressed,
    pull_request,
    pushed,
    sha,
    told,
)
from tests.checks.world import World


def names(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


STORIES: dict[str, tuple[Sequence[Event], Event]] = {
    "push": ([], pushed("a")),
    "branch": ([], BranchPushed(repository=42, push=Push(before=sha("a"), after=sha("b"), touched_buildspec=False))),
    "opened": ([], told(pull_request("a"))),
    "newer head": ([told(pull_request("a"))], told(pull_request("b", at=1), "synchronize")),
    "unlocked": (
        [told(pull_request("a")), ended("b1", Outcome.FAILED)],
        told(pull_request("a", at=1), "unlocked"),
    ),
    "closed": ([told(pull_request("a"))], closed(pull_request("a", at=1))),
    "stranger": ([], fork_request("a")),
    "merge group": ([], merge_group("a")),
    "group destroyed": ([merge_group("a")], MergeGroupDestroyed(repository=42, sha=sha("a"), reason="merged")),
    "queued": ([pushed("a")], BuildQueued(build="b1")),
    "approved": ([fork_request("a"), pressed(Button.APPROVE)], BuildApproved(build="b1", sha=sha("a"))),
    "phase": ([pushed("a")], BuildReported(build="b1", run="run-b1-0", phase="INSTALL")),
    "next phase": (
        [pushed("a"), BuildReported(build="b1", run="run-b1-0", phase="INSTALL")],
        BuildReported(build="b1", run="run-b1-0", phase="BUILD"),
    ),
    "succeeded": ([pushed("a")], ended("b1", Outcome.SUCCEEDED)),
    "lost run": ([pushed("a")], ended("b1", Outcome.FAULT)),
    "many failures": ([pushed("a")], ended("b1", Outcome.FAILED, tests=failing(120))),
    "annotations": (
        [pushed("a"), ended("b1", Outcome.FAILED, tests=failing(120))],
        AnnotationsLeft(build="b1", sent=50),
    ),
    "outdated": ([pushed("a")], BuildOutdated(build="b1", why="archived")),
    "re-run of all": (
        [pushed("a"), ended("b1", Outcome.FAILED)],
        RerunOfAllRequested(repository=42, sha=sha("a"), by="bo"),
    ),
    "renamed": ([pushed("a")], RepositoryChanged(now=replace(WEB, full_name="acme/site"))),
    "gained": ([], InstallationGained(installation=7, account="acme")),
    "repository lost": (
        [pushed("a"), ended("b1", Outcome.FAILED)],
        RepositoryLost(repository=42, reason="archived"),
    ),
    "installation lost": ([RepositoryChanged(now=WEB)], InstallationLost(installation=7, reason="suspended")),
}


@pytest.mark.parametrize("story", STORIES)
async def test_the_same_event_again_changes_nothing_says_nothing_and_does_nothing(world: World, story: str) -> None:
    before, event = STORIES[story]
    await world.hear(*before, event)
    facts = world.facts()
    world.take_effects()

    assert await world.hear(event) == []
    assert (world.facts(), world.effects) == (facts, [])


@pytest.mark.parametrize("button", Button)
async def test_the_same_button_again_moves_nothing_but_says_so(world: World, button: Button) -> None:
    start: Event = fork_request("a") if button is Button.APPROVE else pushed("a")
    await world.hear(start, *([ended("b1", Outcome.FAILED)] if button is Button.RERUN else []), pressed(button))
    builds, runs = world.without_remarks(), dict(world.runs)

    assert names(await world.hear(pressed(button))) == ["ButtonRefused"]
    assert (world.without_remarks(), world.runs) == (builds, runs)


def test_every_handler_is_heard_a_second_time() -> None:
    heard = {handler for _, event in STORIES.values() for handler, _ in CHECKS.tasks_for(event)}
    handlers = {handler for event in _all_events() for handler, _ in CHECKS.tasks_for(event)}

    # show_build follows from every story above; press_button has a test of its own.
    assert handlers - heard == {"checks.flow.press_button"}


def _all_events() -> Sequence[Event]:
    return [event for before, last in STORIES.values() for event in (*before, last)]


def test_a_build_never_moves_where_it_may_not() -> None:
    build = Build(id="b1", change=pushed("a").change, created_at=START, state=State.CANCELLED)
    moves = [
        build.approved("bo"),
        build.accepted("run"),
        build.started("BUILD", START),
        build.progressed("BUILD"),
        build.cancelled("again", START),
        build.errored("lost", START),
        *(build.finished(Result(outcome=outcome), START) for outcome in Outcome),
    ]

    assert [(move.build, move.changed, move.events) for move in moves] == [(build, False, ())] * len(moves)


def test_the_stories_name_only_events_that_somebody_hears() -> None:
    assert {type(event) for event in _all_events()} <= CHECKS.events() | {PullRequestClosed}
