"""Insert or replace a row, in the dialect of the connection."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def upsert(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    keys = [column.name for column in table.primary_key]
    statement = _insert(connection, table).values(row)
    kept = {name: statement.excluded[name] for name in row if name not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=kept))


async def insert_if_new(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> bool:
    """False if a row with this primary key is there already."""
    result = await connection.execute(_insert(connection, table).values(row).on_conflict_do_nothing())
    return result.rowcount == 1


async def insert_new(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> set[Any]:
    """Insert many rows at once but those whose primary key, of one column, is there already; returns the new keys."""
    statement = _insert(connection, table).on_conflict_do_nothing().returning(*table.primary_key)
    return set((await connection.execute(statement, rows)).scalars())


def _insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
