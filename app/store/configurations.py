"""Where each repository's versions go, as rows; what somebody wrote is never replaced by what nobody wrote."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.several import rows_of
from app.store.tables import configurations, organisation_files
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from deploy.pipeline import Configuration
from deploy.ports import Configurations


class StoredConfigurations(Configurations):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def get(self, repository: int) -> Configuration | None:
        query = select(configurations.c.data).where(configurations.c.repository_id == repository)
        async with self._work.read() as connection:
            data = (await connection.execute(query)).scalar()
        return None if data is None else msgspec.json.decode(data, type=Configuration)

    async def of(self, repositories: Sequence[int]) -> Mapping[int, Configuration]:
        column = configurations.c.repository_id
        rows = await rows_of(self._work, select(configurations.c.data), column, repositories)
        found = [msgspec.json.decode(row.data, type=Configuration) for row in rows]
        return {each.repository: each for each in found}

    def save(self, configuration: Configuration) -> None:
        async def write(connection: AsyncConnection) -> None:
            await upsert(
                connection,
                configurations,
                {
                    "repository_id": configuration.repository,
                    "written": configuration.written,
                    "data": msgspec.json.encode(configuration).decode(),
                },
            )

        self._work.later(write)

    async def defaults(self, owner: str) -> Mapping[str, str] | None:
        query = select(organisation_files.c.data).where(organisation_files.c.owner == owner)
        async with self._work.read() as connection:
            data = (await connection.execute(query)).scalar()
        return None if data is None else msgspec.json.decode(data, type=dict[str, str])

    def save_defaults(self, owner: str, files: Mapping[str, str]) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {"owner": owner, "data": msgspec.json.encode(files).decode()}
            await upsert(connection, organisation_files, row)

        self._work.later(write)
