"""What the store keeps, put there and read as the App's handlers do it: builds, their moves, and what was told."""

from app.store.builds import StoredBuilds
from app.store.clock import now
from app.store.database import Database
from app.store.events import read_log
from app.store.unit_of_work import UnitOfWork
from checks.build import Build, Moved
from checks.events import Event


async def store(database: Database, *builds: Build) -> None:
    work = UnitOfWork(database, now=now())
    for build in builds:
        StoredBuilds(work).add(build)
    async with database.write() as connection:
        await work.flush(connection)


async def move(database: Database, moved: Moved) -> None:
    work = UnitOfWork(database, now=now())
    builds = StoredBuilds(work)
    await builds.get(moved.build.id)
    builds.save(moved)
    async with database.write() as connection:
        await work.flush(connection)


async def told(database: Database) -> list[Event]:
    """The log of events, the oldest first."""
    async with database.read() as connection:
        return [recorded.event for recorded in await read_log(connection)]
