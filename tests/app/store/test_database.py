"""The connection: addresses that are understood, writes that are whole, trouble that is told as what it is."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from app.store.database import Database, driver_url
from app.store.tables import installations
from checks.errors import Transient


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///interlock.sqlite3", "sqlite+aiosqlite"),
        ("postgresql://ci:secret@db/interlock", "postgresql+asyncpg"),
        ("postgres://ci:secret@db/interlock", "postgresql+asyncpg"),
        ("postgresql+psycopg2://db/interlock", "postgresql+asyncpg"),
    ],
)
def test_the_usual_addresses_get_our_driver(url: str, driver: str) -> None:
    assert driver_url(url).drivername == driver


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "DATABASE_URL is not a database address; write sqlite:///file or postgresql://…"),
        ("my secret", "DATABASE_URL is not a database address; write sqlite:///file or postgresql://…"),
        ("mysql://ci:secret@db/x", "DATABASE_URL names mysql; Interlock knows sqlite and postgresql"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(url: str, message: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as refused:
        driver_url(url)

    assert str(refused.value) == message


async def _account(database: Database, number: int) -> str | None:
    async with database.read() as connection:
        query = select(installations.c.account).where(installations.c.id == number)
        return (await connection.execute(query)).scalar()


async def test_a_write_is_there_when_it_ends(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(installations).values(id=1, account="acme"))

    assert await _account(database, 1) == "acme"


async def test_a_write_that_breaks_leaves_nothing(database: Database) -> None:
    async def breaks() -> None:
        async with database.write() as connection:
            await connection.execute(insert(installations).values(id=1, account="acme"))
            raise KeyError

    with pytest.raises(KeyError):
        await breaks()
    assert await _account(database, 1) is None


async def test_a_write_that_is_cancelled_leaves_nothing_and_holds_up_nobody(database: Database) -> None:
    begun = asyncio.Event()

    async def never_ends() -> None:
        async with database.write() as connection:
            await connection.execute(insert(installations).values(id=1, account="acme"))
            begun.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(never_ends())
    await begun.wait()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)

    async with database.write() as connection:
        await connection.execute(insert(installations).values(id=1, account="zeta"))
    assert await _account(database, 1) == "zeta"


async def test_many_writers_at_once_all_come_through(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.write() as connection:
            await connection.execute(insert(installations).values(id=number, account="acme"))

    await asyncio.gather(*(write(number) for number in range(50)))

    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM installations"))).scalar() == 50


async def test_readers_see_the_state_before_a_write_until_it_ends(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(installations).values(id=1, account="acme"))
        assert await _account(database, 1) is None


async def test_a_wrong_statement_is_a_bug(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.read() as connection:
            await connection.execute(text("SELECT * FROM nowhere"))


async def test_a_server_that_is_away_is_a_matter_of_time() -> None:
    away = Database("postgresql://ci:secret@127.0.0.1:1/interlock")

    with pytest.raises(Transient) as trouble:
        async with away.write():
            pass

    assert "secret" not in str(trouble.value)
    await away.close()


async def test_a_crowd_that_waits_too_long_for_a_connection_tries_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.01)
    holding = [database.engine.connect() for _ in range(20)]
    connections = [await each.start() for each in holding]
    try:
        with pytest.raises(Transient):
            async with database.read():
                pass
    finally:
        for connection in connections:
            await connection.close()


async def test_two_processes_write_to_one_file(tmp_path: Path) -> None:
    """A second object on the same file shares no lock with the first, as another process does not."""
    one, other = (Database(f"sqlite:///{tmp_path}/shared.sqlite3") for _ in range(2))
    async with one.write() as connection:
        await connection.run_sync(installations.create)

    async def write(database: Database, number: int) -> None:
        async with database.write() as connection:
            await connection.execute(insert(installations).values(id=number, account="acme"))

    await asyncio.gather(*(write(database, number) for number, database in enumerate([one, other] * 20)))
    async with one.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM installations"))).scalar() == 40
    await one.close()
    await other.close()
