"""What is old is forgotten, and nothing else."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.retention import Retention
from app.store.clock import now
from app.store.database import Database
from app.store.deliveries import GroupCommitInbox
from app.store.delivery import Delivery
from app.store.events import EventLog
from app.store.tables import deliveries, events, tasks
from app.store.tasks import Tasks, TaskState


class NoLeftovers:
    async def forget(self, older_than: timedelta) -> None:
        self.older_than = older_than


def _delivery(guid: str, at: datetime) -> Delivery:
    return Delivery(
        guid=guid, event="push", action="", repository_id=1, installation_id=1, headers={}, body=b"{}", received_at=at
    )


async def _count(database: Database) -> list[int]:
    async with database.read() as connection:
        return [
            (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (deliveries, tasks, events)
        ]


async def test_old_deliveries_and_done_tasks_go_and_the_log_stays(database: Database) -> None:
    async with GroupCommitInbox(database, EventLog(lambda event: [("h", event.subject)])) as inbox:
        for guid, age in (("old", 40), ("undone", 40), ("new", 1)):
            await inbox.put(_delivery(guid, now() - timedelta(days=age)))
    [first, *_] = await Tasks(database).claim("w", now(), 10)
    async with database.write() as connection:
        await Tasks(database).end(connection, first, TaskState.DONE)
    runner = NoLeftovers()

    await Retention(database, runner, keep=timedelta(days=30)).forget()

    assert await _count(database) == [1, 2, 3]
    assert runner.older_than == timedelta(days=30)
