import asyncio

import pytest

from app.github.clock import Clock
from app.github.lane import Limits
from app.github.throttle import Throttle
from tests.app.github.endpoint import TestClock
from tests.app.github.turns import take_turn


def throttle(time: TestClock) -> Throttle:
    return Throttle(Limits(), Clock(now=time.now, elapsed=time.now, sleep=time.sleep))


async def test_a_pause_of_one_installation_is_none_of_another(time: TestClock) -> None:
    lanes, log = throttle(time), list[tuple[float, str]]()
    lanes.lane(7).pause(5)
    await take_turn(lanes.lane(8), time, log, "r8")
    await take_turn(lanes.lane(7), time, log, "r7")
    assert log == [(0, "r8"), (5, "r7")]


async def test_tokens_are_made_faster_than_content(time: TestClock) -> None:
    log: list[tuple[float, str]] = []
    turns = throttle(time).lane(None)
    await asyncio.gather(*(take_turn(turns, time, log, "w") for _ in range(4)))
    assert log[-1][0] == pytest.approx(1.0)
