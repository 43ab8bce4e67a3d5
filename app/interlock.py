"""The parts of the App that a process may run, and how each is run until it is told to stop."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from aiohttp import web

from app.presence import among_workers
from app.retention import Retention
from app.settings import Settings, SettingsError
from app.store.clock import now
from app.store.database import Database
from app.store.pointers import StoredPointers
from app.store.tasks import Tasks
from app.web.http import http_runner
from app.worker import Worker

log = structlog.get_logger()


class Sweep(Protocol):
    async def run(self, woke: asyncio.Event) -> None:
        """Look for good at what nobody tells, and set `woke` when there is news."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Interlock:
    """Wired to each other by `app.main`."""

    settings: Settings
    database: Database
    worker: Worker
    sweeps: Sequence[Sweep]
    retention: Retention
    site: web.Application
    socket: AbstractAsyncContextManager[object]

    async def serve_web(self, stop: asyncio.Event) -> None:
        """Listen until `stop`, then finish what is being answered."""
        runner = http_runner(self.site)
        await runner.setup()
        try:
            async with self.socket:
                await self._listen(runner)
                await stop.wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        host, port = self.settings.host, self.settings.port
        try:
            await web.TCPSite(runner, host, port).start()
            log.info("listening", at=f"http://{host}:{port}", public_url=self.settings.public_url)
        except OSError as error:
            raise SettingsError(f"HOST and PORT: {host}:{port} cannot be listened on ({error.strerror})") from error

    async def work(self, stop: asyncio.Event) -> None:
        """Perform tasks and watch builds until `stop`, then finish what is running."""
        _make(self.settings.home)
        if not self.database.is_sqlite:
            await self._work(stop)
            return
        # The embedded database belongs to this machine, so a dead worker's leases need not run out first.
        async with among_workers(self.settings.home, self._release_leases):
            await self._work(stop)

    async def _release_leases(self) -> None:
        await Tasks(self.database).release_all()
        await StoredPointers(self.database).abandon_all(now())

    async def _work(self, stop: asyncio.Event) -> None:
        """A sweep never ends: if one does, of a bug, so does the process."""
        sweeps = [asyncio.create_task(sweep.run(self.worker.wake)) for sweep in self.sweeps]
        others = [*sweeps, asyncio.create_task(self.retention.run()), asyncio.create_task(stop.wait())]
        working = asyncio.create_task(self.worker.run())
        try:
            await asyncio.wait({working, *others}, return_when=asyncio.FIRST_COMPLETED)
            self.worker.stop()
            await working
        finally:
            for task in others:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def _make(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"INTERLOCK_HOME: {home} cannot be made ({error.strerror})") from error
