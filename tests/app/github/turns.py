"""A request that waits for its turn in a lane, and notes when that came."""

import asyncio

from app.github.lane import Lane
from tests.app.github.endpoint import TestClock


async def take_turn(lane: Lane, time: TestClock, log: list[tuple[float, str]], name: str, urgency: int = 1) -> None:
    """A `name` that begins with w writes; `log` gets the seconds since the test began, and the name."""
    async with lane.turn(writes=name.startswith("w"), urgency=urgency, patient=True):
        log.append((time.now() - 1_800_000_000.0, name))
        await asyncio.sleep(0)
