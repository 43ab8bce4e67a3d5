"""Holds as rows, found by what they cover."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.clock import to_number
from app.store.tables import holds
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from checks.errors import Permanent
from deploy.hold import Hold, State
from deploy.ports import Holds


class StoredHolds(Holds):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def covering(self, place: str) -> Sequence[Hold]:
        parts = place.split("/")
        scopes = ["", *("/".join(parts[: length + 1]) for length in range(len(parts)))]
        query = select(holds.c.data).where(holds.c.state == State.ACTIVE, holds.c.scope.in_(scopes))
        async with self._work.read() as connection:
            rows = (await connection.execute(query.order_by(holds.c.id))).scalars()
            return [msgspec.json.decode(data, type=Hold) for data in rows]

    async def all(self) -> Sequence[Hold]:
        query = select(holds.c.data).where(holds.c.state == State.ACTIVE).order_by(holds.c.id)
        async with self._work.read() as connection:
            return [msgspec.json.decode(data, type=Hold) for data in (await connection.execute(query)).scalars()]

    async def get(self, hold: str) -> Hold:
        async with self._work.read() as connection:
            data = (await connection.execute(select(holds.c.data).where(holds.c.id == hold))).scalar()
        if data is None:
            raise Permanent(f"there is no hold {hold}")
        return msgspec.json.decode(data, type=Hold)

    def save(self, hold: Hold) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {
                "id": hold.id,
                "scope": hold.scope,
                "state": hold.state,
                "until": to_number(hold.until) if hold.until else None,
                "data": msgspec.json.encode(hold).decode(),
            }
            await upsert(connection, holds, row)

        self._work.later(write)
