"""The worker over every database: state, events, tasks and the end of a task in one commit, or nothing of it."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import tables
from app.store.clock import now
from app.store.database import Database
from app.store.tasks import LEASE, TaskState
from app.store.unit_of_work import UnitOfWork
from app.worker import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS, wait_after
from checks.errors import Permanent, Transient
from checks.events import Event
from tests.app.desk import Desk, raises, signs


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


# --- one commit --------------------------------------------------------------------------------


async def test_state_events_tasks_and_the_end_of_the_task_come_together(desk: Desk) -> None:
    desk.handle = signs
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
    desk.handle = raises(error)
    await desk.hear("a")

    await desk.worker.drain()

    assert (await desk.accounts(), await desk.events()) == ([], ["BuildQueued"])
    assert await desk.rows() == [row]


@pytest.mark.parametrize(("error", "state"), [(Transient("changed meanwhile"), "ready"), (KeyError("x"), "dead")])
async def test_a_commit_that_fails_leaves_nothing(desk: Desk, error: Exception, state: str) -> None:
    async def broken(_connection: AsyncConnection) -> None:
        raise error

    async def handle(event: Event, work: UnitOfWork) -> Sequence[Event]:
        follows = await signs(event, work)
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
        return await signs(event, work)

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
        return await signs(event, work)

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
    desk.handle = raises(Transient("the rate limit is used up", not_before=then))
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
    desk.handle = raises(Transient("GitHub is away"))
    await desk.hear("a")
    async with desk.database.write() as connection:
        await connection.execute(update(tables.tasks).values(attempts=MOST_ATTEMPTS - 1))

    await desk.worker.drain()

    assert await desk.rows() == [("dead", MOST_ATTEMPTS, "GitHub is away")]


async def test_a_dead_letter_works_when_it_is_driven_again_after_the_mending(desk: Desk) -> None:
    desk.handle = raises(KeyError("x"))
    await desk.hear("a")
    await desk.worker.drain()
    [dead] = await desk.tasks.troubled()
    assert (dead.state, dead.error) == (TaskState.DEAD, "KeyError: 'x'")

    desk.handle = signs
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
