"""The story of CI for code that nobody vouches for, and for repositories that come and go."""

from collections.abc import Sequence

from msgspec.structs import replace

from checks import flow
from checks.build import State
from checks.button import Button
from checks.events import (
    BuildApproved,
    BuildHeld,
    BuildOutdated,
    ButtonRefused,
    Event,
    InstallationGained,
    InstallationLost,
    RepositoryChanged,
    RepositoryLost,
)
from checks.repository import Repository
from checks.result import Outcome
from tests.checks.tellings import (
    WEB,
    closed,
    ended,
    fork_request,
    pressed,
    pull_request,
    pushed,
    sha,
    told,
)
from tests.checks.world import World


def names(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


# --- untrusted code ----------------------------------------------------------------------------


async def test_a_strangers_pull_request_waits_for_approval(world: World) -> None:
    said = await world.hear(fork_request("a"))

    assert said == [BuildHeld(build="b1", why="@eve has no write access")]
    assert world.effects == ["look aaaaaaa", "show aaaaaaa action_required"]
    assert (world.builds["b1"].trusted, world.runs) == (False, {})


async def test_a_stranger_who_moves_a_writers_pull_request_is_not_trusted(world: World) -> None:
    await world.hear(told(pull_request("a", head_repository=99), "synchronize", by="eve"))

    assert world.states() == [("a", "waiting_for_approval")]


async def test_a_writer_who_opens_again_does_not_vouch_for_what_a_stranger_pushed_to_the_fork(world: World) -> None:
    """Nobody hears of pushes to the fork of a closed pull request."""
    forked = pull_request("b", at=1, head_repository=99, head_owner="eve")
    await world.hear(told(forked, "reopened", by="ana"))

    assert world.states() == [("b", "waiting_for_approval")]


async def test_a_writers_own_fork_is_trusted(world: World) -> None:
    forked = pull_request("a", head_repository=99, head_owner="ana")
    await world.hear(told(forked, "opened", by="ana"))

    assert world.states() == [("a", "queued")]


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
    assert world.check_runs[1].summary.startswith("**Note:** Approve and run was refused: ")


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
    builds, runs = world.without_remarks(), dict(world.runs)

    said = await world.hear(pressed(Button.APPROVE, by="ana"))

    assert names(said) == ["ButtonRefused"]
    assert (world.without_remarks(), world.runs) == (builds, runs)


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
