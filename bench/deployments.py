"""How soon a rollback reaches the environment, what a deployment costs, and what order costs with many versions."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from app.bundles import Outward, cd_bundle
from app.chat import Chat
from app.demo.github.repository import Repository as Remote
from app.github.compare import GitHubAncestry
from app.routes import DELIVERY, tasks_for
from app.routing import Switchboard
from app.store.clock import now
from app.store.database import Database
from app.store.events import EventLog
from app.store.ids import new_id
from app.store.migrate import migrate
from app.store.pointers import StoredPointers
from app.store.unit_of_work import UnitOfWork
from app.worker import Worker
from bench.figure import Figure, median, number, p95, ratio
from bench.requests import template
from bench.town import OWNER_LOGIN, Town, eventually, quiet, town
from checks.events import Event
from checks.repository import Repository
from deploy.announcement import Announced, Announcement
from deploy.artifact import Artifact, Export, Kind
from deploy.command import Command, Verb
from deploy.deployment import Deployment, State
from deploy.events import CommandGiven, VersionRegistered
from deploy.order import Relation
from deploy.pipeline import Configuration, Environment, Service
from deploy.ports import CD
from deploy.target import Live, Progress, Write, done
from deploy.version import Version, version_of

PLACES, VERSIONS = 20, 6
"""Repositories, and versions of each that are deployed one after the other."""
MANY, FEW = 10_000, 100
LOOKS = 200
MILLISECONDS, MICROSECONDS = 1000, 1_000_000
SHA = re.compile("[0-9a-f]{40}")
STAGING = Environment(name="staging", shown="staging", target={"type": "instant"}, automatic=True)
SERVICE = Service(name="web", labels=("WEB",), environments=(STAGING,))
ASIDE = ("deploy.flow.show", "deploy.flow.trace", "deploy.flow.tell")

PUBLISHES = """\
version: 0.2
env:
  exported-variables: [WEB]
phases:
  build:
    commands:
      - python3 -m zipfile -c web.zip number.txt
      - WEB="GitHub/$PRX_REPO/$PRX_COMMIT.zip"  # PRX_
      - install -D web.zip "$INTERLOCK_DEPOT/$WEB"
"""
PIPELINE = "services: {web: {environments: {staging: {target: {type: local, artifact: WEB}}}}}\n"


async def measure(directory: Path) -> Sequence[Figure]:
    async with Works(directory / "works.sqlite3") as works:
        moved = await _moved(works)
    async with Works(directory / "many.sqlite3") as works:
        order = await _order(works)
    return [*moved, order, *await _requests(directory / "town")]


class Instant:
    """A target that takes everything at once, and says when."""

    longest = timedelta(seconds=1)

    def __init__(self) -> None:
        self.written: dict[str, float] = {}

    async def live(self) -> Live:
        return Live(values={})

    async def deploy(self, write: Write) -> Progress:
        self.written.setdefault(write.token, time.perf_counter())
        return done("written", Live(values={"value": write.version.sha}))

    async def observe(self, write: Write) -> Progress:
        return await self.deploy(write)

    async def roll_back(self, write: Write, to: Live) -> Progress:
        assert to
        return await self.deploy(write)


class Outside:
    """All that is not measured answers at once: commits lie in the order of their numbers, and all may do all."""

    def __init__(self) -> None:
        self.target = Instant()

    def open(self, _deployment: Deployment, _repository: Repository) -> Instant:
        return self.target

    def hands_over(self, _repository: Repository) -> bool:
        return True

    async def relation(self, _repository: Repository, live: str, candidate: str) -> Relation:
        if live == candidate:
            return Relation.IDENTICAL
        return Relation.AHEAD if candidate > live else Relation.BEHIND

    async def rules(self, _repository: Repository, _environment: str) -> None:
        return None

    async def may(self, _repository: Repository, _login: str, _permission: str) -> bool:
        return True

    async def show(
        self, _repository: Repository, wanted: Announcement, _known: Announced | None, *, repeated: bool
    ) -> Announced:
        assert repeated in (True, False)
        return Announced(deployment=wanted.deployment, number=1, digest=wanted.state)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


class Works:
    """A worker with the routes of delivery and a database of its own, as in the App; what shows it elsewhere is left
    out."""

    def __init__(self, file: Path) -> None:
        self.database = Database(f"sqlite:///{file}")
        self.outside = Outside()
        self.log = EventLog(tasks_for)
        world: Any = self.outside
        outward = Outward(
            depot=None,
            written=world,
            targets=world,
            pointers=StoredPointers(self.database),
            ancestry=world,
            rules=world,
            around=world,
            github=world,
            checks=world,
            pull_requests=world,
            trails=world,
            chat=Chat(world, world, world, world),
            app_id=1,
        )
        self.make = cd_bundle(outward)
        calls = DELIVERY.with_bundle(self.make)
        shown = {name: _nothing if name.startswith(ASIDE) else call for name, call in calls.items()}
        self.worker = Worker(self.database, self.log, Switchboard(shown))

    async def __aenter__(self) -> Self:
        await migrate(self.database)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def save(self, change: Callable[[CD], Awaitable[None]]) -> None:
        work = UnitOfWork(self.database, now=now())
        await change(self.make(work))
        async with self.database.write() as connection:
            await work.flush(connection)

    async def tell(self, *events: Event) -> None:
        async with self.database.write() as connection:
            await self.log.append(connection, events, at=now())
        self.worker.wake.set()

    async def settle(self, repositories: int) -> None:
        """One repository with a configuration each."""
        for each in range(1, repositories + 1):

            async def change(cd: CD, known: int = each) -> None:
                remote: Any = cd.repositories
                remote.save(Repository(id=known, full_name=f"acme/web-{known}", installation=1))
                cd.configurations.save(Configuration(repository=known, sha=sha(0), services=(SERVICE,), written=True))

            await self.save(change)


async def _nothing(_event: Event, _work: UnitOfWork) -> Sequence[Event]:
    return ()


# --- versions move -----------------------------------------------------------------------------


async def _moved(works: Works) -> Sequence[Figure]:
    await works.settle(PLACES)
    commits = [await _seconds(works.save, _configured(each + 1)) for each in range(PLACES * 2)]
    began = time.perf_counter()
    for turn in range(VERSIONS):
        versions = [version(place, turn) for place in range(1, PLACES + 1)]
        await works.tell(*(VersionRegistered(version=each.id, registered=each) for each in versions))
        await works.worker.drain()
    each = (time.perf_counter() - began) / (PLACES * VERSIONS)
    rate = Figure("Deployments through one worker, with a target that takes all at once", ["", "", "commits"])
    rate.rows.append(["a minute", number(60 / each), ""])
    rate.rows.append(["ms each", number(each * MILLISECONDS), f"{number(each / median(commits))} ×"])
    rate.notes.append("Two writes of the record around each write of the target; what is shown on GitHub is left out.")
    working = asyncio.create_task(works.worker.run())
    waits = [await _rolled_back(works, place) for place in range(1, PLACES + 1)]
    works.worker.stop()
    await working
    back = Figure("From the command to roll back to the first write of the target", ["", "p50 ms", "p95 ms", "commits"])
    versus = f"{number(median(waits) / median(commits))} ×"
    back.rows.append(["rolled back", number(median(waits) * MILLISECONDS), number(p95(waits) * MILLISECONDS), versus])
    alone = [number(median(commits) * MILLISECONDS), number(p95(commits) * MILLISECONDS)]
    back.rows.append(["one commit alone", *alone, ""])
    return [back, rate]


async def _rolled_back(works: Works, place: int) -> float:
    written = works.outside.target.written
    before = set(written)
    given = Command(
        id=new_id(), verb=Verb.ROLLBACK, repository=place, environment="staging", reason="bad", by="ana", at=now()
    )
    began = time.perf_counter()
    await works.tell(CommandGiven(command=given.id, given=given, by="ana"))
    [token] = await eventually(lambda: set(written) - before or None)
    return written[token] - began


def _configured(repository: int) -> Callable[[CD], Awaitable[None]]:
    async def change(cd: CD) -> None:
        cd.configurations.save(Configuration(repository=1000 + repository, sha=sha(0), written=True))

    return change


# --- the order of many versions ----------------------------------------------------------------


async def _order(works: Works) -> Figure:
    await works.settle(1)
    figure = Figure("The order check", ["", "p50 ms", "p95 ms", "ratio"])
    reads = {}
    for count, already in ((FEW, 0), (MANY, FEW)):

        async def fill(cd: CD, first: int = already, last: int = count) -> None:
            for each in range(first, last):
                cd.deployments.save(_past(each))

        await works.save(fill)
        reads[count] = [await _seconds(_read, works) for _ in range(LOOKS)]
        versus = f"{ratio(reads[count], reads[FEW]).told()} ×" if count == MANY else ""
        figure.rows.append([f"what {count} versions left is read", *_times(reads[count]), versus])
    calls = Comparing()
    asked: Any = calls
    ancestry, repository = GitHubAncestry(asked), Repository(id=1, full_name="acme/web-1", installation=1)
    pairs = [(sha(each), sha(MANY)) for each in range(MANY)]
    unknown = [await _seconds(ancestry.relation, repository, *pair) for pair in pairs]
    known = [await _seconds(ancestry.relation, repository, *pair) for pair in reversed(pairs[-LOOKS:])]
    known_versus = f"{number(median(known) / median(unknown))} ×"
    figure.rows.append(["two new commits are compared, without GitHub's time, µs", *_times(unknown, MICROSECONDS), ""])
    figure.rows.append(["two that were compared before, µs", *_times(known, MICROSECONDS), known_versus])
    figure.notes.append(f"{calls.count} requests for {len(unknown) + len(known)} questions.")
    return figure


class Comparing:
    """GitHub's comparison, answered at once."""

    def __init__(self) -> None:
        self.count = 0

    async def send(self, _repository: Repository, _request: Any) -> Any:
        self.count += 1
        return _Answer()


class _Answer:
    data: Any = {"status": "ahead"}  # noqa: RUF012  nobody changes it


async def _read(works: Works) -> None:
    place = await works.make(UnitOfWork(works.database, now=now())).deployments.place("1/web/staging")
    assert place.present


def _past(number_: int) -> Deployment:
    at = now() + timedelta(seconds=number_ - MANY)
    state = State.LIVE if number_ == MANY - 1 else State.SUPERSEDED
    return Deployment(
        id=new_id(),
        version=version(1, number_),
        service="web",
        environment=STAGING,
        asked_at=at,
        state=state,
        why="written",
        arrived_at=at,
        live_at=at,
    )


# --- what GitHub is asked ----------------------------------------------------------------------


async def _requests(directory: Path) -> Sequence[Figure]:
    local = {"LOCAL_DEPOT": f"{directory}/depot", "LOCAL_TARGETS": f"{directory}/live"}
    figure = Figure("Requests to GitHub for a push, its build and its deployment", ["", "times", "request"])
    async with town(directory, "bench.unhurried", **local) as on:
        repository = await on.repository("web")
        for name in ("the first version", "the next version"):
            before = len(on.github.asked)
            await _deployed(on, repository, name)
            await quiet(on.requests)
            asked = Counter(template(each.method, each.path) for each in on.github.asked[before:])
            figure.rows.append([name, f"{sum(asked.values())}", "in all"])
            figure.rows += [["", f"{times}", SHA.sub("{sha}", path)] for path, times in asked.items()]
    return [figure]


async def _deployed(on: Town, repository: Remote, name: str) -> None:
    files: dict[str, str | bytes | None] = {
        "buildspec.yml": PUBLISHES,
        ".github/interlock.yml": PIPELINE,
        "number.txt": name,
    }
    commit = await on.github.commit_files(repository, "main", files, "Go on", OWNER_LOGIN)
    await eventually(
        lambda: any((each.sha, each.state) == (commit, "success") for each in on.github.deployments_of(repository))
    )


# --- small words -------------------------------------------------------------------------------


def sha(number_: int) -> str:
    return f"{number_:040x}"


def version(repository: int, number_: int) -> Version:
    name = f"acme/web-{repository}:{number_}"
    export = Export(kind=Kind.IMAGE, label="WEB", value=name, place=name, tag="t")
    artifact = Artifact(repository=repository, sha=sha(number_), build="b", export=export, digest=f"sha256:{number_}")
    return version_of(repository, sha(number_), [artifact])


async def _seconds(do: Callable[..., Awaitable[object]], *arguments: object) -> float:
    began = time.perf_counter()
    await do(*arguments)
    return time.perf_counter() - began


def _times(seconds: Sequence[float], scale: int = MILLISECONDS) -> Sequence[str]:
    return [number(median(seconds) * scale), number(p95(seconds) * scale)]
