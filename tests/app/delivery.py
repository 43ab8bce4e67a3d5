"""The bundle of CD for tests in which nothing is deployed."""

from collections.abc import Callable

from app.bundles import cd_bundle
from app.store.database import Database
from app.store.pointers import StoredPointers
from app.store.unit_of_work import UnitOfWork
from checks.repository import Repository
from deploy.announcement import Announced, Announcement
from deploy.deployment import Deployment
from deploy.order import Relation
from deploy.ports import CD, Depot


class Nowhere:
    """The operator lets nothing be deployed, so nobody is asked what may be."""

    def open(self, _deployment: Deployment) -> None:
        return None

    async def relation(self, _repository: Repository, live: str, candidate: str) -> Relation:
        raise AssertionError(live, candidate)

    async def is_on_default_branch(self, _repository: Repository, sha: str) -> bool:
        raise AssertionError(sha)

    async def show(
        self, _repository: Repository, wanted: Announcement, _known: Announced | None, *, repeated: bool
    ) -> Announced:
        raise AssertionError(wanted, repeated)


def bundle(database: Database, depot: Depot | None = None) -> Callable[[UnitOfWork], CD]:
    nowhere = Nowhere()
    return cd_bundle(depot, nowhere, StoredPointers(database), nowhere, nowhere)
