"""Insert or replace a row, in the dialect of the connection."""

from collections.abc import Mapping
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


def _insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
