"""From the end of a build to an artifact in two regions: worker, store and depot together."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.aws.session import Session
from app.depot import depot_for
from app.routes import DELIVERY
from app.routing import Switchboard
from app.settings import Settings
from app.store import tables
from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog
from app.store.repositories import StoredRepositories
from app.store.tasks import TaskState
from app.store.unit_of_work import UnitOfWork
from app.worker import Worker
from checks.events import BuildSucceeded, Event
from checks.repository import Repository
from deploy.ports import Depot
from tests.app.aws.ports import EAST, WEST, digest_of, new_buckets, s3
from tests.app.delivery import bundle

SHA = "4f2a91c0de" * 4
KEY = f"GitHub/acme/web/{SHA}.zip"
CONTENT = b"PK zip"
SUCCEEDED = BuildSucceeded(
    build="b1", repository=42, sha=SHA, published=True, exported={"WEB": KEY, "WEB_DIGEST": digest_of(CONTENT)}
)
SETTINGS: dict[str, Any] = {
    "github_app_id": 1,
    "github_private_key": "-----BEGIN PRIVATE KEY-----",
    "github_webhook_secret": "s",
}


@pytest.fixture
def buckets(aws: str) -> dict[str, str]:
    return new_buckets(aws)


def delivery(event: Event) -> list[tuple[str, str]]:
    return list(DELIVERY.tasks_for(event))


async def deliver(database: Database, depot: Depot | None, *events: Event) -> None:
    """Tells it all, and works until nothing is due."""
    log = EventLog(delivery)
    work = UnitOfWork(database, now=now() - timedelta(seconds=1))
    StoredRepositories(work).save(Repository(id=42, full_name="acme/web", installation=7))
    async with database.write() as connection:
        await work.flush(connection)
        await log.append(connection, events, at=work.now)
    await Worker(database, log, Switchboard(DELIVERY.with_bundle(bundle(database, depot)))).drain()


async def rows(connection: AsyncConnection, *columns: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.execute(select(*columns).order_by(*columns))]


async def test_what_is_built_once_is_available_in_every_region(
    database: Database, aws: str, buckets: dict[str, str]
) -> None:
    s3(aws, EAST).put_object(Bucket=buckets[EAST], Key=KEY, Body=CONTENT)
    settings = Settings(**SETTINGS, publish_regions=("us-west-2",), publish_buckets=buckets)

    async with depot_for(settings, Session(lambda *_: None)) as depot:
        await deliver(database, depot, SUCCEEDED, SUCCEEDED)

    async with database.read() as connection:
        assert await rows(connection, tables.artifact_regions.c.region) == [(EAST,), (WEST,)]
        assert [sha for (sha,) in await rows(connection, tables.versions.c.sha)] == [SHA]
        assert {state for (state,) in await rows(connection, tables.tasks.c.state)} == {TaskState.DONE}
    assert s3(aws, WEST).get_object(Bucket=buckets[WEST], Key=KEY)["Body"].read() == CONTENT


async def test_a_build_of_this_machine_is_on_record_and_aws_is_not_asked(database: Database) -> None:
    asked: list[tuple[str, str]] = []

    async with depot_for(Settings(**SETTINGS), Session(lambda *call: asked.append(call))) as depot:
        await deliver(database, depot, SUCCEEDED)

    async with database.read() as connection:
        assert await rows(connection, tables.events.c.type) == [("ArtifactExported",), ("BuildSucceeded",)]
        assert await rows(connection, tables.artifacts.c.id) == []
    assert (depot, asked) == (None, [])
