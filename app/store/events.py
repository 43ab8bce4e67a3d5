"""The event log: append-only, with actor, cause and correlation; every event brings its tasks along."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import tables
from app.store.clock import to_number, to_time
from app.store.ids import new_id
from app.store.tasks import TaskState
from checks.events import Event

LONGEST_KEY = 160
"""Characters that the table has for one."""

FanOut = Callable[[Event], Sequence[tuple[str, str]]]
"""Event -> (handler name, ordering key) of every task that it brings."""


class Recorded(Struct, frozen=True, kw_only=True):
    """An event as the log has it. `correlation` is the first cause of all, `cause` the one before."""

    id: str
    event: Event
    actor: str
    cause: str
    correlation: str
    time: datetime


class EventLog:
    def __init__(self, fan_out: FanOut) -> None:
        self._fan_out = fan_out

    async def append(
        self, connection: AsyncConnection, events: Iterable[Event], *, at: datetime, cause: Recorded | None = None
    ) -> None:
        """Add events and their tasks within the caller's transaction."""
        event_rows: list[dict[str, object]] = []
        task_rows: list[dict[str, object]] = []
        for event in events:
            row = _row(event, at, cause)
            event_rows.append(row)
            task_rows += [
                {
                    "event_id": row["id"],
                    "handler": handler,
                    "key": _fitting(key),
                    "state": TaskState.READY,
                    "run_at": row["time"],
                }
                for handler, key in self._fan_out(event)
            ]
        if event_rows:
            await connection.execute(insert(tables.events), event_rows)
        if task_rows:
            await connection.execute(insert(tables.tasks), task_rows)


async def read_event(connection: AsyncConnection, event_id: str) -> Recorded:
    row = (await connection.execute(select(tables.events).where(tables.events.c.id == event_id))).one()
    return _recorded(row)


async def read_log(
    connection: AsyncConnection, *, subject: str = "", correlation: str = "", limit: int = 100
) -> Sequence[Recorded]:
    """The newest events, oldest first."""
    query = select(tables.events).order_by(tables.events.c.position.desc()).limit(limit)
    if subject:
        query = query.where(tables.events.c.subject == subject)
    if correlation:
        query = query.where(tables.events.c.correlation == correlation)
    rows = (await connection.execute(query)).all()
    return [_recorded(row) for row in reversed(rows)]


def _recorded(row: Row[*tuple[Any, ...]]) -> Recorded:
    return Recorded(
        id=row.id,
        event=decode(row.type, row.data),
        actor=row.actor,
        cause=row.cause,
        correlation=row.correlation,
        time=to_time(row.time),
    )


def decode(name: str, data: str) -> Event:
    """Fields that this type of event has no more are left out."""
    return msgspec.json.decode(data, type=_types()[name])


def _row(event: Event, at: datetime, cause: Recorded | None) -> dict[str, object]:
    event_id = new_id()
    return {
        "id": event_id,
        "type": type(event).__name__,
        "subject": event.subject,
        "data": msgspec.json.encode(event).decode(),
        "actor": event.by or (cause.actor if cause else ""),
        "cause": cause.id if cause else "",
        "correlation": cause.correlation if cause else event_id,
        "time": to_number(at),
    }


def _fitting(key: str) -> str:
    """People may give long names to what keys are made of; different keys stay different."""
    if len(key) <= LONGEST_KEY:
        return key
    digest = sha256(key.encode()).hexdigest()
    return f"{key[: LONGEST_KEY - len(digest) - 1]} {digest}"


def _types() -> Mapping[str, type[Event]]:
    return {known.__name__: known for known in _below(Event)}


def _below(parent: type[Event]) -> Iterator[type[Event]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)
