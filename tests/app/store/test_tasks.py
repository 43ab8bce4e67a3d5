"""The queue in the database, over every database."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog
from app.store.tasks import LEASE, LeaseLost, Task, Tasks, TaskState
from checks.events import BuildQueued, Event


def _routes(event: Event) -> Sequence[tuple[str, str]]:
    return [("first", event.subject), ("second", f"other:{event.subject}")]


async def _record(database: Database, *builds: str) -> None:
    async with database.write() as connection:
        await EventLog(_routes).append(connection, [BuildQueued(build=build) for build in builds], at=now())


async def _end(database: Database, task: Task, state: TaskState = TaskState.DONE) -> None:
    async with database.write() as connection:
        await Tasks(database).end(connection, task, state)


async def test_an_event_brings_one_task_for_each_handler(database: Database) -> None:
    await _record(database, "a")

    claimed = await Tasks(database).claim("w", now(), 10)

    assert [(task.handler, task.key, task.attempts) for task in claimed] == [
        ("first", "build:a", 1),
        ("second", "other:build:a", 1),
    ]


async def test_tasks_of_one_key_run_one_at_a_time_in_order(database: Database) -> None:
    await _record(database, "a", "a", "b")
    tasks = Tasks(database)

    first = await tasks.claim("w", now(), 10)
    assert [task.position for task in first if task.key == "build:a"] == [1]
    assert sorted(task.key for task in first) == ["build:a", "build:b", "other:build:a", "other:build:b"]

    assert await tasks.claim("w", now(), 10) == []
    await _end(database, first[0])

    assert [(task.key, task.position) for task in await tasks.claim("w", now(), 10)] == [("build:a", 3)]


async def test_a_task_that_waits_for_its_time_holds_up_its_key(database: Database) -> None:
    await _record(database, "a", "a")
    tasks = Tasks(database)
    [first, _] = await tasks.claim("w", now(), 10)
    async with database.write() as connection:
        await tasks.end(connection, first, TaskState.READY, error="later", run_at=now() + timedelta(hours=1))

    assert [task.key for task in await tasks.claim("w", now(), 10)] == []
    [again] = [task for task in await tasks.claim("w", now() + timedelta(hours=2), 10) if task.key == "build:a"]
    assert (again.position, again.attempts) == (first.position, 2)


async def test_a_dead_letter_holds_nobody_up_and_can_be_driven_again(database: Database) -> None:
    await _record(database, "a", "a")
    tasks = Tasks(database)
    [first, other] = await tasks.claim("w", now(), 10)
    async with database.write() as connection:
        await tasks.end(connection, first, TaskState.DEAD, error="KeyError: 'x'")

    assert [task.key for task in await tasks.claim("w", now(), 10)] == ["build:a"]
    assert [(task.position, task.error) for task in await tasks.troubled()] == [(first.position, "KeyError: 'x'")]
    assert await tasks.drive_again(first.position, now())
    assert not await tasks.drive_again(other.position, now())
    assert await tasks.troubled() == []


async def test_a_killed_workers_task_is_taken_over_when_its_lease_ends(database: Database) -> None:
    await _record(database, "a")
    tasks = Tasks(database)
    [lost, _] = await tasks.claim("killed", now(), 10)

    assert await tasks.claim("heir", now(), 10) == []
    [taken, _] = await tasks.claim("heir", now() + LEASE + timedelta(seconds=1), 10)

    assert (taken.position, taken.attempts, taken.worker) == (lost.position, 2, "heir")
    with pytest.raises(LeaseLost):
        await _end(database, lost)
    await _end(database, taken)


async def test_an_extended_lease_is_not_taken_over(database: Database) -> None:
    await _record(database, "a")
    tasks = Tasks(database)
    await tasks.claim("w", now(), 10)

    await tasks.extend("w", now() + LEASE)

    assert await tasks.claim("heir", now() + LEASE + timedelta(seconds=1), 10) == []


async def test_many_workers_never_run_two_tasks_of_one_key(database: Database) -> None:
    await _record(database, *("abc" * 10))
    tasks = Tasks(database)
    running: set[str] = set()
    order: dict[str, list[int]] = {}

    async def work(worker: str) -> None:
        while claimed := await tasks.claim(worker, now(), 2):
            for task in claimed:
                assert task.key not in running
                running.add(task.key)
                order.setdefault(task.key, []).append(task.position)
            for task in claimed:
                await asyncio.sleep(0)
                running.remove(task.key)
                await _end(database, task)

    while sum(map(len, order.values())) < 60:
        await asyncio.gather(*(work(f"w{number}") for number in range(4)))

    assert {key: len(positions) for key, positions in order.items()} == dict.fromkeys(
        ["build:a", "build:b", "build:c", "other:build:a", "other:build:b", "other:build:c"], 10
    )
    assert all(positions == sorted(positions) for positions in order.values())


async def test_an_earlier_task_that_is_driven_again_and_a_dead_workers_later_one_do_not_block_each_other(
    database: Database,
) -> None:
    await _record(database, "a", "a")
    tasks = Tasks(database)
    [first, _] = await tasks.claim("w", now(), 10)
    await _end(database, first, TaskState.DEAD)
    [second] = await tasks.claim("killed", now(), 10)
    assert await tasks.drive_again(first.position, now())

    later = now() + LEASE + timedelta(seconds=1)
    [heir] = [task for task in await tasks.claim("heir", later, 10) if task.key == "build:a"]
    assert heir.position == second.position
    await _end(database, heir)

    assert [task.position for task in await tasks.claim("heir", later, 10) if task.key == "build:a"] == [first.position]
