"""What every kind of target does, each with its real server."""

from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path

import pytest

from checks.errors import Transient
from deploy.target import Live, Progress, State
from tests.deploy.targets.front import Front
from tests.deploy.targets.places import PLACES, Place
from tests.deploy.targets.world import deploy, write

MANY = 100
OVER_HTTP = pytest.mark.parametrize("place", sorted(set(PLACES) - {"local"}), indirect=True)


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest, door: Front, tmp_path: Path) -> Place:
    return PLACES[request.param](door, tmp_path)


async def test_what_is_deployed_is_live_and_observed(place: Place) -> None:
    first = write(place.version(1), "d1")
    progress = await deploy(place.target, first)
    assert progress.state is State.DONE, progress.why
    assert progress.live == await place.target.live()
    assert (await place.target.observe(first)).state is State.DONE


async def test_every_write_changes_the_mark(place: Place) -> None:
    marks = []
    for number in (1, 2, 1):
        await deploy(place.target, write(place.version(number), f"d{number}"))
        marks.append((await place.target.live()).mark)
    assert marks[0] != marks[1]
    assert marks[1] != marks[2]


async def test_what_is_live_already_is_not_written_again(place: Place) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    live = await place.target.live()
    place.door.reset()
    assert (await deploy(place.target, write(place.version(1), "d2", live))).state is State.DONE
    assert place.door.writes == []
    assert await place.target.live() == live


async def test_what_was_live_before_is_put_back(place: Place) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    before = await place.target.live()
    second = write(place.version(2), "d2", before)
    await deploy(place.target, second)
    progress = await place.target.roll_back(second, before)
    assert progress.state is State.DONE, progress.why
    assert (await place.target.live()).values == before.values
    assert (await place.target.observe(second)).state is State.FAILED


async def test_a_rollback_as_a_deployment_of_its_own_puts_it_back_too(place: Place) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    before = await place.target.live()
    await deploy(place.target, write(place.version(2), "d2", before))
    back = write(place.version(1), "d3", await place.target.live())
    assert (await place.target.roll_back(back, before)).state is State.DONE
    assert (await place.target.live()).values == before.values


async def test_nothing_can_be_put_back_where_nothing_was(place: Place) -> None:
    first = write(place.version(1), "d1", Live(values={}))
    await deploy(place.target, first)
    live = await place.target.live()
    progress = await place.target.roll_back(first, Live(values={}))
    assert (progress.state, await place.target.live()) == (State.FAILED, live)
    assert "nothing is rolled back" in progress.why


async def test_what_somebody_else_put_there_is_told_and_not_overwritten(place: Place) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    before = await place.target.live()
    place.meddle()
    foreign = await place.target.live()
    assert foreign.mark != before.mark
    second = write(place.version(2), "d2", before)
    for progress in (await deploy(place.target, second), await place.target.roll_back(second, before)):
        assert progress.state is State.FAILED
        assert progress.why.startswith("somebody else ")
        assert progress.why.endswith("nothing was overwritten; deploy again if it should be")
    assert await place.target.live() == foreign
    assert (await place.target.observe(write(place.version(1), "d1"))).state is State.FAILED


async def test_whoever_deploys_again_overwrites_what_somebody_else_put_there(place: Place) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    place.meddle()
    second = write(place.version(2), "d2", await place.target.live())
    assert (await deploy(place.target, second)).state is State.DONE
    assert (await place.target.observe(second)).state is State.DONE


async def test_nothing_is_written_under_a_lease_that_ends_too_soon(place: Place) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    before = await place.target.live()
    late = write(place.version(2), "d2", before, lease=place.target.longest - timedelta(seconds=1))
    with pytest.raises(Transient, match="ends too soon"):
        await deploy(place.target, late)
    assert await place.target.live() == before


@OVER_HTTP
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_at_any_request_it_finishes_when_it_is_asked_again(place: Place, moment: str) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    for request in range(MANY):
        last = write(place.version(request + 2), f"d{request + 2}", await place.target.live())
        place.door.reset()
        place.door.lose[request] = moment
        if not await _is_cut_off(deploy(place.target, last)):
            break
        progress = await deploy(place.target, last)
        assert progress.state is State.DONE, (request, progress.why, place.door.calls)
        assert (await place.target.observe(last)).state is State.DONE
    assert 0 < request < MANY - 1


@OVER_HTTP
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_rollback_killed_at_any_request_finishes_too(place: Place, moment: str) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    before = await place.target.live()
    for request in range(MANY):
        last = write(place.version(request + 2), f"d{request + 2}", before)
        await deploy(place.target, last)
        place.door.reset()
        place.door.lose[request] = moment
        if not await _is_cut_off(place.target.roll_back(last, before)):
            break
        progress = await place.target.roll_back(last, before)
        assert progress.state is State.DONE, (request, progress.why, place.door.calls)
        assert (await place.target.live()).values == before.values
        before = await place.target.live()
    assert 0 < request < MANY - 1


@OVER_HTTP
async def test_a_right_that_is_missing_is_named_and_the_rest_is_done_once_it_is_given(place: Place) -> None:
    await deploy(place.target, write(place.version(1), "d1"))
    for request in range(MANY):
        last = write(place.version(request + 2), f"d{request + 2}", await place.target.live())
        place.door.reset()
        place.door.deny.add(request)
        progress = await deploy(place.target, last)
        if progress.state is State.DONE:
            break
        assert "AWS does not let the App do " in progress.why
        assert "give its role this right, then deploy again" in progress.why
        assert (await deploy(place.target, last)).state is State.DONE
    assert 0 < request < MANY - 1


async def _is_cut_off(work: Awaitable[Progress]) -> bool:
    try:
        progress = await work
    except Transient:
        return True
    assert progress.state is State.DONE, progress.why
    return False
