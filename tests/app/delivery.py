"""The bundle of CD for tests in which nothing is deployed."""

from collections.abc import Callable
from typing import Any

from app.bundles import Outward, cd_bundle
from app.chat import Chat
from app.store.database import Database
from app.store.pointers import StoredPointers
from app.store.unit_of_work import UnitOfWork
from checks.errors import Permanent
from checks.repository import Repository
from deploy.deployment import Deployment
from deploy.ports import CD, Depot


class Nowhere:
    """The operator lets nothing be deployed, so nobody is asked what may be; nobody wrote anything down."""

    def open(self, _deployment: Deployment, _repository: Repository) -> None:
        raise Permanent("nothing may be deployed")

    def hands_over(self, _repository: Repository) -> bool:
        return False

    async def text(self, _repository: Repository, _sha: str) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def bundle(database: Database, depot: Depot | None = None) -> Callable[[UnitOfWork], CD]:
    nowhere: Any = Nowhere()
    return cd_bundle(
        Outward(
            depot=depot,
            written=nowhere,
            targets=nowhere,
            pointers=StoredPointers(database),
            ancestry=nowhere,
            rules=nowhere,
            around=nowhere,
            github=nowhere,
            checks=nowhere,
            pull_requests=nowhere,
            trails=nowhere,
            chat=Chat(nowhere, nowhere, nowhere, nowhere),
            app_id=99,
        )
    )
