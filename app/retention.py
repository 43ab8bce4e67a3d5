"""What is old is forgotten: raw deliveries, tasks that are done, and what builds left on this machine.

The event log stays: it is the record of what happened.
"""

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import delete

from app.store.clock import now, to_number
from app.store.database import Database
from app.store.tables import deliveries, tasks
from app.store.tasks import TaskState
from checks.errors import Transient

log = structlog.get_logger()

EVERY = timedelta(hours=1)


class Leftovers(Protocol):
    async def forget(self, older_than: timedelta) -> None:
        """Remove what runs that ended longer ago have left."""
        ...


class Retention:
    def __init__(self, database: Database, runner: Leftovers, *, keep: timedelta) -> None:
        self._database = database
        self._runner = runner
        self._keep = keep

    async def run(self) -> None:
        while True:
            try:
                await self.forget()
            except Transient as trouble:
                log.warning("nothing could be forgotten", reason=str(trouble))
            await asyncio.sleep(EVERY.total_seconds())

    async def forget(self) -> None:
        oldest = to_number(now() - self._keep)
        async with self._database.write() as connection:
            await connection.execute(delete(deliveries).where(deliveries.c.received_at < oldest))
            done = (tasks.c.state == TaskState.DONE) & (tasks.c.run_at < oldest)
            await connection.execute(delete(tasks).where(done))
        await self._runner.forget(self._keep)
