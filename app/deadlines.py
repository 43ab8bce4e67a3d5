"""The sweep over times that come: deployments that have to be looked at again, and holds that end."""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog
from sqlalchemy import select, update

from app.store.clock import now, to_number
from app.store.database import Database
from app.store.events import EventLog
from app.store.tables import deployments, holds
from checks.errors import Transient
from checks.events import Event
from deploy.events import DeploymentDue, HoldEnded
from deploy.hold import Hold, State

log = structlog.get_logger()

TICK = 0.5
"""Seconds."""
MOST = 200
"""What is told at once; the rest follows with the next tick."""


class Deadlines:
    """Each time that comes is told once: what told it is in the transaction that takes it away."""

    def __init__(self, database: Database, event_log: EventLog) -> None:
        self._database = database
        self._log = event_log

    async def run(self, woke: asyncio.Event) -> None:
        while True:
            try:
                if await self.look():
                    woke.set()
            except Transient as trouble:
                log.warning("deadlines could not be looked at", reason=str(trouble))
            await asyncio.sleep(TICK)

    async def look(self) -> Sequence[Event]:
        """What came since the last look, already stored."""
        at = now()
        if not await self._is_any_due(to_number(at)):
            return ()
        async with self._database.write() as connection:
            due = select(deployments.c.id).where(deployments.c.look_at <= to_number(at)).limit(MOST)
            ids = (await connection.execute(due.order_by(deployments.c.look_at))).scalars().all()
            await connection.execute(update(deployments).where(deployments.c.id.in_(ids)).values(look_at=None))
            over = select(holds.c.data).where(holds.c.state == State.ACTIVE, holds.c.until <= to_number(at))
            ended = [msgspec.json.decode(data, type=Hold) for data in (await connection.execute(over)).scalars()]
            expired = [hold for each in ended if (hold := each.expired(at))]
            for hold in expired:
                row = {"state": hold.state, "data": msgspec.json.encode(hold).decode()}
                await connection.execute(update(holds).where(holds.c.id == hold.id).values(row))
            told: list[Event] = [DeploymentDue(deployment=each) for each in ids]
            told += [HoldEnded(hold=hold.id, scope=hold.scope, why="its time is over") for hold in expired]
            await self._log.append(connection, told, at=at)
        return told

    async def _is_any_due(self, at: int) -> bool:
        async with self._database.read() as connection:
            deployment = select(deployments.c.id).where(deployments.c.look_at <= at).limit(1)
            hold = select(holds.c.id).where(holds.c.state == State.ACTIVE, holds.c.until <= at).limit(1)
            return any([(await connection.execute(each)).first() for each in (deployment, hold)])
