"""The sweep over running builds: what the runner knows and we do not is an event."""

import asyncio
import random
from collections.abc import Sequence

import structlog

from app.store.builds import BuildShelf
from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog
from checks.build import Build
from checks.errors import Transient
from checks.events import BuildReported
from checks.ports import Report, Runner
from checks.result import WAITING

log = structlog.get_logger()


class BuildWatch:
    """Asks the runner about all builds that it has, about every `tick` seconds. `woke` is set when there is news."""

    def __init__(self, database: Database, event_log: EventLog, runner: Runner, *, tick: float) -> None:
        self._database = database
        self._log = event_log
        self._shelf = BuildShelf(database)
        self._runner = runner
        self._tick = tick
        self._told: dict[str, tuple[str, bool]] = {}

    async def run(self, woke: asyncio.Event) -> None:
        while True:
            try:
                if await self.look():
                    woke.set()
            except Transient as trouble:
                log.warning("running builds could not be looked at", reason=str(trouble))
            await asyncio.sleep(self._tick * random.uniform(0.8, 1.2))  # noqa: S311  not a secret

    async def look(self) -> Sequence[BuildReported]:
        """One look at all runs; returns what is new, already stored."""
        builds = {build.run: build for build in await self._shelf.with_runs()}
        self._told = {run: told for run, told in self._told.items() if run in builds}
        # An end that was told is stored; it may wait behind other work, and its log is not read again meanwhile.
        running = [run for run in builds if not self._told.get(run, ("", False))[1]]
        if not running:
            return ()
        reports = await self._runner.look(running)
        news = [_event(builds[report.run], report) for report in reports if self._is_new(builds[report.run], report)]
        if news:
            async with self._database.write() as connection:
                await self._log.append(connection, news, at=now())
        self._told |= {report.run: _gist(report) for report in reports}
        return news

    def _is_new(self, build: Build, report: Report) -> bool:
        if report.result is None and (report.phase in WAITING or report.phase == build.phase):
            return False
        return self._told.get(report.run) != _gist(report)


def _gist(report: Report) -> tuple[str, bool]:
    return report.phase, report.result is not None


def _event(build: Build, report: Report) -> BuildReported:
    return BuildReported(build=build.id, run=report.run, phase=report.phase, result=report.result)
