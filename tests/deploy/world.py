"""A world in memory for the story of CD: regions with what lies in them, and who may write there."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from checks.errors import Permanent, Transient
from checks.events import Event
from checks.repository import Repository
from deploy.announcement import Announced, Announcement
from deploy.artifact import Artifact, Export
from deploy.deployment import Deployment, State
from deploy.order import Relation
from deploy.pointer import Pointer
from deploy.ports import CD
from deploy.target import Live, Progress, Write, done
from deploy.version import Version

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOME, WEST, NORTH = "us-east-1", "us-west-2", "eu-north-1"


@dataclass
class Place:
    """A target that has one value, and does what the test wants of it."""

    has: str = ""
    ends: Callable[[], Progress] | None = None
    writes: list[str] = field(default_factory=list)
    longest: timedelta = timedelta(seconds=10)

    async def live(self) -> Live:
        return Live(values={"value": self.has})

    async def deploy(self, write: Write) -> Progress:
        self.writes.append(write.version.sha)
        self.has = write.version.sha
        return self.ends() if self.ends else done(f"wrote {write.version.sha[:7]}", await self.live())

    async def observe(self, write: Write) -> Progress:
        raise AssertionError(write)

    async def roll_back(self, write: Write, to: Live) -> Progress:
        raise AssertionError(write, to)


@dataclass
class World:
    """The ports of `CD`. `lying` is what lies where: (region, name) → digest."""

    lying: dict[tuple[str, str], str] = field(default_factory=dict)
    known: dict[str, Artifact] = field(default_factory=dict)
    available: set[tuple[str, str]] = field(default_factory=set)
    registered: dict[str, Version] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    pointer: Pointer = field(default_factory=lambda: Pointer(environment="42/staging"))
    place: Place | None = None
    history: Sequence[str] = ()
    """The default branch, the oldest commit first. What is not in it lies beside it."""
    github_is_away: bool = False
    shown: dict[str, list[str]] = field(default_factory=dict)
    repeated: bool = False
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
            deployments=Deployments(self),
            pointers=Pointers(self),
            targets=Targets(self),
            ancestry=Ancestry(self),
            announcements=Announcements(self),
            now=self.now,
            new_id=lambda: f"d{len(self.deployments) + 1}",
            repeated=self.repeated,
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


class Deployments:
    def __init__(self, world: World) -> None:
        self._known = world.deployments

    async def get(self, deployment: str) -> Deployment:
        return self._known[deployment]

    async def live_in(self, place: str) -> Sequence[Deployment]:
        return [each for each in self._known.values() if each.place == place and each.state is State.LIVE]

    def save(self, deployment: Deployment) -> None:
        self._known[deployment.id] = deployment


class Pointers:
    def __init__(self, world: World) -> None:
        self._world = world

    async def change(self, place: str, move: Callable[[Pointer], Pointer | None]) -> Pointer | None:
        assert place == self._world.pointer.environment
        moved = move(self._world.pointer)
        self._world.pointer = moved or self._world.pointer
        return moved


class Targets:
    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, _deployment: Deployment) -> Place | None:
        return self._world.place


class Ancestry:
    def __init__(self, world: World) -> None:
        self._world = world

    async def relation(self, _repository: Repository, live: str, candidate: str) -> Relation:
        if self._world.github_is_away:
            raise Transient("GitHub did not answer")
        history = self._world.history
        if live == candidate:
            return Relation.IDENTICAL
        if live not in history or candidate not in history:
            return Relation.DIVERGED
        return Relation.AHEAD if history.index(candidate) > history.index(live) else Relation.BEHIND

    async def is_on_default_branch(self, _repository: Repository, sha: str) -> bool:
        return sha in self._world.history


class Announcements:
    def __init__(self, world: World) -> None:
        self._world = world
        self._told: dict[str, Announced] = {}

    async def known(self, deployment: str) -> Announced | None:
        said = self._world.shown.get(deployment)
        return Announced(deployment=deployment, number=1, digest=said[-1]) if said else None

    async def show(
        self, _repository: Repository, wanted: Announcement, known: Announced | None, *, repeated: bool
    ) -> Announced:
        assert repeated in (True, False)
        told = Announced(deployment=wanted.deployment, number=1, digest=f"{wanted.state}: {wanted.why}")
        return told if known is None or known.digest != told.digest else known

    def save(self, announced: Announced) -> None:
        self._world.shown.setdefault(announced.deployment, []).append(announced.digest)
