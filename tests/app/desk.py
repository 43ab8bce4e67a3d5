"""A worker at its desk: the real one, with one handler that the test gives it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.routing import Switchboard
from app.store import tables
from app.store.clock import now, to_number, to_time
from app.store.database import Database
from app.store.events import EventLog, read_log
from app.store.tasks import Tasks
from app.store.unit_of_work import UnitOfWork
from app.worker import Worker
from checks.events import BuildQueued, BuildStarted, Event

Handle = Callable[[Event, UnitOfWork], Awaitable[Sequence[Event]]]


def _fan_out(event: Event) -> Sequence[tuple[str, str]]:
    return [("handle", event.subject)] if isinstance(event, BuildQueued) else [("ignore", event.subject)]


class Desk:
    """A worker whose one handler is given by the test."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.handle: Handle = nothing
        self.log = EventLog(_fan_out)
        self.tasks = Tasks(database)
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        async def handle(event: Event, work: UnitOfWork) -> Sequence[Event]:
            return await self.handle(event, work)

        routes = Switchboard({"handle": handle, "ignore": nothing})
        return Worker(self.database, self.log, routes)

    async def hear(self, *builds: str) -> None:
        async with self.database.write() as connection:
            await self.log.append(connection, [BuildQueued(build=build) for build in builds], at=now())

    async def events(self) -> list[str]:
        async with self.database.read() as connection:
            return [type(recorded.event).__name__ for recorded in await read_log(connection)]

    async def accounts(self) -> list[str]:
        async with self.database.read() as connection:
            return list((await connection.execute(select(tables.installations.c.account))).scalars())

    async def rows(self) -> list[tuple[str, int, str]]:
        """(state, attempts, error) of every task of the handler."""
        columns = (tables.tasks.c.state, tables.tasks.c.attempts, tables.tasks.c.error)
        query = select(*columns).where(tables.tasks.c.handler == "handle").order_by(tables.tasks.c.position)
        async with self.database.read() as connection:
            return [(row.state, row.attempts, row.error) for row in await connection.execute(query)]

    async def run_at(self) -> Any:
        async with self.database.read() as connection:
            return to_time((await connection.execute(select(tables.tasks.c.run_at))).scalars().first() or 0)

    async def all_due(self) -> None:
        async with self.database.write() as connection:
            await connection.execute(update(tables.tasks).values(run_at=to_number(now()) - 1))


async def nothing(_event: Event, _work: UnitOfWork) -> Sequence[Event]:
    return ()


async def signs(_event: Event, work: UnitOfWork) -> Sequence[Event]:
    """Changes something and says something."""
    work.later(_sign)
    return [BuildStarted(build="a")]


async def _sign(connection: AsyncConnection) -> None:
    await connection.execute(insert(tables.installations).values(id=1, account="acme", lost=""))


def raises(error: BaseException) -> Handle:
    async def handle(event: Event, work: UnitOfWork) -> Sequence[Event]:
        await signs(event, work)
        raise error

    return handle
