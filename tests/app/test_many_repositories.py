"""What somebody says in a chat costs as many looks into the database among many repositories as among few."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import event

from app.store.clock import now
from app.store.commits import StoredCommits
from app.store.configurations import StoredConfigurations
from app.store.database import Database
from app.store.deployments import StoredDeployments
from app.store.holds import StoredHolds
from app.store.repositories import RepositoryShelf, StoredRepositories
from app.store.shown_delivery import StoredTrails
from app.store.unit_of_work import UnitOfWork
from app.store.versions import StoredVersions
from checks.repository import Repository
from deploy.flow.hear import hear
from deploy.pipeline import Configuration, Service
from deploy.ports import CD
from deploy.trail import Trail
from tests.deploy.stories import PRODUCTION, STAGING, A
from tests.deploy.talks import talk, words

FEW, MANY = 3, 40
SAID = ("why web-2 staging", "where aaaaaaa", "where #812", "rerun aaaaaaa", "deploy aaaaaaa to production", "statsu")


class Everything(RepositoryShelf):
    async def repositories(self, _workspace: str) -> Sequence[Repository]:
        return await self.all()


class Kept(StoredTrails):
    async def show(self, _repository: Repository, _trail: Trail, _text: str, *, repeated: bool) -> Trail:
        raise AssertionError(f"nobody looks for what GitHub shows, {repeated=}")


@pytest.mark.parametrize("said", SAID)
async def test_looking_costs_the_same_among_many(database: Database, said: str) -> None:
    asked: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counted = []
    for number in (FEW, MANY):
        await _configured(database, number)
        asked.clear()
        await hear(words(talk(), said), _cd(database))
        counted.append(len(asked))
    assert counted[0] == counted[1]


async def _configured(database: Database, number: int) -> None:
    work = UnitOfWork(database, now=now())
    async with database.write() as connection:
        for each in range(number):
            service = Service(name=f"web-{each}", labels=("WEB",), environments=(STAGING, PRODUCTION))
            StoredConfigurations(work).save(Configuration(repository=each, sha=A, services=(service,), written=True))
            StoredRepositories(work).save(Repository(id=each, full_name=f"acme/{each}", installation=7))
        await work.flush(connection)


def _cd(database: Database) -> CD:
    work = UnitOfWork(database, now=now())
    return replace(
        talk().cd(),
        workspaces=Everything(database),
        configurations=StoredConfigurations(work),
        versions=StoredVersions(work),
        commits=StoredCommits(work),
        trails=Kept(work),
        deployments=StoredDeployments(work),
        holds=StoredHolds(work),
    )
