"""The worker at work: what runs at once, what in order, and how it stops."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from app.store.database import Database
from app.store.unit_of_work import UnitOfWork
from checks.errors import Transient
from checks.events import Event
from tests.app.desk import Desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


class Gate:
    """Handlers that wait inside until they are let go."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.entered = asyncio.Condition()
        self.open = asyncio.Event()

    async def handle(self, event: Event, _work: UnitOfWork) -> Sequence[Event]:
        async with self.entered:
            self.inside.append(event.subject)
            self.entered.notify_all()
        await self.open.wait()
        return ()

    async def until(self, number: int) -> None:
        async with self.entered:
            await self.entered.wait_for(lambda: len(self.inside) >= number)


async def test_different_keys_run_at_once_and_one_key_in_order(desk: Desk) -> None:
    gate = Gate()
    desk.handle = gate.handle
    await desk.hear("a", "a", "b", "c")
    working = asyncio.create_task(desk.worker.run())

    await gate.until(3)
    assert sorted(gate.inside) == ["build:a", "build:b", "build:c"]
    gate.open.set()
    await gate.until(4)
    assert gate.inside[3] == "build:a"

    desk.worker.stop()
    await working


async def test_a_stop_waits_for_what_is_running_and_begins_nothing(desk: Desk) -> None:
    gate = Gate()
    desk.handle = gate.handle
    await desk.hear("a", "a")
    working = asyncio.create_task(desk.worker.run())
    await gate.until(1)

    desk.worker.stop()
    await asyncio.sleep(0)
    assert not working.done()
    gate.open.set()
    await working

    assert [row[0] for row in await desk.rows()] == ["done", "ready"]


async def test_a_task_that_is_cancelled_is_ready_for_the_next_worker(desk: Desk) -> None:
    gate = Gate()
    desk.handle = gate.handle
    await desk.hear("a")
    draining = asyncio.create_task(desk.worker.drain())
    await gate.until(1)

    draining.cancel()
    with suppress(asyncio.CancelledError):
        await draining
    assert await desk.rows() == [("ready", 1, "")]

    gate.open.set()
    await desk.new_worker().drain()
    assert await desk.rows() == [("done", 2, "")]


async def test_a_worker_that_is_woken_finds_the_work(desk: Desk) -> None:
    gate = Gate()
    desk.handle = gate.handle
    gate.open.set()
    working = asyncio.create_task(desk.worker.run())

    await desk.hear("a")
    desk.worker.wake.set()
    await gate.until(1)

    desk.worker.stop()
    await working
    assert await desk.rows() == [("done", 1, "")]


async def test_a_database_that_comes_back_is_worked_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    desk.handle = gate.handle
    gate.open.set()
    await desk.hear("a")
    claim, refused = desk.worker._tasks.claim, asyncio.Event()

    async def away(*_: object) -> Any:
        refused.set()
        raise Transient("the database did not answer")

    monkeypatch.setattr(desk.worker._tasks, "claim", away)
    working = asyncio.create_task(desk.worker.run())
    await refused.wait()
    monkeypatch.setattr(desk.worker._tasks, "claim", claim)
    desk.worker.wake.set()
    await gate.until(1)

    desk.worker.stop()
    await working


async def test_two_workers_share_the_work_and_do_each_task_once(desk: Desk) -> None:
    done: list[str] = []

    async def handle(event: Event, _work: UnitOfWork) -> Sequence[Event]:
        done.append(event.subject)
        await asyncio.sleep(0)
        return ()

    desk.handle = handle
    builds = [f"b{number % 7}" for number in range(40)]
    await desk.hear(*builds)

    while await desk.tasks.next_due():
        await asyncio.gather(desk.worker.drain(), desk.new_worker().drain())

    assert sorted(done) == sorted(f"build:{build}" for build in builds)
    assert await desk.rows() == [("done", 1, "")] * 40
