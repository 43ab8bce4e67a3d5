"""What CD needs from the world: each port as small as the story uses it, and the bundle `CD`.

Reads may be asked at any time. `add` and `make_available` take effect together with the end of the task, in
one commit. The effect `Depot.copy` happens at once and is safe to repeat. All may raise `Transient` or
`Permanent`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from checks.repository import Repository
from deploy.artifact import Artifact, Export
from deploy.order import Relation
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CD:
    """Everything a handler of CD may touch. Without a depot nothing of what builds export is looked at."""

    repositories: Repositories
    artifacts: Artifacts
    versions: Versions
    depot: Depot | None
    now: datetime
