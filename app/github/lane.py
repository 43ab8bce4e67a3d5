"""The turns of one installation: who may ask GitHub when, so that GitHub never has to refuse us."""

import asyncio
from bisect import insort
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from app.github.clock import Clock

MINUTE = 60.0
READ_POINTS, WRITE_POINTS = 1, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What GitHub asks of integrations, per installation; `longest_wait` is ours: seconds in the queue.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """

    between_writes: float = 1.0
    points_a_minute: int = 900
    at_once: int = 10
    longest_wait: float = 10.0


class NotYet(Exception):
    """It is not this request's turn for `seconds`: longer than it wanted to wait, or something else went first."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not for {seconds:.1f} s")
        self.seconds = seconds


@dataclass(order=True, slots=True)
class Ticket:
    urgency: int
    number: int
    writes: bool = field(compare=False)
    patient: bool = field(compare=False)
    admitted: asyncio.Future[bool] = field(compare=False)


class Lane:
    """Writes go one at a time and keep their distance; reads pass writes that have to wait."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._numbers = count()
        self._reads: list[Ticket] = []
        self._writes: list[Ticket] = []
        self._under_way = 0
        self._writing = False
        self._next_write = float("-inf")
        self._paused_until = float("-inf")
        self._spent: deque[tuple[float, int]] = deque()
        self._points = 0
        self._alarm: asyncio.Task[None] | None = None
        self.strikes = 0

    @asynccontextmanager
    async def turn(self, *, writes: bool, urgency: int, patient: bool) -> AsyncIterator[None]:
        """Wait for a turn, the more urgent first, and hold it. Raises `NotYet`.

        The impatient waits for the next turn at most, and leaves when something more urgent comes.
        """
        await self._enter(writes, urgency, patient)
        try:
            yield
        finally:
            self._leave(writes)

    def pause(self, seconds: float) -> None:
        """GitHub wants to be left alone."""
        self._paused_until = max(self._paused_until, self._clock.elapsed() + seconds)

    async def _enter(self, writes: bool, urgency: int, patient: bool) -> None:
        self._admit()
        expected = self._expected(writes, urgency)
        if expected > (self._limits.longest_wait if patient else self._limits.between_writes):
            raise NotYet(expected)
        future = asyncio.get_running_loop().create_future()
        ticket = Ticket(urgency, next(self._numbers), writes, patient, future)
        if writes:
            self._make_way(urgency)
        insort(self._queue(ticket), ticket)
        self._admit()
        try:
            admitted = await ticket.admitted
        except asyncio.CancelledError:
            self._give_up(ticket)
            raise
        if not admitted:
            raise NotYet(self._expected(writes, urgency))

    def _queue(self, ticket: Ticket) -> list[Ticket]:
        return self._writes if ticket.writes else self._reads

    def _make_way(self, urgency: int) -> None:
        for each in [each for each in self._writes if not each.patient and each.urgency > urgency]:
            self._writes.remove(each)
            each.admitted.set_result(False)

    def _give_up(self, ticket: Ticket) -> None:
        if ticket in self._queue(ticket):
            self._queue(ticket).remove(ticket)
            self._admit()
        elif not ticket.admitted.cancelled() and ticket.admitted.result():
            self._leave(ticket.writes)

    def _leave(self, writes: bool) -> None:
        self._under_way -= 1
        if writes:
            self._writing = False
        self._admit()

    def _admit(self) -> None:
        """Let in whoever may go now, and come back when the next one may."""
        while ticket := self._next():
            self._queue(ticket).remove(ticket)
            self._account(ticket.writes)
            ticket.admitted.set_result(True)
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        delays = [delay for head in self._heads() if (delay := self._delay(head.writes)) > 0]
        if delays:
            self._alarm = asyncio.create_task(self._admit_after(min(delays)))

    def _heads(self) -> list[Ticket]:
        return [queue[0] for queue in (self._reads, self._writes) if queue]

    def _next(self) -> Ticket | None:
        return min((head for head in self._heads() if self._is_free(head.writes)), default=None)

    async def _admit_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._alarm = None
        self._admit()

    def _account(self, writes: bool) -> None:
        now = self._clock.elapsed()
        self._under_way += 1
        points = WRITE_POINTS if writes else READ_POINTS
        self._spent.append((now, points))
        self._points += points
        if writes:
            self._writing = True
            self._next_write = now + self._limits.between_writes

    def _is_free(self, writes: bool) -> bool:
        room = self._under_way < self._limits.at_once and not (writes and self._writing)
        return room and self._delay(writes) <= 0

    def _delay(self, writes: bool) -> float:
        """Seconds until time alone allows a request; others that are under way may take longer."""
        now = self._clock.elapsed()
        while self._spent and self._spent[0][0] <= now - MINUTE:
            self._points -= self._spent.popleft()[1]
        until = max(self._paused_until, self._next_write if writes else now)
        # Reads are held back at the same mark as writes: else they would starve them.
        if self._spent and self._points + WRITE_POINTS > self._limits.points_a_minute:
            until = max(until, self._spent[0][0] + MINUTE)
        return until - now

    def _expected(self, writes: bool, urgency: int) -> float:
        """Seconds until this request's turn, if nobody more urgent comes: later ones are told later times."""
        delay = max(self._delay(writes), 0.0)
        if not writes:
            return delay
        before = sum(1 for each in self._writes if each.urgency <= urgency)
        return delay + before * self._limits.between_writes
