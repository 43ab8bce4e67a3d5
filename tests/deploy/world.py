"""A world in memory for the story of CD: regions with what lies in them, and who may write there."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from checks.errors import Permanent
from checks.events import Event
from checks.repository import Repository
from deploy.artifact import Artifact, Export
from deploy.ports import CD
from deploy.version import Version

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOME, WEST, NORTH = "us-east-1", "us-west-2", "eu-north-1"


@dataclass
class World:
    """The ports of `CD`. `lying` is what lies where: (region, name) → digest."""

    lying: dict[tuple[str, str], str] = field(default_factory=dict)
    known: dict[str, Artifact] = field(default_factory=dict)
    available: set[tuple[str, str]] = field(default_factory=set)
    registered: dict[str, Version] = field(default_factory=dict)
    copies: list[str] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)
    slow: bool = False
    """What is copied does not show at once."""
    now: datetime = NOW
    home: str = HOME
    further: Sequence[str] = (WEST, NORTH)
    has_depot: bool = True

    async def tell(self, handler: Callable[[Any, CD], Awaitable[Sequence[Event]]], event: Event) -> list[Event]:
        depot = self if self.has_depot else None
        cd = CD(
            repositories=Repositories(),
            artifacts=Artifacts(self),
            versions=Versions(self),
            depot=depot,
            now=self.now,
        )
        return list(await handler(event, cd))

    async def digest(self, export: Export, region: str) -> str | None:
        if region in self.closed:
            raise Permanent(self.closed[region])
        return self.lying.get((region, export.name))

    async def copy(self, artifact: Artifact, region: str) -> None:
        self.copies.append(region)
        if not self.slow:
            self.lying[region, artifact.export.name] = self.lying[self.home, artifact.export.name]


class Repositories:
    async def get(self, repository: int) -> Repository:
        return Repository(id=repository, full_name="PRX/My-App", installation=7)


class Artifacts:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, artifact: str) -> Artifact:
        return self._world.known[artifact]

    async def add(self, artifact: Artifact) -> bool:
        is_new = artifact.id not in self._world.known
        self._world.known.setdefault(artifact.id, artifact)
        return is_new

    async def of_commit(self, repository: int, sha: str) -> Sequence[Artifact]:
        return [each for each in self._world.known.values() if (each.repository, each.sha) == (repository, sha)]

    async def regions_of(self, artifact: str) -> frozenset[str]:
        return frozenset(region for known, region in self._world.available if known == artifact)

    def make_available(self, artifact: str, region: str) -> None:
        self._world.available.add((artifact, region))


class Versions:
    def __init__(self, world: World) -> None:
        self._world = world

    async def add(self, version: Version) -> bool:
        is_new = version.id not in self._world.registered
        self._world.registered.setdefault(version.id, version)
        return is_new
