"""Whose turn it is, of the builds that no runner took: the oldest first, more at once while they are taken."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec import Struct
from msgspec.structs import replace

from app.store.builds import BuildShelf
from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog
from checks.build import Architecture
from checks.errors import Transient
from checks.events import BuildDue

log = structlog.get_logger()

TICK = 0.5
FIRST_WAIT, LONGEST_WAIT = 2.0, 120.0
"""Seconds between two tries when nothing ends meanwhile. Others may share the account's limit."""

MOST_AT_ONCE = 16


class Trial(Struct, frozen=True, kw_only=True):
    """The builds that were tried last, how many builds had a runner then, and when somebody is tried again."""

    builds: tuple[str, ...] = ()
    running: int
    wait: float = FIRST_WAIT
    again: float


class Turns:
    """Each architecture has a queue of its own, as it has a limit of its own."""

    def __init__(self, database: Database, event_log: EventLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._log = event_log
        self._shelf = BuildShelf(database)
        self._clock = clock
        self._trials: Mapping[Architecture, Trial] = {}

    async def run(self, woke: asyncio.Event) -> None:
        while True:
            try:
                if await self.call():
                    woke.set()
            except Transient as trouble:
                log.warning("delayed builds could not be looked at", reason=str(trouble))
            await asyncio.sleep(TICK)

    async def call(self) -> Sequence[BuildDue]:
        """Who is tried now, already stored."""
        queues = defaultdict(list)
        for build in await self._shelf.delayed():
            queues[build.architecture].append(build.id)
        if not queues:
            self._trials = {}
            return ()
        running = len(await self._shelf.with_runs())
        at = self._clock()
        decided = {key: decide(self._trials.get(key), queue, running, at) for key, queue in queues.items()}
        self._trials = {key: trial for key, (trial, _) in decided.items()}
        due = [BuildDue(build=build) for _, builds in decided.values() for build in builds]
        if due:
            async with self._database.write() as connection:
                await self._log.append(connection, due, at=now())
        return due


def decide(last: Trial | None, queue: Sequence[str], running: int, at: float) -> tuple[Trial, Sequence[str]]:
    """What is known of the trials after this look, and which builds are tried now.

    While all that are tried are taken, twice as many follow; as many as runs have ended; and one now and then.
    """
    if last is None:  # the first was refused a moment ago
        return Trial(running=running, again=at + FIRST_WAIT), ()
    if last.builds and not set(last.builds) & set(queue):
        return _tried(queue[: min(2 * len(last.builds), MOST_AT_ONCE)], running, at)
    if running < last.running:
        return _tried(queue[: last.running - running], running, at)
    if at < last.again:
        return replace(last, running=running), ()
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  not a secret
    return _tried(queue[:1], running, at, min(2 * last.wait, LONGEST_WAIT), jitter)


def _tried(
    builds: Sequence[str], running: int, at: float, wait: float = FIRST_WAIT, jitter: float = 1.0
) -> tuple[Trial, Sequence[str]]:
    return Trial(builds=tuple(builds), running=running, wait=wait, again=at + wait * jitter), builds
