"""What may go wrong at any moment of a process: it is killed, the other side fails, or the answer is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import LRUCache

from app.store.database import Database
from checks.errors import Transient

_STATEMENTS: LRUCache[Any, Any] = LRUCache(500)
"""Compiled once for all lives: there are thousands of them."""


class Killed(BaseException):
    """SIGKILL: nothing of the process runs after it, whatever it was doing."""


class Process:
    """One life of the App. `kills` and `fails` are chances at each step outside our own code."""

    def __init__(self, random: Random, *, kills: float, fails: float) -> None:
        self.random = random
        self._kills = kills
        self._fails = fails
        self.dead = False

    def step(self) -> None:
        """Between any two things that the world can see the process may be gone."""
        if self.dead or self.random.random() < self._kills:
            self.dead = True
            raise Killed

    def stumble(self, what: str) -> None:
        """The other side is away, or what it answered does not arrive."""
        self.step()
        if self.random.random() < self._fails:
            raise Transient(f"{what} did not answer")


class FragileDatabase(Database):
    """The real database, whose process may be killed before, within and after every transaction."""

    def __init__(self, url: str, process: Process) -> None:
        super().__init__(url)
        self._process = process
        self.engine.sync_engine._compiled_cache = _STATEMENTS
        # A killed process loses nothing that it wrote; only a machine without power does.
        event.listen(self.engine.sync_engine, "connect", lambda link, _: link.execute("PRAGMA synchronous=OFF"))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        self._process.step()
        async with Database.read(self) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        self._process.stumble("the database")
        async with Database.write(self) as connection:
            yield connection
            self._process.step()
        self._process.stumble("the database")
