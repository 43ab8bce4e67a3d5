"""Repositories as they are called now, and the installations that let the App see them."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database
from app.store.tables import installations, repositories
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import insert_if_new, upsert
from checks.errors import Permanent
from checks.ports import Repositories
from checks.repository import Repository

IN_SIGHT = "archived"
"""The loss after which we still hear of a repository."""


class StoredRepositories(Repositories):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def get(self, repository: int) -> Repository:
        async with self._work.read() as connection:
            query = select(repositories).where(repositories.c.id == repository)
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise Permanent(f"repository {repository} is not known")
        if row.lost:
            raise Permanent(f"{row.full_name} is out of reach: {row.lost}")
        return msgspec.json.decode(row.data, type=Repository)

    async def named(self, full_name: str) -> Repository | None:
        """By the name that it has now, however it is capitalised."""
        query = select(repositories.c.data).where(
            func.lower(repositories.c.full_name) == full_name.lower(), repositories.c.lost == ""
        )
        async with self._work.read() as connection:
            data = (await connection.execute(query.order_by(repositories.c.id.desc()))).scalar()
        return None if data is None else msgspec.json.decode(data, type=Repository)

    def save(self, repository: Repository) -> None:
        async def write(connection: AsyncConnection) -> None:
            query = select(repositories.c.data).where(repositories.c.id == repository.id)
            data = (await connection.execute(query)).scalar()
            now = repository if data is None else repository.completed_by(msgspec.json.decode(data, type=Repository))
            row = {
                "id": now.id,
                "installation_id": now.installation,
                "full_name": now.full_name,
                "lost": "",
                "data": msgspec.json.encode(now).decode(),
            }
            await upsert(connection, repositories, row)

        self._work.later(write)

    def lose(self, repository: int, reason: str) -> None:
        """Out of our sight it may become private unheard, so it counts as private until we hear of it again."""

        async def write(connection: AsyncConnection) -> None:
            mine = repositories.c.id == repository
            data = (await connection.execute(select(repositories.c.data).where(mine))).scalar()
            if data is not None:
                found = msgspec.json.decode(data, type=Repository)
                now = found if reason == IN_SIGHT else replace(found, private=True)
                row = {"lost": reason, "data": msgspec.json.encode(now).decode()}
                await connection.execute(update(repositories).where(mine).values(row))

        self._work.later(write)

    def gain_installation(self, installation: int, account: str) -> None:
        async def write(connection: AsyncConnection) -> None:
            reason = select(installations.c.lost).where(installations.c.id == installation).scalar_subquery()
            found_again = (repositories.c.installation_id == installation) & (repositories.c.lost == reason)
            await connection.execute(update(repositories).where(found_again).values(lost=""))
            await upsert(connection, installations, {"id": installation, "account": account, "lost": ""})

        self._work.later(write)

    def lose_installation(self, installation: int, reason: str) -> None:
        async def write(connection: AsyncConnection) -> None:
            await insert_if_new(connection, installations, {"id": installation, "account": "", "lost": reason})
            mine = installations.c.id == installation
            await connection.execute(update(installations).where(mine).values(lost=reason))

        self._work.later(write)

    async def of_installation(self, installation: int) -> Sequence[int]:
        """Those that it still lets us see: what was lost before has a reason of its own."""
        within = (repositories.c.installation_id == installation) & (repositories.c.lost == "")
        query = select(repositories.c.id).where(within).order_by(repositories.c.id)
        async with self._work.read() as connection:
            return (await connection.execute(query)).scalars().all()


class RepositoryShelf:
    """Repositories for those who only look, also those that are out of reach."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, repository: int) -> Repository | None:
        query = select(repositories.c.data).where(repositories.c.id == repository)
        async with self._database.read() as connection:
            data = (await connection.execute(query)).scalar()
        return None if data is None else msgspec.json.decode(data, type=Repository)

    async def names(self) -> Sequence[str]:
        """Those that the App can see now."""
        query = select(repositories.c.full_name).where(repositories.c.lost == "").order_by(repositories.c.full_name)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalars().all()

    async def all(self) -> Sequence[Repository]:
        """Those that the App can act on now."""
        query = select(repositories.c.data).where(repositories.c.lost == "").order_by(repositories.c.full_name)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).scalars().all()
        return [msgspec.json.decode(data, type=Repository) for data in found]
