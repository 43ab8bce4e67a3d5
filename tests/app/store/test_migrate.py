"""Migrations: harmless to repeat, safe at once, and never behind the tables."""

import asyncio
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from app.store.database import Database
from app.store.migrate import is_current, migrate
from app.store.tables import metadata
from tests.conftest import _new_database

MIGRATE = """
import asyncio, sys
from app.store.database import Database
from app.store.migrate import is_current, migrate

async def main():
    database = Database(sys.argv[1])
    await migrate(database)
    await database.close()

asyncio.run(main())
"""


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO installations (id, account, lost) VALUES (7, 'acme', '')"))

    await migrate(database)

    async with database.read() as connection:
        assert (await connection.execute(text("SELECT account FROM installations"))).scalar() == "acme"
        assert await connection.run_sync(_differences) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_two_processes_may_migrate_at_once(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    if kind == "postgresql":
        url = await _new_database(request.getfixturevalue("postgres"))

    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, url, stderr=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    said = [(await process.communicate())[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [0, 0], said
    database = Database(url)
    async with database.read() as connection:
        assert await connection.run_sync(_differences) == []
        assert (await connection.execute(text("SELECT count(*) FROM alembic_version"))).scalar() == 1
    await database.close()


async def test_a_database_is_current_once_it_is_migrated(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.sqlite3")
    assert not await is_current(database)

    await migrate(database)

    assert await is_current(database)
    await database.close()
