"""Artifacts by their contents, and the regions where each was found."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.clock import to_number
from app.store.tables import artifact_regions, artifacts
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import insert_if_new
from checks.errors import Permanent
from deploy.artifact import Artifact
from deploy.ports import Artifacts


class StoredArtifacts(Artifacts):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def get(self, artifact: str) -> Artifact:
        found = await self._find(artifact)
        if found is None:
            raise Permanent(f"there is no artifact {artifact}")
        return found

    async def add(self, artifact: Artifact) -> bool:
        if await self._find(artifact.id):
            return False
        row = {
            "id": artifact.id,
            "repository_id": artifact.repository,
            "sha": artifact.sha,
            "data": msgspec.json.encode(artifact).decode(),
        }

        async def write(connection: AsyncConnection) -> None:
            await insert_if_new(connection, artifacts, row)

        self._work.later(write)
        return True

    async def of_commit(self, repository: int, sha: str) -> Sequence[Artifact]:
        where = (artifacts.c.repository_id == repository) & (artifacts.c.sha == sha)
        async with self._work.read() as connection:
            rows = (await connection.execute(select(artifacts.c.data).where(where))).scalars()
            return [msgspec.json.decode(data, type=Artifact) for data in rows]

    async def regions_of(self, artifact: str) -> frozenset[str]:
        query = select(artifact_regions.c.region).where(artifact_regions.c.artifact_id == artifact)
        async with self._work.read() as connection:
            return frozenset((await connection.execute(query)).scalars())

    def make_available(self, artifact: str, region: str) -> None:
        row = {"artifact_id": artifact, "region": region, "found_at": to_number(self._work.now)}

        async def write(connection: AsyncConnection) -> None:
            await insert_if_new(connection, artifact_regions, row)

        self._work.later(write)

    async def _find(self, artifact: str) -> Artifact | None:
        async with self._work.read() as connection:
            query = select(artifacts.c.data).where(artifacts.c.id == artifact)
            data = (await connection.execute(query)).scalar()
        return None if data is None else msgspec.json.decode(data, type=Artifact)
