"""One message a second and channel, as Slack wants it: https://docs.slack.dev/apis/web-api/rate-limits"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from datetime import UTC, datetime, timedelta

from checks.errors import Transient

INTERVAL = 1.0
MOST_REMEMBERED = 1000

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """Whoever comes a moment early waits; whoever would wait longer comes again."""

    def __init__(self, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._free: dict[Hashable, float] = {}

    async def turn(self, channel: Hashable) -> None:
        """Returns when it is somebody's turn. Raises `Transient` if that is more than a second away."""
        now = self._clock()
        at = max(now, self._free.get(channel, now))
        if at - now > INTERVAL:
            until = datetime.now(UTC) + timedelta(seconds=at - now)
            raise Transient("others are to be told in this channel first", not_before=until)
        if len(self._free) >= MOST_REMEMBERED:
            self._free = {each: free for each, free in self._free.items() if free > now}
        self._free[channel] = at + INTERVAL
        if at > now:
            await self._sleep(at - now)

    def wait_until(self, channel: Hashable, moment: datetime) -> None:
        """Nobody's turn before that."""
        seconds = (moment - datetime.now(UTC)).total_seconds()
        self._free[channel] = max(self._free.get(channel, 0), self._clock() + seconds)

    def is_the_same(self, channel: Hashable, other: Hashable) -> None:
        """The next turn of `other` comes after those of `channel`: it is another name of it."""
        self._free[other] = max(self._free.get(other, 0), self._free.get(channel, 0))
