"""What CD needs from the world: each port as small as the story uses it, and the bundle `CD`.

Reads may be asked at any time. `add` and `make_available` take effect together with the end of the task, in
one commit. The effect `Depot.copy` happens at once and is safe to repeat. All may raise `Transient` or
`Permanent`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from checks.repository import Repository
from deploy.announcement import Announced, Announcement
from deploy.artifact import Artifact, Export
from deploy.deployment import Deployment
from deploy.order import Relation
from deploy.pointer import Pointer
from deploy.target import Target
from deploy.version import Version


class Repositories(Protocol):
    async def get(self, repository: int) -> Repository:
        """The repository as it is called now; `Permanent` if the App lost it."""
        ...


class Artifacts(Protocol):
    async def get(self, artifact: str) -> Artifact: ...

    async def add(self, artifact: Artifact) -> bool:
        """Remember an artifact; False if it was known, be it from another build."""
        ...

    async def of_commit(self, repository: int, sha: str) -> Sequence[Artifact]:
        """All artifacts of a commit, be they of several builds."""
        ...

    async def regions_of(self, artifact: str) -> frozenset[str]:
        """Where it is available."""
        ...

    def make_available(self, artifact: str, region: str) -> None: ...


class Versions(Protocol):
    async def add(self, version: Version) -> bool:
        """Remember a version; False if its contents were registered before."""
        ...


class Deployments(Protocol):
    async def get(self, deployment: str) -> Deployment: ...

    async def live_in(self, place: str) -> Sequence[Deployment]:
        """Those that are live there, as far as is known: one, or none."""
        ...

    def save(self, deployment: Deployment) -> None:
        """Takes effect together with the end of the task."""
        ...


class Pointers(Protocol):
    async def change(self, place: str, move: Callable[[Pointer], Pointer | None]) -> Pointer | None:
        """The pointer after the move; None if there is no move, and nothing changes. At once, and as a whole."""
        ...


class Targets(Protocol):
    def open(self, deployment: Deployment) -> Target | None:
        """Where a deployment goes; None where the operator lets nothing be deployed."""
        ...


class Announcements(Protocol):
    """Deployments on GitHub, and what was said of them last."""

    async def known(self, deployment: str) -> Announced | None: ...

    async def show(
        self, repository: Repository, wanted: Announcement, known: Announced | None, *, repeated: bool
    ) -> Announced:
        """One step nearer to what is wanted, with one effect; the same back once all is told."""
        ...

    def save(self, announced: Announced) -> None: ...


class Depot(Protocol):
    """Where published artifacts lie: at home, where builds put them, and in further regions."""

    @property
    def home(self) -> str: ...

    @property
    def further(self) -> Sequence[str]: ...

    async def digest(self, export: Export, region: str) -> str | None:
        """`sha256:…` of what lies there under this name, taken from the contents; None if there is nothing, or
        not all of it. `Permanent` if the name is not one of this depot."""
        ...

    async def copy(self, artifact: Artifact, region: str) -> None:
        """Bring it from home to a further region, under the same name."""
        ...


class Ancestry(Protocol):
    """How commits lie to each other: see `deploy.order`."""

    async def relation(self, repository: Repository, live: str, candidate: str) -> Relation:
        """The candidate as seen from what is live."""
        ...

    async def is_on_default_branch(self, repository: Repository, sha: str) -> bool:
        """Whether the default branch's history holds the commit at this moment."""
        ...


class NewId(Protocol):
    def __call__(self) -> str:
        """A new id; later ids sort after earlier ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CD:
    """Everything a handler of CD may touch. Without a depot nothing of what builds export is looked at."""

    repositories: Repositories
    artifacts: Artifacts
    versions: Versions
    depot: Depot | None
    deployments: Deployments
    pointers: Pointers
    targets: Targets
    ancestry: Ancestry
    announcements: Announcements
    now: datetime
    new_id: NewId
    repeated: bool
