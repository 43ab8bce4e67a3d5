"""Repositories as they are called now, and the installations that let the App see them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import installations, repositories
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from checks.errors import Permanent
from checks.ports import Repositories
from checks.repository import Repository


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

    def save(self, repository: Repository) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {
                "id": repository.id,
                "installation_id": repository.installation,
                "full_name": repository.full_name,
                "lost": "",
                "data": msgspec.json.encode(repository).decode(),
            }
            await upsert(connection, repositories, row)

        self._work.later(write)

    def lose(self, repository: int, reason: str) -> None:
        async def write(connection: AsyncConnection) -> None:
            await connection.execute(update(repositories).where(repositories.c.id == repository).values(lost=reason))

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
            mine = installations.c.id == installation
            await connection.execute(update(installations).where(mine).values(lost=reason))

        self._work.later(write)

    async def of_installation(self, installation: int) -> Sequence[int]:
        query = select(repositories.c.id).where(repositories.c.installation_id == installation)
        async with self._work.read() as connection:
            return (await connection.execute(query)).scalars().all()
