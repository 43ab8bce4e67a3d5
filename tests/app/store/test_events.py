"""The event log: what happened, to what, by whom, because of what."""

from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from app.store import tables
from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog, Recorded, decode, read_event, read_log
from app.store.tasks import Tasks
from checks.events import BuildApproved, BuildCancelled, BuildOutdated, BuildQueued, ButtonPressed, Event
from tests.checks.tellings import pushed


def _nobody(_: Event) -> Sequence[tuple[str, str]]:
    return ()


async def _append(database: Database, *events: Event, cause: Recorded | None = None) -> Sequence[Recorded]:
    async with database.write() as connection:
        await EventLog(_nobody).append(connection, events, at=now(), cause=cause)
        return (await read_log(connection))[-len(events) :]


async def test_a_first_event_is_its_own_correlation(database: Database) -> None:
    [first] = await _append(database, ButtonPressed(build="a", button="approve", by="ana"))

    assert (first.actor, first.cause, first.correlation) == ("ana", "", first.id)
    async with database.read() as connection:
        assert await read_event(connection, first.id) == first


async def test_what_follows_inherits_actor_and_correlation_and_names_its_cause(database: Database) -> None:
    [first] = await _append(database, ButtonPressed(build="a", button="approve", by="ana"))
    [second] = await _append(database, BuildApproved(build="a", sha="4f2a91c"), cause=first)
    [third] = await _append(database, BuildOutdated(build="a", why="enough", by="bo"), cause=second)
    [fourth] = await _append(database, BuildCancelled(build="a", why="enough"), cause=third)

    assert [(each.actor, each.cause, each.correlation) for each in (second, third, fourth)] == [
        ("ana", first.id, first.id),
        ("bo", second.id, first.id),
        ("bo", third.id, first.id),
    ]


async def test_the_log_is_read_by_subject_and_by_correlation_and_ends_with_the_newest(database: Database) -> None:
    [first, _] = await _append(database, BuildQueued(build="a"), BuildQueued(build="b"))
    await _append(database, BuildCancelled(build="a", why="enough"), cause=first)

    async with database.read() as connection:
        of_a = await read_log(connection, subject="build:a")
        correlated = await read_log(connection, correlation=first.id)
        newest = await read_log(connection, limit=1)

    assert [type(each.event).__name__ for each in of_a] == ["BuildQueued", "BuildCancelled"]
    assert correlated == of_a
    assert newest == [of_a[1]]


async def test_every_event_of_ours_survives_the_log(database: Database) -> None:
    event = pushed("a")

    [recorded] = await _append(database, event)

    assert recorded.event == event


def test_fields_that_an_event_has_no_longer_are_left_out() -> None:
    assert decode("BuildQueued", '{"event":"BuildQueued","build":"a","priority":7,"by":"ana"}') == BuildQueued(
        build="a", by="ana"
    )


def test_fields_that_an_event_did_not_have_yet_take_their_defaults() -> None:
    assert decode("BuildOutdated", '{"event":"BuildOutdated","build":"a","why":"enough"}') == BuildOutdated(
        build="a", why="enough"
    )


async def test_events_without_their_tasks_are_never_seen(database: Database) -> None:
    def twice(event: Event) -> Sequence[tuple[str, str]]:
        return [("same", event.subject), ("same", event.subject)]

    with pytest.raises(DBAPIError):
        async with database.write() as connection:
            await EventLog(twice).append(connection, [BuildQueued(build="a")], at=now())

    async with database.read() as connection:
        assert await read_log(connection) == []
    assert await Tasks(database).claim("w", now(), 10) == []


async def test_old_rows_are_read_as_they_were_written(database: Database) -> None:
    [first] = await _append(database, BuildQueued(build="a"))
    async with database.write() as connection:
        old = msgspec.json.encode({"event": "BuildQueued", "build": "a", "gone": {"deep": [1]}}).decode()
        await connection.execute(update(tables.events).values(data=old))
        assert (await connection.execute(select(tables.events.c.data))).scalar() == old

    async with database.read() as connection:
        assert await read_event(connection, first.id) == first


async def test_however_long_the_names_in_a_key_are_its_tasks_wait_for_each_other(database: Database) -> None:
    keys = iter([f"environment:42/{'w' * 100}/{'p' * 100}", f"environment:42/{'w' * 100}/{'p' * 99}q"] * 2)
    log = EventLog(lambda _: [("handler", next(keys))])

    async with database.write() as connection:
        await log.append(connection, [BuildQueued(build=each) for each in "abcd"], at=now())
    claimed = await Tasks(database).claim("worker", now(), 4)

    assert [each.key[:50] for each in claimed] == [f"environment:42/{'w' * 35}"] * 2
    assert claimed[0].key != claimed[1].key
