"""The worker over every database: state, events, tasks and the end of a task in one commit, or nothing of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.routing import Bound, Switchboard
from app.store import tables
from app.store.clock import now, to_number, to_time
from app.store.database import Database
from app.store.events import EventLog, read_log
from app.store.tasks import LEASE, Tasks, TaskState
from app.store.unit_of_work import UnitOfWork
from app.worker import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS, Worker, wait_after
from checks.errors import Permanent, Transient
from checks.events import BuildQueued, BuildStarted, Event

Handle = Callable[[Event, UnitOfWork], Awaitable[Sequence[Event]]]


def _fan_out(event: Event) -> Sequence[tuple[str, str]]:
    return [("handle", event.subject)] if isinstance(event, BuildQueued) else [("ignore", event.subject)]


class Desk:
    """A worker whose one handler is given by the test."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.handle: Handle = _nothing
        self.log = EventLog(_fan_out)
        self.tasks = Tasks(database)
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        async def call(name: str, event: Event, work: UnitOfWork) -> Sequence[Event]:
            return () if name == "ignore" else await self.handle(event, work)

        routes = Switchboard(Bound(frozenset({"handle", "ignore"}), call))
        return Worker(self.database, self.log, routes)

    async def hear(self, *builds: str) -> None:
        async with self.database.write() as connection:
            await self.log.append(connection, [BuildQueued(build=build) for build in builds], at=now())

    async def events(self) -> list[str]:
        async with self.database.read() as connection:
            return [type(recorded.event).__name__ for _, recorded in await read_log(connection)]

    async def accounts(self) -> list[str]:
        async with self.database.read() as connection:
            return list((await connection.execute(select(tables.installations.c.account))).scalars())

    async def rows(self) -> list[tuple[str, int, str]]:
        """(state, attempts, error) of every task of the handler."""
        columns = (tables.tasks.c.state, tables.tasks.c.attempts, tables.tasks.c.error)
        query = select(*columns).where(tables.tasks.c.handler == "handle").order_by(tables.tasks.c.position)
        async with self.database.read() as connection:
            return [(row.state, row.attempts, row.error) for row in await connection.execute(query)]

    async def run_at(self) -> Any:
        async with self.database.read() as connection:
            return to_time((await connection.execute(select(tables.tasks.c.run_at))).scalars().first() or 0)

    async def all_due(self) -> None:
        async with self.database.write() as connection:
            await connection.execute(update(tables.tasks).values(run_at=to_number(now()) - 1))


async def _nothing(_event: Event, _work: UnitOfWork) -> Sequence[Event]:
    return ()


async def _signs(_event: Event, work: UnitOfWork) -> Sequence[Event]:
    """Changes something and says something."""
    work.later(_sign)
    return [BuildStarted(build="a")]


async def _sign(connection: AsyncConnection) -> None:
    await connection.execute(insert(tables.installations).values(id=1, account="acme", lost=""))


def _raises(error: BaseException) -> Handle:
    async def handle(event: Event, work: UnitOfWork) -> Sequence[Event]:
        await _signs(event, work)
        raise error

    return handle


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


# --- one commit --------------------------------------------------------------------------------


async def test_state_events_tasks_and_the_end_of_the_task_come_together(desk: Desk) -> None:
    desk.handle = _signs
    await desk.hear("a")

    await desk.worker.drain()

    assert await desk.accounts() == ["acme"]
    assert await desk.events() == ["BuildQueued", "BuildStarted"]
    assert await desk.rows() == [("done", 1, "")]


@pytest.mark.parametrize(
    ("error", "row"),
    [
        (Transient("GitHub is away"), ("ready", 1, "GitHub is away")),
        (Permanent("@eve has no write access"), ("refused", 1, "@eve has no write access")),
        (KeyError("x"), ("dead", 1, "KeyError: 'x'")),
        (ValueError("a\x00b"), ("dead", 1, "ValueError: a\N{REPLACEMENT CHARACTER}b")),
    ],
)
async def test_a_handler_that_raises_leaves_nothing_but_its_reason(
    desk: Desk, error: Exception, row: tuple[str, int, str]
) -> None:
    desk.handle = _raises(error)
    await desk.hear("a")

    await desk.worker.drain()

    assert (await desk.accounts(), await desk.events()) == ([], ["BuildQueued"])
    assert await desk.rows() == [row]


@pytest.mark.parametrize(("error", "state"), [(Transient("changed meanwhile"), "ready"), (KeyError("x"), "dead")])
async def test_a_commit_that_fails_leaves_nothing(desk: Desk, error: Exception, state: str) -> None:
    async def broken(_connection: AsyncConnection) -> None:
        raise error

    async def handle(event: Event, work: UnitOfWork) -> Sequence[Event]:
        follows = await _signs(event, work)
        work.later(broken)
        return follows

    desk.handle = handle
    await desk.hear("a")

    await desk.worker.drain()

    assert (await desk.accounts(), await desk.events()) == ([], ["BuildQueued"])
    assert [row[0] for row in await desk.rows()] == [state]


async def test_an_answer_that_is_lost_after_the_commit_does_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = desk.database.write

    async def handle(event: Event, work: UnitOfWork) -> Sequence[Event]:
        monkeypatch.setattr(desk.database, "write", forgetful)
        return await _signs(event, work)

    @asynccontextmanager
    async def forgetful() -> Any:
        monkeypatch.setattr(desk.database, "write", write)
        async with write() as connection:
            yield connection
        raise Transient("the connection broke")

    desk.handle = handle
    await desk.hear("a")

    await desk.worker.drain()
    await desk.all_due()
    await desk.worker.drain()

    assert await desk.accounts() == ["acme"]
    assert await desk.rows() == [("done", 1, "")]


async def test_a_lost_lease_commits_nothing(desk: Desk) -> None:
    async def handle(event: Event, work: UnitOfWork) -> Sequence[Event]:
        [_] = await desk.tasks.claim("heir", now() + LEASE * 2, 10)
        return await _signs(event, work)

    desk.handle = handle
    await desk.hear("a")

    await desk.worker.drain()

    assert (await desk.accounts(), await desk.events()) == ([], ["BuildQueued"])
    assert await desk.rows() == [("running", 2, "")]


# --- trouble -----------------------------------------------------------------------------------


async def test_trouble_is_tried_again_later_and_knows_that_it_was_begun(desk: Desk) -> None:
    begun: list[bool] = []

    async def handle(_event: Event, work: UnitOfWork) -> Sequence[Event]:
        begun.append(work.repeated)
        if len(begun) < 3:
            raise Transient("GitHub is away")
        return ()

    desk.handle = handle
    await desk.hear("a")
    for _ in range(3):
        before = now()
        await desk.worker.drain()
        if len(begun) < 3:
            assert before + FIRST_WAIT / 2 <= await desk.run_at()
            await desk.worker.drain()  # it is not due yet
        await desk.all_due()

    assert begun == [False, True, True]
    assert await desk.rows() == [("done", 3, "")]


async def test_a_moment_that_is_known_is_waited_for(desk: Desk) -> None:
    then = now() + timedelta(hours=1)
    desk.handle = _raises(Transient("the rate limit is used up", not_before=then))
    await desk.hear("a")

    await desk.worker.drain()

    assert await desk.run_at() == then


def test_waits_grow_up_to_the_longest_with_some_chance() -> None:
    assert all(
        wait_after(attempts) <= min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
        and wait_after(attempts) >= min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT) / 2
        for attempts in range(1, 40)
    )
    assert wait_after(MOST_ATTEMPTS) <= LONGEST_WAIT
    assert len({wait_after(9) for _ in range(20)}) > 1


async def test_trouble_that_never_ends_is_given_to_a_person(desk: Desk) -> None:
    desk.handle = _raises(Transient("GitHub is away"))
    await desk.hear("a")
    async with desk.database.write() as connection:
        await connection.execute(update(tables.tasks).values(attempts=MOST_ATTEMPTS - 1))

    await desk.worker.drain()

    assert await desk.rows() == [("dead", MOST_ATTEMPTS, "GitHub is away")]


async def test_a_dead_letter_works_when_it_is_driven_again_after_the_mending(desk: Desk) -> None:
    desk.handle = _raises(KeyError("x"))
    await desk.hear("a")
    await desk.worker.drain()
    [dead] = await desk.tasks.troubled()
    assert (dead.state, dead.error) == (TaskState.DEAD, "KeyError: 'x'")

    desk.handle = _signs
    assert await desk.tasks.drive_again(dead.position, now())
    await desk.worker.drain()

    assert await desk.accounts() == ["acme"]
    assert await desk.rows() == [("done", 2, "")]


async def test_a_handler_that_this_version_does_not_have_is_refused(desk: Desk) -> None:
    await desk.hear("a")
    async with desk.database.write() as connection:
        await connection.execute(update(tables.tasks).values(handler="checks.flow.levitate"))

    await desk.worker.drain()

    [refused] = await desk.tasks.troubled()
    assert (refused.state, refused.error) == (
        TaskState.REFUSED,
        "this version of Interlock has no handler checks.flow.levitate",
    )


# --- at work -----------------------------------------------------------------------------------


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
