"""The inbox: deliveries become durable in groups, each group in one commit, before anybody is answered."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import ClassVar, Self

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.clock import now, to_number, to_time
from app.store.database import Database
from app.store.delivery import Delivery, Inbox
from app.store.events import EventLog
from app.store.tables import deliveries
from app.store.upsert import insert_new
from checks.errors import Transient
from checks.events import Event

MOST_IN_A_GROUP = 200


class WebhookReceived(Event, frozen=True, kw_only=True):
    """GitHub delivered something that we have a route for. `lane` keeps what belongs together in order."""

    about: ClassVar[str] = "delivery"
    delivery: str
    lane: str


class GroupCommitInbox(Inbox):
    """While one group is being committed the next one gathers, so that a crowd costs few commits."""

    def __init__(self, database: Database, log: EventLog) -> None:
        self._database = database
        self._log = log
        self._waiting: asyncio.Queue[tuple[Delivery, asyncio.Future[bool]]] = asyncio.Queue()
        self._committer: asyncio.Task[None] | None = None
        self.stored = asyncio.Event()
        """Set after each commit that brought something new."""

    async def __aenter__(self) -> Self:
        self._committer = asyncio.create_task(self._commit_groups())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._committer:
            self._committer.cancel()
            with suppress(asyncio.CancelledError):
                await self._committer
        while not self._waiting.empty():
            _refuse([self._waiting.get_nowait()[1]], Transient("the App is stopping"))

    async def put(self, delivery: Delivery) -> bool:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((delivery, answer))
        return await answer

    async def get(self, guid: str) -> Delivery | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(deliveries).where(deliveries.c.guid == guid))).one_or_none()
        if row is None:
            return None
        return Delivery(
            guid=row.guid,
            event=row.event,
            action=row.action,
            repository_id=row.repository_id,
            installation_id=row.installation_id,
            headers=msgspec.json.decode(row.headers),
            body=row.body,
            received_at=to_time(row.received_at),
        )

    async def replay(self, guid: str) -> bool:
        """Take a stored delivery up once more; False if it is not there."""
        delivery = await self.get(guid)
        if delivery is None:
            return False
        async with self._database.write() as connection:
            await self._log.append(connection, [_received(delivery)], at=now())
        self.stored.set()
        return True

    async def _commit_groups(self) -> None:
        while True:
            group = [await self._waiting.get()]
            while not self._waiting.empty() and len(group) < MOST_IN_A_GROUP:
                group.append(self._waiting.get_nowait())
            await self._commit(group)

    async def _commit(self, group: Sequence[tuple[Delivery, asyncio.Future[bool]]]) -> None:
        try:
            async with self._database.write() as connection:
                new = await self._store(connection, [delivery for delivery, _ in group])
        except asyncio.CancelledError:
            _refuse([answer for _, answer in group], Transient("the App is stopping"))
            raise
        except Exception as error:  # noqa: BLE001  whoever waits has to hear it, whatever it is
            _refuse([answer for _, answer in group], error)
            return
        if new:
            self.stored.set()
        for delivery, answer in group:
            is_new = delivery.guid in new
            new.discard(delivery.guid)  # the same GUID may come twice in one group
            if not answer.done():
                answer.set_result(is_new)

    async def _store(self, connection: AsyncConnection, group: Sequence[Delivery]) -> set[str]:
        """The GUIDs that are new. Three statements for all, as each costs more than the row that it stores."""
        first: dict[str, Delivery] = {}
        for delivery in group:
            first.setdefault(delivery.guid, delivery)
        new = await insert_new(connection, deliveries, [_row(delivery) for delivery in first.values()])
        received = [_received(delivery) for guid, delivery in first.items() if guid in new]
        await self._log.append(connection, received, at=group[-1].received_at)
        return new


def _row(delivery: Delivery) -> dict[str, object]:
    return msgspec.structs.asdict(delivery) | {
        "headers": msgspec.json.encode(delivery.headers).decode(),
        "received_at": to_number(delivery.received_at),
    }


def _refuse(answers: Iterable[asyncio.Future[bool]], error: Exception) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)


def _received(delivery: Delivery) -> WebhookReceived:
    if delivery.repository_id is not None:
        lane = f"repository:{delivery.repository_id}"
    elif delivery.installation_id is not None:
        lane = f"installation:{delivery.installation_id}"
    else:
        lane = f"delivery:{delivery.guid}"
    return WebhookReceived(delivery=delivery.guid, lane=lane)
