"""Task → handler → state, events and tasks in one commit; retries, refusals and dead letters."""

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from app.routing import Switchboard
from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog, Recorded, read_event
from app.store.tasks import LEASE, LeaseLost, Task, Tasks, TaskState
from app.store.unit_of_work import UnitOfWork
from checks.errors import Permanent, Transient
from checks.events import Event

log = structlog.get_logger()

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
MOST_ATTEMPTS = 300
"""At the longest wait this is about a day of trouble before a person has to look."""

IDLE = 0.5
"""Seconds after which a worker looks for work that nobody woke it for."""


class Worker:
    """Runs up to `width` tasks at once; several workers may share one database."""

    def __init__(
        self,
        database: Database,
        event_log: EventLog,
        routes: Switchboard,
        *,
        width: int = 8,
        wake: asyncio.Event | None = None,
    ) -> None:
        """`wake` is set by whoever knows of new work; without it work is found a little later."""
        self._database = database
        self._log = event_log
        self._routes = routes
        self._tasks = Tasks(database)
        self._width = width
        self._running: dict[asyncio.Task[None], Task] = {}
        self._stopping = asyncio.Event()
        self.name = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.wake = wake or asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`; then let what runs come to its end."""
        heart = asyncio.create_task(self._extend_leases())
        try:
            while not self._stopping.is_set():
                await self._round()
            await self._finish_running()
        finally:
            heart.cancel()
            with suppress(asyncio.CancelledError):
                await heart

    def stop(self) -> None:
        self._stopping.set()
        self.wake.set()

    async def drain(self) -> None:
        """Run every task that is due now, and what follows from it, until nothing is."""
        while claimed := await self._tasks.claim(self.name, now(), self._width):
            await asyncio.gather(*(self._perform(task) for task in claimed))

    async def _round(self) -> None:
        self.wake.clear()
        room = self._width - len(self._running)
        claimed = await self._claim(room) if room else []
        for task in claimed:
            running = asyncio.create_task(self._perform(task))
            self._running[running] = task
            running.add_done_callback(self._ended)
        if not claimed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), IDLE)

    async def _claim(self, room: int) -> Sequence[Task]:
        try:
            return await self._tasks.claim(self.name, now(), room)
        except Transient as trouble:
            log.warning("the database is out of reach", error=str(trouble))
            return []

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._running.pop(running, None)
        self.wake.set()

    async def _finish_running(self) -> None:
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=LEASE.total_seconds() / 2)
            for running in late:
                running.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _extend_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with suppress(Transient):
                await self._tasks.extend(self.name, now())

    async def _perform(self, task: Task) -> None:
        with structlog.contextvars.bound_contextvars(task=task.position, handler=task.handler, key=task.key):
            try:
                await self._handle(task)
            except Transient as trouble:
                await self._postpone(task, trouble)
            except Permanent as refusal:
                log.warning("refused", reason=str(refusal))
                await self._end(task, TaskState.REFUSED, str(refusal))
            except LeaseLost as lost:
                log.warning("lease lost", reason=str(lost))
            except asyncio.CancelledError:
                await self._end(task, TaskState.READY, "")
                raise
            except Exception as bug:
                log.exception("dead letter")
                sentence = f"{type(bug).__name__}: {bug}".replace("\0", "\N{REPLACEMENT CHARACTER}")
                await self._end(task, TaskState.DEAD, sentence)

    async def _handle(self, task: Task) -> None:
        work = UnitOfWork(self._database, now=now(), repeated=task.attempts > 1)
        async with work.read() as connection:
            cause = await read_event(connection, task.event_id)
        with structlog.contextvars.bound_contextvars(event=cause.id, correlation=cause.correlation):
            follows = await self._routes.call(task.handler, cause.event, work)
            await self._commit(task, work, cause, follows)
        log.debug("done", follows=[type(event).__name__ for event in follows])

    async def _commit(self, task: Task, work: UnitOfWork, cause: Recorded, follows: Sequence[Event]) -> None:
        async with self._database.write() as connection:
            await self._tasks.end(connection, task, TaskState.DONE)
            await work.flush(connection)
            await self._log.append(connection, follows, at=work.now, cause=cause)
        if follows:
            self.wake.set()

    async def _postpone(self, task: Task, trouble: Transient) -> None:
        if task.attempts >= MOST_ATTEMPTS:
            await self._end(task, TaskState.DEAD, str(trouble))
            return
        run_at = now() + wait_after(task.attempts)
        if trouble.not_before:
            run_at = max(run_at, trouble.not_before)
        log.info("tried again later", reason=str(trouble), run_at=run_at.isoformat(), attempts=task.attempts)
        await self._end(task, TaskState.READY, str(trouble), run_at)

    async def _end(self, task: Task, state: TaskState, error: str, run_at: datetime | None = None) -> None:
        """Whatever goes wrong here is repaired by the lease, which runs out."""
        with suppress(LeaseLost, Transient):
            async with self._database.write() as connection:
                await self._tasks.end(connection, task, state, error=error, run_at=run_at)


def wait_after(attempts: int) -> timedelta:
    """Twice as long each time up to the longest wait, with full jitter above half of it."""
    longest = min(FIRST_WAIT * 2.0 ** min(attempts - 1, 20), LONGEST_WAIT)
    jitter = random.uniform(0.5, 1.0)  # noqa: S311  not a secret
    return longest * jitter
