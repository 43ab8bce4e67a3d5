"""Whose turn it is, of the builds that no runner took: the oldest is tried again, then the next."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec import Struct
from msgspec.structs import replace

from app.store.builds import BuildShelf
from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog
from checks.build import Architecture, Build
from checks.errors import Transient
from checks.events import BuildDue

log = structlog.get_logger()

TICK = 1.0
FIRST_WAIT, LONGEST_WAIT = 5.0, 120.0
"""Seconds between two tries of one build when nothing ends meanwhile. Others may share the account's limit."""


class Trial(Struct, frozen=True, kw_only=True):
    """The build that was tried last, how many builds had a runner then, and when it is tried again."""

    build: str
    running: int
    wait: float
    again: float


class Turns:
    """Each architecture has a queue, as it has a limit. One try a tick: if it is taken the next one follows."""

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
        first: dict[Architecture, Build] = {}
        for build in await self._shelf.delayed():
            first.setdefault(build.architecture, build)
        if not first:
            self._trials = {}
            return ()
        running = len(await self._shelf.with_runs())
        at = self._clock()
        decided = {key: decide(self._trials.get(key), build.id, running, at) for key, build in first.items()}
        self._trials = {key: trial for key, (trial, _) in decided.items()}
        due = [BuildDue(build=trial.build) for trial, is_due in decided.values() if is_due]
        if due:
            async with self._database.write() as connection:
                await self._log.append(connection, due, at=now())
        return due


def decide(last: Trial | None, build: str, running: int, at: float) -> tuple[Trial, bool]:
    """What is known of the trials after this look, and whether the build is tried now.

    It is, when the one before it was taken, when a run has ended since, or when it has waited long enough.
    """
    if last is None:  # it was refused a moment ago
        return Trial(build=build, running=running, wait=FIRST_WAIT, again=at + FIRST_WAIT), False
    if last.build != build or running < last.running:
        return Trial(build=build, running=running, wait=FIRST_WAIT, again=at + FIRST_WAIT), True
    if at < last.again:
        return replace(last, running=running), False
    wait = min(2 * last.wait, LONGEST_WAIT)
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  not a secret
    return Trial(build=build, running=running, wait=wait, again=at + wait * jitter), True
