"""What each environment has and who may write into it, changed at once: a lease counts before anything is written."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import select, update

from app.store.database import Database
from app.store.tables import pointers
from app.store.upsert import insert_if_new
from checks.errors import Transient
from deploy.pointer import Pointer
from deploy.ports import Pointers

MOST_TRIES = 10


class StoredPointers(Pointers):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, place: str) -> Pointer:
        return (await self._read(place))[1]

    async def change(self, place: str, move: Callable[[Pointer], Pointer | None]) -> Pointer | None:
        for _ in range(MOST_TRIES):
            changes, pointer = await self._read(place)
            moved = move(pointer)
            if moved is None:
                return None
            if await self._replace(place, changes, moved):
                return moved
        raise Transient(f"many want to change {place} at once")

    async def abandon_all(self, now: datetime) -> None:
        """End every lease as soon as that is safe: only right when it is certain that no worker lives."""
        async with self._database.read() as connection:
            places = (await connection.execute(select(pointers.c.place))).scalars().all()
        for place in places:
            await self.change(place, lambda pointer: pointer.abandoned(now))

    async def _read(self, place: str) -> tuple[int, Pointer]:
        query = select(pointers.c.changes, pointers.c.data).where(pointers.c.place == place)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return 0, Pointer(environment=place)
        return row.changes, msgspec.json.decode(row.data, type=Pointer)

    async def _replace(self, place: str, changes: int, moved: Pointer) -> bool:
        """False if somebody was faster."""
        row = {"place": place, "changes": changes + 1, "data": msgspec.json.encode(moved).decode()}
        async with self._database.write() as connection:
            if not changes:
                return await insert_if_new(connection, pointers, row)
            where = (pointers.c.place == place) & (pointers.c.changes == changes)
            return (await connection.execute(update(pointers).where(where).values(row))).rowcount == 1
