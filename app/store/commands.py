"""Commands by their id, kept once however often they are sent, and what became of them, from the event log."""

from collections.abc import Callable, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog, read_log
from checks.events import Event
from deploy.command import Command
from deploy.events import CommandEvent, CommandGiven


class CommandShelf:
    """`woke` is called once a command is kept, so that nobody waits for the next tick."""

    def __init__(self, database: Database, event_log: EventLog, woke: Callable[[], None]) -> None:
        self._database = database
        self._log = event_log
        self._woke = woke

    async def give(self, command: Command) -> Command:
        """The command of this id: this one, or the one that was given before."""
        async with self._database.write() as connection:
            if not self._database.is_sqlite:  # which has one writer at a time
                lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 0))")
                await connection.execute(lock, {"subject": f"command:{command.id}"})
            for told in await _story(connection, command.id):
                if isinstance(told, CommandGiven):
                    return told.given
            await self._log.append(
                connection, [CommandGiven(command=command.id, given=command, by=command.by)], at=now()
            )
        self._woke()
        return command

    async def story(self, command: str) -> Sequence[Event]:
        """What was said of it, the oldest first; nothing if there is no such command."""
        async with self._database.read() as connection:
            return await _story(connection, command)


async def _story(connection: AsyncConnection, command: str) -> Sequence[Event]:
    told = await read_log(connection, subject=f"{CommandEvent.about}:{command}")
    return [each.event for each in told]
