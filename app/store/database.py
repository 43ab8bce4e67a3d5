"""The connection to SQLite or PostgreSQL: short reads, and writes that are one transaction each."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from checks.errors import Transient

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

_UNUSABLE = re.compile(
    "unable to open database file|file is not a database|readonly database|disk image is malformed"
    '|password authentication failed|permission denied|(database|role) ".*" does not exist'
)


class Unusable(Exception):
    """What DATABASE_URL names is there, and no database that can be worked with; the message says why."""


class Database:
    """SQLite has one writer at a time, so writers queue here instead of spinning in its busy handler."""

    def __init__(self, url: str) -> None:
        self.url = driver_url(url)
        self.engine = create_async_engine(self.url, pool_pre_ping=not self.is_sqlite, pool_size=10, max_overflow=10)
        self._writer = asyncio.Lock()
        if self.is_sqlite:
            if self.url.database:
                _make(Path(self.url.database))
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view; nothing is kept."""
        with _told_as_transient():
            async with self.engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """All or nothing, durable when the block ends without an exception."""
        async with self._turn():
            with _told_as_transient():
                async with self.engine.connect() as connection:
                    await connection.execution_options(immediate=True)
                    async with connection.begin():
                        yield connection

    async def close(self) -> None:
        await self.engine.dispose()

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return self._writer if self.is_sqlite else nullcontext()


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # it holds what GitHub says of private repositories
    except OSError as error:
        raise ValueError(f"DATABASE_URL: {path} cannot be used ({error.strerror})") from error


def driver_url(url: str) -> URL:
    """`sqlite:///file` or `postgresql://…` with the driver that we use; ValueError names what is wrong."""
    try:
        parsed = make_url(url)
    except Exception as error:
        raise ValueError("DATABASE_URL is not a database address; write sqlite:///file or postgresql://…") from error
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise ValueError(f"DATABASE_URL names {parsed.get_backend_name()}; Interlock knows sqlite and postgresql")
    return parsed.set(drivername=driver)


class _told_as_transient:  # noqa: N801  used as a context manager, read as a phrase
    """A database that is away or busy is a matter of time; a wrong statement is a bug."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError | NoConnectionFree) or (isinstance(error, DBAPIError) and _is_passing(error)):
            raise Transient(
                f"the database did not answer ({type(error).__name__}): is it running where DATABASE_URL says?"
            ) from error
        if isinstance(error, DBAPIError) and (reason := _unusable(error)):
            raise Unusable(f"DATABASE_URL: the database cannot be used: {reason}") from error


def _is_passing(error: DBAPIError) -> bool:
    text = str(error.orig).lower()
    return error.connection_invalidated or "locked" in text or "deadlock" in text or "serializ" in text


def _unusable(error: DBAPIError) -> str:
    """The complaint about the database as such, if it is one; the driver's begins with the name of its class."""
    complaint = re.sub(r"^<class '[^']*'>: ", "", str(error.orig))
    return complaint if _UNUSABLE.search(complaint) else ""


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that turns into a write fails when another writer was faster.
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
