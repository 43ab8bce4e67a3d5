"""The messages that stand in channels, what they are to say, and what is broken, as far as people were told."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import matters, notices, posted
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from deploy.channel import Posted
from deploy.matter import Matter
from deploy.notice import Notice


class StoredNotices:
    """`deploy.ports.Notices`. What is to be said and what stands there are rows of their own: who writes the one never
    undoes the other."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def get(self, subject: str) -> Notice | None:
        data = await _data(self._work, notices, notices.c.subject == subject)
        return None if data is None else msgspec.json.decode(data, type=Notice)

    def save(self, notice: Notice) -> None:
        _save(self._work, notices, {"subject": notice.subject}, notice)

    async def posted(self, subject: str) -> Posted | None:
        data = await _data(self._work, posted, posted.c.subject == subject)
        return None if data is None else msgspec.json.decode(data, type=Posted)

    def save_posted(self, subject: str, there: Posted) -> None:
        _save(self._work, posted, {"subject": subject}, there)


class StoredMatters:
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def get(self, name: str) -> Matter:
        data = await _data(self._work, matters, matters.c.name == name)
        return Matter(name=name) if data is None else msgspec.json.decode(data, type=Matter)

    def save(self, matter: Matter) -> None:
        _save(self._work, matters, {"name": matter.name}, matter)


async def _data(work: UnitOfWork, table: Table, here: ColumnElement[bool]) -> Any:
    async with work.read() as connection:
        return (await connection.execute(select(table.c.data).where(here))).scalar()


def _save(work: UnitOfWork, table: Table, key: dict[str, str], noun: msgspec.Struct) -> None:
    async def write(connection: AsyncConnection) -> None:
        await upsert(connection, table, {**key, "data": msgspec.json.encode(noun).decode()})

    work.later(write)
