"""One message a second and channel."""

from datetime import UTC, datetime, timedelta

import pytest

from app.channels.pace import Pace
from checks.errors import Transient


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock=clock.now, sleep=clock.sleep)


async def test_who_comes_within_a_second_waits_for_the_rest_of_it(clock: Clock, pace: Pace) -> None:
    await pace.turn("web")
    clock.time += 0.25
    await pace.turn("web")
    clock.time += 1
    await pace.turn("web")
    assert clock.slept == [0.75]


async def test_channels_do_not_wait_for_each_other(clock: Clock, pace: Pace) -> None:
    for channel in ("web", "api", "shop"):
        await pace.turn(channel)
    assert clock.slept == []


async def test_who_would_wait_longer_comes_again(clock: Clock, pace: Pace) -> None:
    pace.wait_until("web", datetime.now(UTC) + timedelta(seconds=30))
    for _ in range(2):  # whoever was sent away took nobody's turn
        with pytest.raises(Transient) as told:
            await pace.turn("web")
        assert told.value.not_before
        assert timedelta(seconds=28) < told.value.not_before - datetime.now(UTC) <= timedelta(seconds=30)
    clock.time += 30
    await pace.turn("web")
    assert clock.slept == []


async def test_many_channels_are_not_remembered_for_ever(clock: Clock, pace: Pace) -> None:
    for channel in range(2000):
        await pace.turn(channel)
        clock.time += 2
    assert len(pace._free) <= 1000
