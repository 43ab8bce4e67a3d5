"""What one task reads and changes: reads go to the database at once, writes wait for the end of the task."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database

Write = Callable[[AsyncConnection], Awaitable[None]]


class UnitOfWork:
    def __init__(self, database: Database, *, now: datetime, repeated: bool = False) -> None:
        self._database = database
        self._writes: list[Write] = []
        self.now = now
        self.repeated = repeated

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._database.read()

    def later(self, write: Write) -> None:
        """Do this in the transaction that ends the task."""
        self._writes.append(write)

    async def flush(self, connection: AsyncConnection) -> None:
        for write in self._writes:
            await write(connection)
