"""The story of CI, from event to state, to what follows, to what was done; and each event a second time."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from app.routes import CHECKS
from checks import flow
from checks.build import MOST_FAULTS, Build, State
from checks.change import Change, Purpose, Push
from checks.check_run import Button
from checks.events import (
    AnnotationsLeft,
    BranchPushed,
    BuildApproved,
    BuildCancelled,
    BuildErrored,
    BuildFailed,
    BuildHeld,
    BuildOutdated,
    BuildProgressed,
    BuildQueued,
    BuildRefused,
    BuildReported,
    BuildSkipped,
    BuildStarted,
    BuildSucceeded,
    BuildTimedOut,
    ButtonPressed,
    ButtonRefused,
    ChangeIgnored,
    ChangeReceived,
    Event,
    InstallationGained,
    InstallationLost,
    MergeGroupDestroyed,
    PullRequestClosed,
    RepositoryChanged,
    RepositoryLost,
    RerunOfAllRequested,
)
from checks.plan import Policy
from checks.repository import Repository
from checks.result import Failure, Outcome, Result
from checks.test_report import FailedTest, TestReport, Verdict
from tests.checks.world import BUILDSPEC, START, WEB, World, closed, pull_request, pushed, sha, told


@pytest.fixture
def world() -> World:
    return World()


def ended(build: str, outcome: Outcome, **facts: object) -> BuildReported:
    return BuildReported(build=build, run=f"run-{build}-0", result=replace(Result(outcome=outcome), **facts))


def pressed(button: Button, build: str = "b1", by: str = "bo") -> ButtonPressed:
    return ButtonPressed(build=build, button=button, by=by)


def names(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def fork_request(head: str, *, author: str = "eve", number: int = 12, at: int = 0) -> ChangeReceived:
    return told(pull_request(head, number=number, at=at, author=author, head_repository=99), by=author)


def merge_group(head: str) -> ChangeReceived:
    change = Change(
        repository=WEB,
        purpose=Purpose.MERGE_GROUP,
        sha=sha(head),
        branch="gh-readonly-queue/main/pr-12",
        sender="ana",
        received_at=START,
        action="checks_requested",
        message="Merge #12",
    )
    return ChangeReceived(change=change, by="ana")


# --- a change becomes builds -------------------------------------------------------------------


async def test_a_push_to_the_default_branch_is_built_shown_and_publishes(world: World) -> None:
    said = await world.hear(pushed("a"))

    assert said == [BuildQueued(build="b1")]
    assert world.effects == ["look aaaaaaa", "start b1-0 aaaaaaa", "show aaaaaaa queued"]
    [build] = world.builds.values()
    assert (build.state, build.run, build.publishes, build.trusted) == (State.QUEUED, "run-b1-0", True, True)
    order = world.runs["run-b1-0"]
    assert (order.repository, order.ref, order.sha, order.buildspec, order.trusted) == (
        WEB,
        "refs/heads/main",
        sha("a"),
        BUILDSPEC,
        True,
    )
    assert order.variables["PRX_CI_PUBLISH"] == "true"


async def test_a_repository_without_the_marker_is_left_alone(world: World) -> None:
    world.buildspecs = {sha("a"): None, sha("b"): "version: 0.2\n"}

    said = await world.hear(pushed("a"), pushed("b", "a"))

    reason = "there is no buildspec.yml that contains PRX_"
    assert said == [
        ChangeIgnored(repository=42, sha=sha("a"), reason=reason),
        ChangeIgnored(repository=42, sha=sha("b"), reason=reason),
    ]
    assert world.effects == ["look aaaaaaa", "look bbbbbbb"]


async def test_what_a_branch_that_is_not_built_left_alone_is_noted(world: World) -> None:
    push = Push(before=sha("a"), after=sha("b"), touched_buildspec=False)

    assert await world.hear(BranchPushed(repository=42, push=push)) == []
    assert (world.noted, world.effects) == ([push], [])


async def test_a_pull_request_and_its_push_are_one_build(world: World) -> None:
    push = Push(before=sha("0"), after=sha("a"), touched_buildspec=True)

    said = await world.hear(BranchPushed(repository=42, push=push), told(pull_request("a")))

    assert said == [BuildQueued(build="b1")]
    order = world.runs["run-b1-0"]
    assert (order.ref, order.variables["PRX_CI_PUBLISH"]) == ("refs/pull/12/head", "false")


async def test_a_pull_request_from_the_default_branch_is_built_by_its_push_alone(world: World) -> None:
    request = pull_request("a", head_branch="main", base_branch="release")

    said = await world.hear(told(request))

    assert said == [ChangeIgnored(repository=42, sha=sha("a"), reason="main is built when it is pushed")]
    assert world.effects == []


async def test_both_architectures_are_built_when_both_are_named(world: World) -> None:
    world.buildspecs[sha("a")] = BUILDSPEC + "# PRX_BUILD_X86_64 PRX_BUILD_AARCH64\n"

    await world.hear(pushed("a"))

    assert [str(build.architecture) for build in world.builds.values()] == ["x86_64", "aarch64"]
    assert [check.name for check in world.check_runs.values()] == ["Interlock", "Interlock (aarch64)"]


async def test_a_newer_head_takes_the_place_of_an_older_one(world: World) -> None:
    await world.hear(told(pull_request("a")))
    world.take_effects()

    said = await world.hear(told(pull_request("b", at=1), "synchronize"))

    assert said == [
        BuildOutdated(build="b1", why="bbbbbbb is newer", pull_request=12),
        BuildQueued(build="b2"),
        BuildCancelled(build="b1", why="bbbbbbb is newer"),
    ]
    assert world.effects == [
        "look bbbbbbb",
        "stop run-b1-0",
        "start b2-0 bbbbbbb",
        "show bbbbbbb queued",
        "show aaaaaaa cancelled",
    ]
    assert world.states() == [("a", "cancelled"), ("b", "queued")]


async def test_an_older_telling_that_comes_late_cancels_and_builds_nothing(world: World) -> None:
    await world.hear(told(pull_request("b", at=1), "synchronize"))
    before = world.facts()
    world.take_effects()

    said = await world.hear(told(pull_request("a"), "synchronize"))

    assert said == [ChangeIgnored(repository=42, sha=sha("a"), reason="bbbbbbb is newer")]
    assert (world.facts(), world.effects) == (before, [])


async def test_a_head_that_comes_back_before_its_build_was_stopped_keeps_it(world: World) -> None:
    await world.hear(told(pull_request("a")))
    ci = world.ci()

    [outdated, _] = await flow.receive_change(told(pull_request("b", at=1), "synchronize"), ci)
    world.commit()
    await world.hear(told(pull_request("a", at=2), "synchronize"))
    assert isinstance(outdated, BuildOutdated)
    await world.hear(outdated)

    assert world.builds["b1"].state is State.QUEUED


async def test_a_closed_pull_request_takes_its_build_with_it(world: World) -> None:
    await world.hear(told(pull_request("a")))

    said = await world.hear(closed(pull_request("a", at=1)))

    assert said == [
        BuildOutdated(build="b1", why="#12 was closed", pull_request=12),
        BuildCancelled(build="b1", why="#12 was closed"),
    ]
    assert world.effects[-2:] == ["stop run-b1-0", "show aaaaaaa cancelled"]


async def test_a_closing_that_comes_after_the_reopening_closes_nothing(world: World) -> None:
    await world.hear(told(pull_request("a", at=2), "reopened"))
    before = world.facts()

    assert await world.hear(closed(pull_request("a", at=1))) == []
    assert world.facts() == before


@pytest.mark.parametrize(("action", "state"), [("synchronize", "cancelled"), ("reopened", "queued")])
async def test_what_came_within_the_second_of_a_closing_is_taken_for_older(
    world: World, action: str, state: str
) -> None:
    await world.hear(told(pull_request("a")), closed(pull_request("a", at=1)), told(pull_request("a", at=1), action))

    assert next(reversed(world.states())) == ("a", state)


async def test_pull_requests_with_one_head_share_its_build(world: World) -> None:
    await world.hear(told(pull_request("a")), told(pull_request("a", number=13, base_branch="release")))
    assert world.states() == [("a", "queued")]

    await world.hear(closed(pull_request("a", at=1)))
    assert world.states() == [("a", "queued")]

    await world.hear(closed(pull_request("a", number=13, at=2)))
    assert world.states() == [("a", "cancelled")]


async def test_a_shared_head_is_given_up_when_its_last_pull_request_moves_on(world: World) -> None:
    await world.hear(told(pull_request("a")), told(pull_request("a", number=13, base_branch="release")))

    await world.hear(told(pull_request("b", at=1), "synchronize"))
    assert world.states() == [("a", "queued"), ("b", "queued")]

    await world.hear(told(pull_request("b", number=13, at=1), "synchronize"))
    assert world.states() == [("a", "cancelled"), ("b", "queued")]


@pytest.mark.parametrize("action", ["unlocked", "edited", "reopened"])
async def test_some_actions_ask_for_a_finished_commit_again(world: World, action: str) -> None:
    await world.hear(told(pull_request("a")), ended("b1", Outcome.FAILED))

    said = await world.hear(told(pull_request("a", at=1, base_branch="release"), action))

    assert said == [BuildQueued(build="b2")]
    assert (world.builds["b2"].attempt, world.runs["run-b2-0"].variables["PRX_GITHUB_PR_BASE_BRANCH"]) == (2, "release")


@pytest.mark.parametrize("action", ["ready_for_review", "synchronize"])
async def test_other_actions_do_not_ask_for_a_built_commit_again(world: World, action: str) -> None:
    await world.hear(told(pull_request("a", draft=True)), ended("b1", Outcome.SUCCEEDED))
    world.take_effects()

    said = await world.hear(told(pull_request("a", at=1), action))

    assert said == [ChangeIgnored(repository=42, sha=sha("a"), reason="this commit has its build already")]
    assert world.effects == ["look aaaaaaa"]


async def test_drafts_wait_until_they_are_ready_where_the_policy_says_so() -> None:
    world = World(Policy(build_drafts=False))

    await world.hear(told(pull_request("a", draft=True)))
    assert (world.states(), world.runs) == ([("a", "skipped")], {})
    assert world.effects == ["look aaaaaaa", "show aaaaaaa skipped"]

    await world.hear(told(pull_request("a", at=1), "ready_for_review"))
    assert world.states() == [("a", "skipped"), ("a", "queued")]


async def test_skip_ci_gives_a_skipped_check(world: World) -> None:
    said = await world.hear(pushed("a", message="Typo [skip ci]"))

    assert said == [BuildSkipped(build="b1", why="the commit message says [skip ci]")]
    assert world.effects == ["look aaaaaaa", "show aaaaaaa skipped"]


async def test_the_message_of_a_pull_requests_head_is_asked_for(world: World) -> None:
    world.messages[sha("a")] = "Typo [ci skip]"

    assert await world.hear(told(pull_request("a"))) == [
        BuildSkipped(build="b1", why="the commit message says [ci skip]")
    ]


async def test_a_buildspec_that_cannot_be_run_is_refused_with_its_line(world: World) -> None:
    world.buildspecs[sha("a")] = "version: 0.2\n# PRX_\nphases:\n  biuld:\n    commands: [make]\n"

    [refused] = await world.hear(pushed("a"))

    assert isinstance(refused, BuildRefused)
    assert refused.why.startswith("buildspec.yml line 4: ")
    assert world.states() == [("a", "failed")]
    assert world.check_runs[1].conclusion == "failure"
    assert world.runs == {}


# --- untrusted code ----------------------------------------------------------------------------


async def test_a_strangers_pull_request_waits_for_approval(world: World) -> None:
    said = await world.hear(fork_request("a"))

    assert said == [BuildHeld(build="b1", why="@eve has no write access")]
    assert world.effects == ["look aaaaaaa", "show aaaaaaa action_required"]
    assert (world.builds["b1"].trusted, world.runs) == (False, {})


async def test_a_stranger_who_moves_a_writers_pull_request_is_not_trusted(world: World) -> None:
    await world.hear(told(pull_request("a", head_repository=99), "synchronize", by="eve"))

    assert world.states() == [("a", "waiting_for_approval")]


async def test_a_writers_approval_starts_the_build_without_trust(world: World) -> None:
    await world.hear(fork_request("a"))
    world.take_effects()

    said = await world.hear(pressed(Button.APPROVE))

    assert said == [BuildApproved(build="b1", sha=sha("a"), by="bo")]
    assert world.effects == ["start b1-0 aaaaaaa", "show aaaaaaa queued"]
    assert (world.builds["b1"].approved_by, world.runs["run-b1-0"].trusted) == ("bo", False)


async def test_a_strangers_approval_is_refused_on_the_check(world: World) -> None:
    await world.hear(fork_request("a"))

    said = await world.hear(pressed(Button.APPROVE, by="eve"))

    assert said == [ButtonRefused(build="b1", button="approve", why="@eve has no write access", by="eve")]
    assert world.states() == [("a", "waiting_for_approval")]
    assert world.effects[-1] == "show aaaaaaa action_required"
    assert world.check_runs[1].summary.startswith("**Note:** approve was refused: ")


async def test_an_approval_that_comes_too_late_is_refused(world: World) -> None:
    await world.hear(fork_request("a"), closed(pull_request("a", at=1, author="eve", head_repository=99)))
    assert world.states() == [("a", "cancelled")]

    said = await world.hear(pressed(Button.APPROVE))

    assert said == [
        ButtonRefused(build="b1", button="approve", why="nothing waits for approval here", by="bo"),
    ]
    assert world.runs == {}


async def test_a_second_approval_starts_nothing(world: World) -> None:
    await world.hear(fork_request("a"), pressed(Button.APPROVE))
    builds, runs = _without_remarks(world), dict(world.runs)

    said = await world.hear(pressed(Button.APPROVE, by="ana"))

    assert names(said) == ["ButtonRefused"]
    assert (_without_remarks(world), world.runs) == (builds, runs)


async def test_an_approval_ends_with_the_commit(world: World) -> None:
    await world.hear(fork_request("a"), pressed(Button.APPROVE))

    await world.hear(fork_request("b", at=1))

    assert world.states() == [("a", "cancelled"), ("b", "waiting_for_approval")]


async def test_an_approved_commit_may_run_again(world: World) -> None:
    await world.hear(fork_request("a"), pressed(Button.APPROVE), ended("b1", Outcome.FAILED))

    await world.hear(pressed(Button.RERUN))

    assert (world.builds["b2"].state, world.builds["b2"].approved_by, world.runs["run-b2-0"].trusted) == (
        State.QUEUED,
        "bo",
        False,
    )


async def test_a_commit_that_nobody_approved_waits_again_when_it_is_run_again(world: World) -> None:
    await world.hear(fork_request("a"), pressed(Button.CANCEL))

    said = await world.hear(pressed(Button.RERUN))

    assert said == [BuildHeld(build="b2", why="nobody with write access has approved this commit")]


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
        BuildSucceeded(build="b1", repository=42, sha=sha("a"), published=False)
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


# --- merge groups ------------------------------------------------------------------------------


async def test_a_merge_group_is_built_beside_the_pull_request_and_publishes_nothing(world: World) -> None:
    await world.hear(told(pull_request("a")))

    assert await world.hear(merge_group("a")) == [BuildQueued(build="b2")]
    order = world.runs["run-b2-0"]
    assert (order.ref, order.variables["PRX_CI_PUBLISH"]) == ("refs/heads/gh-readonly-queue/main/pr-12", "false")


async def test_a_merge_group_that_was_given_up_is_stopped(world: World) -> None:
    await world.hear(told(pull_request("a")), merge_group("a"))

    said = await world.hear(MergeGroupDestroyed(repository=42, sha=sha("a"), reason="dequeued"))

    why = "the merge queue gave this group up (dequeued)"
    assert said == [BuildOutdated(build="b2", why=why), BuildCancelled(build="b2", why=why)]
    assert world.states() == [("a", "queued"), ("a", "cancelled")]


# --- checks and their annotations --------------------------------------------------------------


def failing(number: int) -> TestReport:
    failures = tuple(
        FailedTest(name=f"test_{line}", verdict=Verdict.FAILED, message="no", path="a.py", line=line)
        for line in range(1, number + 1)
    )
    return TestReport(failed=number, failures=failures)


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


# --- the App gains and loses sight of things ---------------------------------------------------


async def test_a_renamed_repository_is_built_under_its_new_name(world: World) -> None:
    await world.hear(pushed("a"), ended("b1", Outcome.FAILED))
    await world.hear(RepositoryChanged(now=replace(WEB, full_name="acme/site")))

    await world.hear(pressed(Button.RERUN))

    assert world.runs["run-b2-0"].repository.full_name == "acme/site"


async def test_a_listing_takes_nothing_away_that_was_known(world: World) -> None:
    await world.hear(pushed("a"))

    await world.hear(RepositoryChanged(now=Repository(id=42, full_name="acme/web", installation=7, default_branch="")))

    assert world.repositories[42] == WEB


async def test_a_lost_repository_ends_its_builds(world: World) -> None:
    world.repositories[42] = WEB
    queued = await flow.receive_change(pushed("a"), world.ci())
    world.commit()
    assert names(queued) == ["BuildQueued"]

    said = await flow.lose_repository(RepositoryLost(repository=42, reason="archived"), world.ci())
    world.commit()

    assert said == [BuildOutdated(build="b1", why="archived")]
    assert world.lost == {42: "archived"}


async def test_a_lost_installation_loses_its_repositories_and_brings_them_back(world: World) -> None:
    other = replace(WEB, id=43, full_name="acme/api")
    await world.hear(InstallationGained(installation=7, account="acme"), RepositoryChanged(now=WEB))
    await world.hear(RepositoryChanged(now=other), RepositoryLost(repository=43, reason="deselected"))

    said = await world.hear(InstallationLost(installation=7, reason="suspended"))
    assert said == [RepositoryLost(repository=42, reason="suspended")]
    assert world.lost == {42: "suspended", 43: "deselected"}

    await world.hear(InstallationGained(installation=7, account="acme"))
    assert world.lost == {43: "deselected"}


# --- everything a second time ------------------------------------------------------------------

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
    builds, runs = _without_remarks(world), dict(world.runs)

    assert names(await world.hear(pressed(button))) == ["ButtonRefused"]
    assert (_without_remarks(world), world.runs) == (builds, runs)


def _without_remarks(world: World) -> dict[str, Build]:
    return {number: replace(build, remark="") for number, build in world.builds.items()}


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
