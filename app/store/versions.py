"""Versions as rows, one for the same contents."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.clock import to_number
from app.store.several import rows_of
from app.store.tables import versions
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import insert_if_new
from deploy.ports import Versions
from deploy.version import Version

SHORTEST = 4
"""Digits of a commit that are worth looking for."""


class StoredVersions(Versions):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def add(self, version: Version) -> bool:
        async with self._work.read() as connection:
            if (await connection.execute(select(versions.c.id).where(versions.c.id == version.id))).scalar():
                return False
        row = {
            "id": version.id,
            "repository_id": version.repository,
            "sha": version.sha,
            "registered_at": to_number(self._work.now),
            "data": msgspec.json.encode(version).decode(),
        }

        async def write(connection: AsyncConnection) -> None:
            await insert_if_new(connection, versions, row)

        self._work.later(write)
        return True

    async def named(self, repository: int, name: str) -> Sequence[Version]:
        return await self.named_in([repository], name)

    async def named_in(self, repositories: Sequence[int], name: str) -> Sequence[Version]:
        is_named = versions.c.id == name
        if len(name) >= SHORTEST:
            is_named |= versions.c.sha.startswith(name.lower(), autoescape=True)
        newest = versions.c.registered_at.desc(), versions.c.id
        query = select(versions.c.data).where(is_named).order_by(*newest)
        rows = await rows_of(self._work, query, versions.c.repository_id, repositories)
        return [msgspec.json.decode(row.data, type=Version) for row in rows]
