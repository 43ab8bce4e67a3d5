"""The queue in the database: one task per event and handler, leased, in order within its key.

`ready` → `running` → `done`; a refused one ends as `refused` with the sentence for a person, a broken one
as `dead` until somebody drives it again. A task that is not `ready` or `running` holds nobody up.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import BindParameter, ColumnElement, Row, Select, and_, bindparam, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.clock import to_number, to_time
from app.store.database import Database
from app.store.tables import tasks

LEASE = timedelta(seconds=30)


class TaskState(StrEnum):
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    DEAD = "dead"


class Task(Struct, frozen=True, kw_only=True):
    """`attempts` counts this one; more than one says that an effect may be there already."""

    position: int
    event_id: str
    handler: str
    key: str
    attempts: int
    worker: str
    state: TaskState
    error: str = ""


class LeaseLost(Exception):
    """Another worker has taken the task over: what this one did must not be committed."""


class Tasks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, worker: str, now: datetime, limit: int) -> Sequence[Task]:
        """Up to `limit` tasks that are due, each the first of its key, leased to this worker."""
        async with self._database.read() as connection:
            due = (await connection.execute(_due(now).limit(limit))).scalars().all()
        try:
            return await self._take(due, worker, now) if due else []
        except IntegrityError:  # another task of one of the keys began to run in between: tasks_one_running
            return await self._take_singly(due, worker, now)

    async def extend(self, worker: str, now: datetime) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(tasks)
                .where(tasks.c.worker == worker, tasks.c.state == TaskState.RUNNING)
                .values(lease_until=to_number(now + LEASE))
            )

    async def end(
        self,
        connection: AsyncConnection,
        task: Task,
        state: TaskState,
        *,
        error: str = "",
        run_at: datetime | None = None,
    ) -> None:
        """End or postpone a task within the transaction of its work; LeaseLost if it is not ours any more."""
        values = {"state": state, "error": error, "lease_until": 0}
        result = await connection.execute(
            update(tasks)
            .where(tasks.c.position == task.position, tasks.c.state == TaskState.RUNNING)
            .where(tasks.c.worker == task.worker, tasks.c.attempts == task.attempts)
            .values(**values if run_at is None else values | {"run_at": to_number(run_at)})
        )
        if result.rowcount != 1:
            raise LeaseLost(f"task {task.position} was taken over")

    async def release_all(self) -> None:
        """Make every running task ready: only right when it is certain that no worker lives."""
        async with self._database.write() as connection:
            await connection.execute(
                update(tasks).where(tasks.c.state == TaskState.RUNNING).values(state=TaskState.READY, lease_until=0)
            )

    async def troubled(self, limit: int = 100) -> Sequence[Task]:
        """Dead letters and refused tasks, the newest first."""
        ended_badly = tasks.c.state.in_((TaskState.DEAD, TaskState.REFUSED))
        query = select(tasks).where(ended_badly).order_by(tasks.c.position.desc()).limit(limit)
        async with self._database.read() as connection:
            return [_task(row) for row in (await connection.execute(query)).all()]

    async def drive_again(self, position: int, now: datetime) -> bool:
        """Run a dead or refused task once more; False if there is no such task."""
        async with self._database.write() as connection:
            result = await connection.execute(
                update(tasks)
                .where(tasks.c.position == position, tasks.c.state.in_((TaskState.DEAD, TaskState.REFUSED)))
                .values(state=TaskState.READY, run_at=to_number(now), error="")
            )
        return result.rowcount == 1

    async def next_due(self) -> datetime | None:
        """When the earliest waiting task may run, None if none waits."""
        query = select(tasks.c.run_at).where(tasks.c.state == TaskState.READY).order_by(tasks.c.run_at).limit(1)
        async with self._database.read() as connection:
            number = (await connection.execute(query)).scalar()
        return None if number is None else to_time(number)

    async def _take(self, positions: Sequence[int], worker: str, now: datetime) -> Sequence[Task]:
        """One commit for all of them. Raises IntegrityError if one may not run."""
        async with self._database.write() as connection:
            rows = await connection.execute(
                update(tasks)
                .where(tasks.c.position.in_(positions), _claimable(now))
                .values(
                    state=TaskState.RUNNING,
                    worker=worker,
                    attempts=tasks.c.attempts + 1,
                    lease_until=to_number(now + LEASE),
                )
                .returning(tasks)
            )
            return sorted(map(_task, rows), key=lambda task: task.position)

    async def _take_singly(self, positions: Sequence[int], worker: str, now: datetime) -> Sequence[Task]:
        taken: list[Task] = []
        for position in positions:
            with suppress(IntegrityError):
                taken += await self._take([position], worker, now)
        return taken


def _claimable(now: datetime) -> ColumnElement[bool]:
    number = to_number(now)
    return or_(
        and_(tasks.c.state == TaskState.READY, tasks.c.run_at <= number),
        and_(tasks.c.state == TaskState.RUNNING, tasks.c.lease_until < number),
    )


def _due(now: datetime) -> Select[int]:
    """Due tasks that no other open task of their key comes before."""
    other = tasks.alias("other")
    # A partial index is only used for a condition that says the same in so many words: parameters would hide it.
    is_open: BindParameter[TaskState] = bindparam(
        "open", (TaskState.READY, TaskState.RUNNING), expanding=True, literal_execute=True
    )
    blocked = exists().where(
        other.c.key == tasks.c.key,
        other.c.state.in_(is_open),
        or_(
            other.c.state == TaskState.RUNNING,
            # What began to run goes on first: an earlier task may have been driven again or committed meanwhile.
            and_(tasks.c.state == TaskState.READY, other.c.position < tasks.c.position),
        ),
        other.c.position != tasks.c.position,
    )
    return select(tasks.c.position).where(_claimable(now), ~blocked).order_by(tasks.c.position)


def _task(row: Row[*tuple[Any, ...]]) -> Task:
    return Task(
        position=row.position,
        event_id=row.event_id,
        handler=row.handler,
        key=row.key,
        attempts=row.attempts,
        worker=row.worker,
        state=TaskState(row.state),
        error=row.error,
    )
