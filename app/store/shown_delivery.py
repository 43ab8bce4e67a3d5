"""What GitHub shows of delivery on commits and pull requests, as far as we know."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.several import rows_of
from app.store.tables import shown_delivery, trails
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from deploy.check import Shown
from deploy.trail import Trail


class StoredDeliveryChecks:
    """The remembering half of `deploy.ports.DeliveryChecks`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def known(self, check: str) -> Shown | None:
        async with self._work.read() as connection:
            query = select(shown_delivery.c.data).where(shown_delivery.c.external_id == check)
            data = (await connection.execute(query)).scalar()
        return None if data is None else msgspec.json.decode(data, type=Shown)

    def save(self, shown: Shown) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {"external_id": shown.check, "data": msgspec.json.encode(shown).decode()}
            await upsert(connection, shown_delivery, row)

        self._work.later(write)


class StoredTrails:
    """The remembering half of `deploy.ports.Trails`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def known(self, repository: int, pull_request: int) -> Trail | None:
        here = (trails.c.repository_id == repository) & (trails.c.pull_request == pull_request)
        async with self._work.read() as connection:
            data = (await connection.execute(select(trails.c.data).where(here))).scalar()
        return None if data is None else msgspec.json.decode(data, type=Trail)

    async def known_in(self, repositories: Sequence[int], pull_request: int) -> Sequence[Trail]:
        query = select(trails.c.data).where(trails.c.pull_request == pull_request)
        rows = await rows_of(self._work, query, trails.c.repository_id, repositories)
        return [msgspec.json.decode(row.data, type=Trail) for row in rows]

    def save(self, trail: Trail) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {
                "repository_id": trail.repository,
                "pull_request": trail.pull_request,
                "data": msgspec.json.encode(trail).decode(),
            }
            await upsert(connection, trails, row)

        self._work.later(write)
