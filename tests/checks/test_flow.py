"""The story of CI, from a change to its builds: each event, what it changes, what follows and what is done."""

import pytest

from checks import flow
from checks.build import State
from checks.change import Push
from checks.events import (
    BranchPushed,
    BuildCancelled,
    BuildOutdated,
    BuildQueued,
    BuildRefused,
    BuildSkipped,
    ChangeIgnored,
    MergeGroupDestroyed,
)
from checks.plan import Policy
from checks.result import Outcome
from tests.checks.tellings import (
    BUILDSPEC,
    WEB,
    closed,
    ended,
    merge_group,
    pull_request,
    pushed,
    sha,
    told,
)
from tests.checks.world import World

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


async def test_another_base_is_another_question_while_the_first_is_being_answered(world: World) -> None:
    await world.hear(told(pull_request("a")))

    await world.hear(told(pull_request("a", at=1, base_branch="release"), "edited"))

    assert world.states() == [("a", "cancelled"), ("a", "queued")]
    assert world.builds["b1"].why == "#12 goes into release now"
    assert world.runs["run-b2-0"].variables["PRX_GITHUB_PR_BASE_BRANCH"] == "release"


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
