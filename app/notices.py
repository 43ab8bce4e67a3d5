"""What AWS tells of builds by itself, from a queue: kept first, then deleted there."""

import asyncio
from collections.abc import Sequence

import structlog

from app.aws.notification import NotForUs, translate
from app.aws.queue import Message, Queue
from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog
from checks.errors import Permanent, Transient
from checks.events import RunNoticed

log = structlog.get_logger()

PAUSE = 5.0
"""Seconds until a queue that could not be read is tried again; running builds are looked at meanwhile."""


class NoticeKeeper:
    """Makes notices events of ours. A notice twice is an event twice, and the second changes nothing."""

    def __init__(self, database: Database, event_log: EventLog) -> None:
        self._database = database
        self._log = event_log

    async def keep(self, notices: Sequence[RunNoticed]) -> None:
        if notices:
            async with self._database.write() as connection:
                await self._log.append(connection, notices, at=now())


class NoticeQueue:
    def __init__(self, queue: Queue, keeper: NoticeKeeper) -> None:
        self._queue = queue
        self._keeper = keeper

    async def run(self, woke: asyncio.Event) -> None:
        """Listen for good; `woke` is set when there is news."""
        while True:
            try:
                if await self.hear():
                    woke.set()
            except Transient as trouble:
                log.warning("notices of builds could not be heard", reason=str(trouble))
                await asyncio.sleep(PAUSE)

    async def hear(self) -> int:
        """One poll: how many notices were for us. What cannot be read stays, and ends in the dead-letter queue."""
        messages = await self._queue.receive()
        read = [(message, said) for message in messages if (said := _read(message)) is not None]
        notices = [said for _, said in read if isinstance(said, RunNoticed)]
        await self._keeper.keep(notices)
        await self._queue.delete([message for message, _ in read])
        return len(notices)


def _read(message: Message) -> RunNoticed | NotForUs | None:
    try:
        return translate(message.body.encode())
    except Permanent as garbage:
        log.warning("a message in the queue of notices cannot be read", reason=str(garbage))
        return None
