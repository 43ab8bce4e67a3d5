"""The inbox: durable before it answers, in few commits, once for each GUID."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.clock import now
from app.store.database import Database
from app.store.deliveries import GroupCommitInbox, WebhookReceived
from app.store.delivery import Delivery
from app.store.events import EventLog, read_log
from app.store.tasks import Tasks
from checks.errors import Transient
from checks.events import Event

DELIVERY = Delivery(
    guid="72d3162e-cc78-11e3-81ab-4c9367dc0958",
    event="push",
    action="",
    repository_id=42,
    installation_id=7,
    headers={"X-GitHub-Event": "push"},
    body=b'{"ref": "refs/heads/main"}',
    received_at=datetime(2025, 11, 21, 14, 5, 0, 123456, tzinfo=UTC),
)


def _translate(event: Event) -> Sequence[tuple[str, str]]:
    assert isinstance(event, WebhookReceived)
    return [("translate", event.lane)]


class CountedDatabase:
    """Counts commits, and can hold them back or be out of reach."""

    def __init__(self, database: Database) -> None:
        self.commits = 0
        self.trouble: BaseException | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._write = database.write
        setattr(database, "write", self.write)  # noqa: B010  the same database, watched

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        await self.gate.wait()
        if self.trouble:
            raise self.trouble
        async with self._write() as connection:
            yield connection
        self.commits += 1


@pytest.fixture
async def inbox(database: Database) -> AsyncIterator[GroupCommitInbox]:
    async with GroupCommitInbox(database, EventLog(_translate)) as inbox:
        yield inbox


async def test_a_delivery_is_kept_as_it_came_with_its_work(inbox: GroupCommitInbox, database: Database) -> None:
    assert await inbox.put(DELIVERY)

    assert await inbox.get(DELIVERY.guid) == DELIVERY
    [task] = await Tasks(database).claim("w", now(), 10)
    assert (task.handler, task.key) == ("translate", "repository:42")
    assert inbox.stored.is_set()


async def test_the_same_guid_again_brings_nothing_new(inbox: GroupCommitInbox, database: Database) -> None:
    answers = await asyncio.gather(*(inbox.put(replace(DELIVERY, body=b"%d" % number)) for number in range(3)))
    answers.append(await inbox.put(DELIVERY))

    assert answers == [True, False, False, False]
    kept = await inbox.get(DELIVERY.guid)
    assert kept is not None
    assert kept.body == b"0"
    assert len(await Tasks(database).claim("w", now(), 10)) == 1


async def test_a_crowd_costs_few_commits(inbox: GroupCommitInbox, database: Database) -> None:
    counted = CountedDatabase(database)
    counted.gate.clear()
    putting = [asyncio.create_task(inbox.put(replace(DELIVERY, guid=f"guid-{number}"))) for number in range(500)]
    await asyncio.sleep(0)  # each has its turn: the first group waits at the gate, the next one gathers
    counted.gate.set()

    assert await asyncio.gather(*putting) == [True] * 500
    assert counted.commits <= 4


async def test_a_database_out_of_reach_is_told_to_everybody_who_waits(
    inbox: GroupCommitInbox, database: Database
) -> None:
    counted = CountedDatabase(database)
    counted.trouble = Transient("the database did not answer")
    answers = await asyncio.gather(
        *(inbox.put(replace(DELIVERY, guid=f"guid-{number}")) for number in range(20)), return_exceptions=True
    )
    assert [str(answer) for answer in answers] == ["the database did not answer"] * 20

    counted.trouble = None
    assert await inbox.put(DELIVERY)


async def test_who_stopped_waiting_disturbs_nobody(inbox: GroupCommitInbox, database: Database) -> None:
    counted = CountedDatabase(database)
    counted.gate.clear()
    gone = asyncio.create_task(inbox.put(DELIVERY))
    patient = asyncio.create_task(inbox.put(replace(DELIVERY, guid="guid-2")))
    await asyncio.sleep(0)
    gone.cancel()
    counted.gate.set()

    assert await patient
    assert await inbox.get(DELIVERY.guid) == DELIVERY


async def test_an_inbox_that_closes_lets_nobody_wait_for_ever(database: Database) -> None:
    counted = CountedDatabase(database)
    counted.gate.clear()
    async with GroupCommitInbox(database, EventLog(_translate)) as inbox:
        waiting = [asyncio.create_task(inbox.put(replace(DELIVERY, guid=f"guid-{number}"))) for number in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        late = asyncio.create_task(inbox.put(DELIVERY))
        await asyncio.sleep(0)

    answers = await asyncio.gather(*waiting, late, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Transient] * 4


@pytest.mark.parametrize(
    ("delivery", "lane"),
    [
        (DELIVERY, "repository:42"),
        (replace(DELIVERY, repository_id=None), "installation:7"),
        (replace(DELIVERY, repository_id=None, installation_id=None), f"delivery:{DELIVERY.guid}"),
    ],
)
async def test_what_belongs_together_waits_in_one_lane(
    inbox: GroupCommitInbox, database: Database, delivery: Delivery, lane: str
) -> None:
    await inbox.put(delivery)

    assert [task.key for task in await Tasks(database).claim("w", now(), 10)] == [lane]


async def test_a_stored_delivery_can_be_taken_up_again(inbox: GroupCommitInbox, database: Database) -> None:
    await inbox.put(DELIVERY)

    assert await inbox.replay(DELIVERY.guid)
    assert not await inbox.replay("unheard-of")

    async with database.read() as connection:
        events = [recorded.event for recorded in await read_log(connection)]
        assert (await connection.execute(text("SELECT count(*) FROM deliveries"))).scalar() == 1
    assert events == [WebhookReceived(delivery=DELIVERY.guid, lane="repository:42")] * 2
