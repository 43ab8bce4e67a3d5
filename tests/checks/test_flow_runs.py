"""The story of CI from a build's run to what is shown of it, and the buttons that people press."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from checks import flow
from checks.build import MOST_FAULTS, State
from checks.button import Button
from checks.events import (
    AnnotationsLeft,
    BuildCancelled,
    BuildDelayed,
    BuildDue,
    BuildErrored,
    BuildFailed,
    BuildOutdated,
    BuildProgressed,
    BuildQueued,
    BuildRefused,
    BuildReported,
    BuildStarted,
    BuildSucceeded,
    BuildsUnwanted,
    BuildTimedOut,
    ButtonRefused,
    Event,
    RerunOfAllRequested,
    RunNoticed,
)
from checks.ports import Report
from checks.result import Failure, Outcome, Result
from tests.checks.tellings import (
    BUILDSPEC,
    ended,
    failing,
    pressed,
    pull_request,
    pushed,
    sha,
    told,
)
from tests.checks.world import World

# --- a build runs ------------------------------------------------------------------------------


async def test_a_run_is_told_phase_by_phase_until_it_ends(world: World) -> None:
    await world.hear(pushed("a"))
    world.take_effects()

    said = await world.hear(
        BuildReported(build="b1", run="run-b1-0", phase="INSTALL"),
        BuildReported(build="b1", run="run-b1-0", phase="BUILD"),
        ended("b1", Outcome.SUCCEEDED, exported={"WEB": "42"}),
    )

    assert said == [
        BuildStarted(build="b1"),
        BuildProgressed(build="b1", phase="BUILD"),
        BuildSucceeded(build="b1", repository=42, sha=sha("a"), published=True, exported={"WEB": "42"}),
    ]
    assert world.check_runs[1].conclusion == "success"
    assert len(world.check_runs) == 1


async def test_what_a_pull_request_exports_goes_nowhere(world: World) -> None:
    await world.hear(told(pull_request("a")))

    assert await world.hear(ended("b1", Outcome.SUCCEEDED, exported={"WEB": "42"})) == [
        BuildSucceeded(build="b1", repository=42, sha=sha("a"), published=False, on_branch=False)
    ]


@pytest.mark.parametrize(
    ("outcome", "event", "state", "conclusion"),
    [
        (Outcome.FAILED, BuildFailed(build="b1"), State.FAILED, "failure"),
        (Outcome.TIMED_OUT, BuildTimedOut(build="b1"), State.TIMED_OUT, "timed_out"),
        (Outcome.STOPPED, BuildCancelled(build="b1", why="it was stopped"), State.CANCELLED, "cancelled"),
    ],
)
async def test_every_end_is_told_and_shown(
    world: World, outcome: Outcome, event: Event, state: State, conclusion: str
) -> None:
    message = "it was stopped" if outcome is Outcome.STOPPED else ""

    said = await world.hear(pushed("a"), ended("b1", outcome, message=message))

    assert said == [BuildQueued(build="b1"), event]
    assert (world.builds["b1"].state, world.check_runs[1].conclusion) == (state, conclusion)


async def test_a_lost_run_starts_again_and_then_a_person_hears_of_it(world: World) -> None:
    await world.hear(pushed("a"))
    world.take_effects()

    for fault in range(MOST_FAULTS + 1):
        lost = BuildReported(build="b1", run=f"run-b1-{fault}", result=Result(outcome=Outcome.FAULT, message="lost"))
        said = await world.hear(lost)

    assert said == [BuildErrored(build="b1", why="lost")]
    assert [effect for effect in world.effects if "start" in effect] == ["start b1-1 aaaaaaa", "start b1-2 aaaaaaa"]
    assert (world.builds["b1"].state, world.check_runs[1].conclusion) == (State.ERROR, "failure")


async def test_reports_of_an_earlier_run_are_old_news(world: World) -> None:
    await world.hear(pushed("a"), ended("b1", Outcome.FAULT))
    before = world.facts()
    world.take_effects()

    assert await world.hear(ended("b1", Outcome.SUCCEEDED), BuildReported(build="b1", run="run-b1-0", phase="X")) == []
    assert (world.facts(), world.effects) == (before, [])


async def test_a_runner_that_refuses_is_an_error_with_its_reason(world: World) -> None:
    world.refusal = "untrusted code needs a sandbox, and bwrap is not installed"

    said = await world.hear(pushed("a"))

    assert said == [BuildQueued(build="b1"), BuildErrored(build="b1", why=world.refusal)]
    assert world.check_runs[1].conclusion == "failure"
    assert world.refusal in world.check_runs[1].title


async def test_a_build_of_a_repository_that_was_lost_meanwhile_does_not_wait_for_ever(world: World) -> None:
    [queued] = await flow.receive_change(pushed("a"), world.ci())
    world.commit()
    world.lost[42] = "archived"
    assert isinstance(queued, BuildQueued)

    said = await flow.start_build(queued, world.ci())
    world.commit()

    assert said == (BuildErrored(build="b1", why="acme/web is out of reach: archived"),)
    assert world.builds["b1"].state is State.ERROR


async def test_a_build_that_was_cancelled_before_it_began_never_starts(world: World) -> None:
    [queued] = await flow.receive_change(pushed("a"), world.ci())
    world.commit()
    await world.hear(BuildOutdated(build="b1", why="archived"))
    assert isinstance(queued, BuildQueued)

    assert await flow.start_build(queued, world.ci()) == ()
    assert (world.runs, world.states()) == ({}, [("a", "cancelled")])


# --- buttons -----------------------------------------------------------------------------------


async def test_a_cancel_button_stops_the_run(world: World) -> None:
    await world.hear(pushed("a"))
    world.take_effects()

    said = await world.hear(pressed(Button.CANCEL))

    assert said == [
        BuildOutdated(build="b1", why="@bo asked for it", by="bo"),
        BuildCancelled(build="b1", why="@bo asked for it"),
    ]
    assert world.effects == ["stop run-b1-0", "show aaaaaaa cancelled"]


async def test_a_cancel_button_works_on_a_pull_requests_newest_head_too(world: World) -> None:
    await world.hear(told(pull_request("a")), pressed(Button.CANCEL))

    assert world.states() == [("a", "cancelled")]


async def test_a_build_that_has_ended_cannot_be_cancelled(world: World) -> None:
    await world.hear(pushed("a"), ended("b1", Outcome.SUCCEEDED))

    assert await world.hear(pressed(Button.CANCEL)) == [
        ButtonRefused(build="b1", button="cancel", why="the build has ended already", by="bo")
    ]


ENDS: dict[State, Sequence[Event]] = {
    State.SUCCEEDED: [pushed("a"), ended("b1", Outcome.SUCCEEDED)],
    State.FAILED: [pushed("a"), ended("b1", Outcome.FAILED)],
    State.TIMED_OUT: [pushed("a"), ended("b1", Outcome.TIMED_OUT)],
    State.CANCELLED: [pushed("a"), BuildOutdated(build="b1", why="enough")],
    State.SKIPPED: [pushed("a", message="[skip ci]")],
    State.ERROR: [
        pushed("a"),
        *(
            BuildReported(build="b1", run=f"run-b1-{fault}", result=Result(outcome=Outcome.FAULT))
            for fault in range(MOST_FAULTS + 1)
        ),
    ],
}


@pytest.mark.parametrize("state", [state for state in State if state.is_final])
async def test_whatever_has_ended_runs_again_once(world: World, state: State) -> None:
    await world.hear(*ENDS[state])
    assert world.builds["b1"].state is state
    world.take_effects()

    said = await world.hear(pressed(Button.RERUN), pressed(Button.RERUN))

    assert said == [
        BuildQueued(build="b2"),
        ButtonRefused(build="b1", button="rerun", why="a build of this commit is running already", by="bo"),
    ]
    assert (world.builds["b2"].attempt, world.builds["b2"].publishes, world.builds["b1"].state) == (2, True, state)
    assert [effect for effect in world.effects if effect.startswith("start")] == ["start b2-0 aaaaaaa"]


async def test_a_buildspec_that_was_refused_is_refused_again(world: World) -> None:
    world.buildspecs[sha("a")] = "PRX_"
    [refused] = await world.hear(pushed("a"))
    assert isinstance(refused, BuildRefused)

    assert await world.hear(pressed(Button.RERUN)) == [BuildRefused(build="b2", why=refused.why)]
    assert world.runs == {}


async def test_a_stranger_runs_nothing_again(world: World) -> None:
    await world.hear(pushed("a"), ended("b1", Outcome.FAILED))
    said = await world.hear(pressed(Button.RERUN, by="eve"), RerunOfAllRequested(repository=42, sha=sha("a"), by="eve"))

    assert said == [ButtonRefused(build="b1", button="rerun", why="@eve has no write access", by="eve")]
    assert len(world.builds) == 1


async def test_all_checks_of_a_commit_run_again_that_are_not_running(world: World) -> None:
    world.buildspecs[sha("a")] = BUILDSPEC + "# PRX_BUILD_X86_64 PRX_BUILD_AARCH64\n"
    await world.hear(pushed("a"), ended("b1", Outcome.FAILED))

    said = await world.hear(RerunOfAllRequested(repository=42, sha=sha("a"), by="bo"))
    assert said == [BuildQueued(build="b3")]
    assert (world.builds["b3"].architecture, world.builds["b3"].attempt) == ("x86_64", 2)


async def test_what_nobody_wants_of_a_commit_is_stopped_by_whoever_may_write(world: World) -> None:
    world.buildspecs[sha("a")] = BUILDSPEC + "# PRX_BUILD_X86_64 PRX_BUILD_AARCH64\n"
    await world.hear(pushed("a"), ended("b1", Outcome.FAILED))

    stranger = await world.hear(BuildsUnwanted(repository=42, sha=sha("a"), by="eve"))
    said = await world.hear(BuildsUnwanted(repository=42, sha=sha("a"), by="bo"))

    assert stranger == []
    assert said[0] == BuildOutdated(build="b2", why="@bo asked for it", by="bo")
    assert [each.state for each in world.builds.values()] == ["failed", "cancelled"]


# --- checks and their annotations --------------------------------------------------------------


async def test_annotations_come_in_batches_after_the_conclusion(world: World) -> None:
    await world.hear(pushed("a"))
    world.take_effects()

    said = await world.hear(ended("b1", Outcome.FAILED, tests=failing(120)))

    assert said == [
        BuildFailed(build="b1"),
        AnnotationsLeft(build="b1", sent=50),
        AnnotationsLeft(build="b1", sent=100),
    ]
    assert world.effects == ["show aaaaaaa failure", "annotate aaaaaaa 100", "annotate aaaaaaa 120"]
    assert len({remark.start_line for remark in world.check_runs[1].annotations}) == 120


async def test_a_batch_whose_end_was_not_heard_is_not_doubled(world: World) -> None:
    await world.hear(pushed("a"))
    await flow.record_report(ended("b1", Outcome.FAILED, tests=failing(120)), world.ci())
    world.commit()
    [left] = await flow.show_build(BuildFailed(build="b1"), world.ci())
    world.commit()
    assert isinstance(left, AnnotationsLeft)
    await flow.annotate_build(left, world.ci())
    world.pending.clear()  # killed before the commit

    again = await flow.annotate_build(left, world.ci(repeated=True))
    world.commit()

    assert again == [AnnotationsLeft(build="b1", sent=100)]
    assert len(world.check_runs[1].annotations) == 100


async def test_a_check_whose_creation_was_not_heard_is_not_doubled(world: World) -> None:
    [queued] = await flow.receive_change(pushed("a"), world.ci())
    world.commit()
    assert isinstance(queued, BuildQueued)
    await flow.show_build(queued, world.ci())
    world.pending.clear()  # killed before the commit

    await flow.show_build(queued, world.ci(repeated=True))

    assert len(world.check_runs) == 1


async def test_a_failed_command_is_in_the_title(world: World) -> None:
    await world.hear(pushed("a"), ended("b1", Outcome.FAILED, failure=Failure(phase="BUILD", command="make")))

    assert world.check_runs[1].title == "build failed: make did not end by itself"


# --- runners that take no build now, and that tell of their runs --------------------------------


async def test_a_build_that_no_runner_takes_waits_and_says_why(world: World) -> None:
    world.busy = "CodeBuild allows 20 builds at a time in this account"

    said = await world.hear(pushed("a"))

    assert said[1:] == [BuildDelayed(build="b1", why=world.busy)]
    assert world.check_runs[1].title == "Waiting: CodeBuild allows 20 builds at a time in this account"
    assert world.check_runs[1].status == "queued"


async def test_a_delayed_build_starts_when_it_is_due_and_there_is_room(world: World) -> None:
    world.busy = "CodeBuild allows 20 builds at a time in this account"
    await world.hear(pushed("a"))
    assert await world.hear(BuildDue(build="b1")) == []
    world.busy = ""

    await world.hear(BuildDue(build="b1"))

    assert (world.builds["b1"].run, world.builds["b1"].delay) == ("run-b1-0", "")


async def test_nobody_overtakes_a_delayed_build(world: World) -> None:
    world.busy = "CodeBuild allows 1 build at a time in this account"
    await world.hear(pushed("a"))
    world.busy = ""
    world.take_effects()

    await world.hear(pushed("b", "a"))

    assert [effect for effect in world.take_effects() if effect.startswith("start")] == []
    assert world.builds["b2"].delay == "CodeBuild allows 1 build at a time in this account"


async def test_a_delayed_build_that_is_cancelled_is_not_started_any_more(world: World) -> None:
    world.busy = "CodeBuild allows 1 build at a time in this account"
    await world.hear(pushed("a"), pressed(Button.CANCEL))
    world.busy = ""

    assert await world.hear(BuildDue(build="b1")) == []
    assert world.builds["b1"].state is State.CANCELLED


async def test_a_start_in_doubt_is_looked_for_until_a_runner_has_the_build(world: World) -> None:
    world.busy, world.in_doubt = "AWS could not be asked for StartBuild: it cannot be reached", True
    await world.hear(pushed("a"))
    world.busy, world.in_doubt = "CodeBuild allows 1 build at a time in this account", False
    await world.hear(BuildDue(build="b1"))
    world.busy = ""
    await world.hear(BuildDue(build="b1"))

    assert (world.looked_for, world.builds["b1"].in_doubt) == (["b1-0", "b1-0"], False)

    await world.hear(ended("b1", Outcome.FAULT))
    assert (world.builds["b1"].run, world.looked_for) == ("run-b1-1", ["b1-0", "b1-0"])


async def test_a_doubt_that_comes_while_a_build_waits_is_remembered_and_not_told(world: World) -> None:
    world.busy = "AWS asks to go slower"
    await world.hear(pushed("a"))
    world.take_effects()
    world.in_doubt = True

    assert await world.hear(BuildDue(build="b1")) == []
    assert (world.builds["b1"].in_doubt, world.effects) == (True, [])


async def test_a_crash_is_not_forgotten_while_older_builds_wait(world: World) -> None:
    [queued] = await flow.receive_change(pushed("b"), world.ci())
    world.commit()
    assert isinstance(queued, BuildQueued)
    world.builds["b0"] = replace(world.builds["b1"], id="b0", delay="CodeBuild allows 1 build at a time")

    await flow.start_build(queued, world.ci(repeated=True))
    world.commit()

    assert (world.builds["b1"].delay, world.builds["b1"].in_doubt) == ("CodeBuild allows 1 build at a time", True)


async def test_notices_move_a_build_forward_and_never_back(world: World) -> None:
    await world.hear(pushed("a"))

    said = await world.hear(
        *(RunNoticed(build="b1", run="run-b1-0", phase=phase) for phase in ("INSTALL", "BUILD", "PRE_BUILD", "BUILD"))
    )

    assert said == [BuildStarted(build="b1"), BuildProgressed(build="b1", phase="BUILD")]


async def test_the_end_of_a_run_is_asked_of_the_runner_whatever_the_notice_says(world: World) -> None:
    await world.hear(pushed("a"))
    world.reports["run-b1-0"] = Report(run="run-b1-0", result=Result(outcome=Outcome.FAILED))

    await world.hear(RunNoticed(build="b1", run="run-b1-0", ended=True))

    assert world.builds["b1"].state is State.FAILED


@pytest.mark.parametrize("notice", [RunNoticed(build="b1", run="another", ended=True), RunNoticed(build="b1", run="")])
async def test_a_notice_of_another_run_says_nothing(world: World, notice: RunNoticed) -> None:
    await world.hear(pushed("a"))

    assert await world.hear(notice) == []


async def test_a_notice_after_the_end_asks_nobody(world: World) -> None:
    await world.hear(pushed("a"), ended("b1", Outcome.SUCCEEDED))
    world.reports["run-b1-0"] = Report(run="run-b1-0", result=Result(outcome=Outcome.FAILED))

    assert await world.hear(RunNoticed(build="b1", run="run-b1-0", ended=True)) == []
    assert world.builds["b1"].state is State.SUCCEEDED
