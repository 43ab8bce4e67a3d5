"""One history: the real store, worker, routes and GitHub gateway, in a world where everything goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from random import Random
from shutil import copyfile

from sqlalchemy import update

from app.github.checks import GitHubChecks
from app.github.people import GitHubPeople
from app.github.source import GitHubSource
from app.intake import Inbound
from app.notices import NoticeKeeper
from app.routes import CHECKS, DELIVERY, INBOUND, tasks_for
from app.routing import Switchboard
from app.store import tables
from app.store.builds import StoredBuilds
from app.store.buildspecs import RememberedSource
from app.store.changes import StoredChanges, StoredPullRequests
from app.store.clock import now
from app.store.deliveries import GroupCommitInbox
from app.store.delivery import Delivery
from app.store.events import EventLog
from app.store.ids import new_id
from app.store.repositories import StoredRepositories
from app.store.shown_checks import StoredShownChecks
from app.store.tasks import Tasks
from app.store.test_outcomes import StoredTestHistory
from app.store.unit_of_work import UnitOfWork
from app.turns import Turns
from app.watch import BuildWatch
from app.worker import Worker
from checks.errors import Transient
from checks.events import Event
from checks.plan import Policy
from checks.ports import CI
from tests.app.delivery import bundle
from tests.simulation import github as remote
from tests.simulation.github import APP, INSTALLATION, Calls, GitHub
from tests.simulation.mishaps import FragileDatabase, Killed, Process
from tests.simulation.people import People
from tests.simulation.runner import Machine, Reached

MOST_ROUNDS = 400
HOURS = count(0, 3600)
"""Whoever waits for their turn has always waited long enough."""


class Links:
    def log(self, build: str) -> str:
        return f"https://ci.example.org/builds/{build}"


class Life:
    """The App from one start to its end, be it a kill."""

    def __init__(self, file: Path, process: Process, github: GitHub, machine: Machine) -> None:
        self.process = process
        self.database = FragileDatabase(f"sqlite:///{file}", process)
        self.log = EventLog(tasks_for)
        self.tasks = Tasks(self.database)
        self.inbox = GroupCommitInbox(self.database, self.log)
        self.runner = Reached(machine, process)
        self.calls = Calls(github, process)
        self.watch = BuildWatch(self.database, self.log, self.runner, tick=1)
        self.turns = Turns(self.database, self.log, clock=lambda: next(HOURS))
        self.notices = NoticeKeeper(self.database, self.log)
        self.worker = Worker(
            self.database,
            self.log,
            Switchboard(
                INBOUND.with_bundle(lambda _: Inbound(self.inbox, APP)),
                CHECKS.with_bundle(self._ci),
                DELIVERY.with_bundle(bundle(self.database)),
            ),
        )

    def _ci(self, work: UnitOfWork) -> CI:
        return CI(
            changes=StoredChanges(work),
            builds=StoredBuilds(work),
            pull_requests=StoredPullRequests(work),
            repositories=StoredRepositories(work),
            source=RememberedSource(work, GitHubSource(self.calls)),
            people=GitHubPeople(self.calls),
            checks=GitHubChecks(self.calls, APP),
            shown=StoredShownChecks(work),
            tests=StoredTestHistory(work),
            runner=self.runner,
            links=Links(),
            policy=Policy(),
            now=work.now,
            new_id=new_id,
            repeated=work.repeated,
        )

    async def deliver(self, delivery: remote.Delivery) -> bool:
        """Whether GitHub hears that it was taken."""
        async with self.inbox:
            assert self.inbox._committer
            putting = asyncio.create_task(self.inbox.put(_as_stored(delivery)))
            await asyncio.wait({putting, self.inbox._committer}, return_when=asyncio.FIRST_COMPLETED)
            if self.process.dead:
                putting.cancel()
                self.inbox._committer.cancel()  # it may be idle: somebody else was killed
                await asyncio.gather(putting, self.inbox._committer, return_exceptions=True)
                self.inbox._committer = None
                raise Killed
            try:
                await putting
            except Transient:
                return False
        return True

    async def work(self, width: int) -> bool:
        """Perform some due tasks, in any order or at once; False if none was due."""
        claimed = list(await self.tasks.claim(self.worker.name, now(), width))
        self.process.random.shuffle(claimed)
        if self.process.random.random() < 0.5:
            for task in claimed:
                await self.worker._perform(task)
            return bool(claimed)
        ends = await asyncio.gather(*(self.worker._perform(task) for task in claimed), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return bool(claimed)


class History:
    """Everything that follows from one seed."""

    def __init__(self, seed: int, folder: Path, template: Path) -> None:
        self.random = Random(seed)
        self.file = folder / f"{seed}.sqlite3"
        copyfile(template, self.file)
        self.github = GitHub(self.random)
        self.machine = Machine(self.random, room=self.random.choice([1, 3, 1000]))
        self.people = People(self.github, self.random)
        self.kills = self.random.choice([0, 0.01, 0.03])
        self.fails = self.random.choice([0, 0.02, 0.1])
        self.width = self.random.choice([1, 3, 6])
        self.pace = self.random.choice([(0, 1), (1, 2, 3), (3, 5, 8)])
        self.dropped: list[remote.Delivery] = []
        self.crashes = 0
        self.life = self._start()

    async def run(self, deeds: int) -> None:
        for _ in range(deeds):
            self.people.do_something()
            for _ in range(self.random.choice(self.pace)):
                await self._attempt(self._one_step)
        self.kills = self.fails = 0.0
        await self._restart()
        await self._deliver_all()

    async def settle(self, *, runs_end: bool) -> None:
        """Work until nothing is left to do; if `runs_end` every run is let come to its end."""
        for _ in range(MOST_ROUNDS):
            while await self.life.work(6):
                pass
            news: list[Event] = [*await self.life.watch.look()]
            if runs_end:
                # The first call only learns who waits.
                news += [*await self.life.turns.call(), *await self.life.turns.call()]
            moved = runs_end and sum(self.machine.advance() for _ in range(6)) > 0
            waiting = await self.life.tasks.next_due()
            if not (news or moved or waiting):
                return
            if waiting:
                await self._pass_time()
        raise AssertionError("this history never comes to rest")

    async def end(self) -> None:
        await self.life.database.close()

    async def _one_step(self) -> None:
        step = self.random.choice(
            [
                self._deliver_some,
                self._work,
                self._work,
                self._look,
                self._hear,
                self._advance,
                self._all_at_once,
            ]
        )
        await step()

    async def _all_at_once(self) -> None:
        steps = (self._deliver_some(), self._work(), self._work(), self._look(), self._hear())
        ends = await asyncio.gather(*steps, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, Transient):
                raise end

    async def _deliver_some(self) -> None:
        """In any order; some twice, some only when GitHub is asked for them again."""
        for _ in range(self.random.randrange(1, 4)):
            if not self.github.outbox:
                return
            delivery = self.github.outbox.pop(self.random.randrange(min(3, len(self.github.outbox))))
            if self.random.random() < 0.15:
                self.dropped.append(delivery)
                continue
            self.dropped.append(delivery)  # until it is known to be stored
            if await self.life.deliver(delivery) and self.random.random() < 0.8:
                self.dropped.remove(delivery)

    async def _deliver_all(self) -> None:
        late = [*self.dropped, *self.github.outbox]
        self.random.shuffle(late)
        for delivery in late:
            await self.life.deliver(delivery)

    async def _work(self) -> None:
        for _ in range(self.random.randrange(1, 6)):
            if not await self.life.work(self.width):
                return

    async def _look(self) -> None:
        await self.life.watch.look()

    async def _hear(self) -> None:
        await self.life.notices.keep(self.machine.some_notices())
        await self.life.turns.call()

    async def _advance(self) -> None:
        self.machine.advance()
        await self._pass_time()

    async def _attempt(self, step: Callable[[], Awaitable[object]]) -> None:
        try:
            await step()
        except Killed:
            self.crashes += 1
            await self._restart()
        except Transient:
            pass

    async def _restart(self) -> None:
        await self.life.database.close()
        self.life = self._start()
        await self._attempt(Tasks(self.life.database).release_all)

    async def _pass_time(self) -> None:
        """All that waits for its time has waited long enough, and the leases of nobody have run out."""
        async with self.life.database.engine.connect() as connection:
            await connection.execution_options(immediate=True)
            async with connection.begin():
                await connection.execute(update(tables.tasks).values(run_at=0, lease_until=0))

    def _start(self) -> Life:
        process = Process(self.random, kills=self.kills, fails=self.fails)
        return Life(self.file, process, self.github, self.machine)


def _as_stored(delivery: remote.Delivery) -> Delivery:
    return Delivery(
        guid=delivery.guid,
        event=delivery.event,
        action=delivery.body.get("action", ""),
        repository_id=42,
        installation_id=INSTALLATION,
        headers={},
        body=delivery.raw,
        received_at=now(),
    )
