"""What GitHub shows of each build, as far as we know."""

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import shown_checks
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from checks.ports import Shown, ShownChecks


class StoredShownChecks(ShownChecks):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def get(self, build: str) -> Shown | None:
        async with self._work.read() as connection:
            query = select(shown_checks.c.data).where(shown_checks.c.build_id == build)
            data = (await connection.execute(query)).scalar()
        return None if data is None else msgspec.json.decode(data, type=Shown)

    def save(self, shown: Shown) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {"build_id": shown.build, "data": msgspec.json.encode(shown).decode()}
            await upsert(connection, shown_checks, row)

        self._work.later(write)
