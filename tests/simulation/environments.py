"""A world in memory in which versions move while everything goes wrong, one step of one worker at a time.

Every port is asked in two steps: before and after each of them the worker may be killed, the other side may fail, and
all others may go on. What a task saves counts at its end and only as a whole, as in the store.
"""

import types
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from app.routes import DELIVERY
from app.routing import name_of
from checks.errors import Permanent, Transient
from checks.events import Event
from checks.repository import Repository
from deploy.announcement import Announced, Announcement
from deploy.deployment import Deployment
from deploy.events import CommandEvent, DeploymentDue, HoldEnded
from deploy.flow import configure, outside, publish, show, trace
from deploy.hold import Hold, State
from deploy.order import Relation
from deploy.pipeline import Configuration
from deploy.place import Place
from deploy.pointer import Pointer
from deploy.ports import CD
from deploy.revert import Commit
from deploy.target import Live, Progress, Write, done, failed, going
from deploy.version import Version
from tests.deploy.world import APP, NOW, Around, Rules, World

LONGEST = timedelta(seconds=20)
REST = timedelta(hours=2)
"""Longer than anything here waits for."""
TASK_LEASE = timedelta(seconds=30)
ASIDE = tuple(chapter.__name__ for chapter in (configure, outside, publish, show, trace))
"""What tells of versions elsewhere, or where they come from, has tests of its own."""
HANDLERS: Mapping[str, Callable[[Any, CD], Awaitable[Sequence[Event]]]] = {
    name: each for each in DELIVERY.handlers() if not (name := name_of(each)).startswith(ASIDE)
}
MOST_ATTEMPTS = 60


class Killed(BaseException):
    """The worker is gone in the middle of a task."""


@types.coroutine
def pause() -> Generator[None, None, None]:
    yield


@dataclass(frozen=True)
class Chances:
    """How likely trouble is, at each step."""

    kill: float = 0.0
    fail: float = 0.0
    double: float = 0.0
    steal: float = 0.0
    jump: float = 0.0
    refuse: float = 0.0
    linger: float = 0.0


@dataclass(eq=False)
class Task:
    """`attempts` counts how often it was begun; a worker whose number is old has lost it."""

    event: Event
    handler: str
    key: str
    number: int
    attempts: int = 0
    running: bool = False
    run_at: datetime = NOW
    troubles: int = 0


@dataclass(eq=False)
class Run:
    """One worker at one task. `began` is the commit after which it began."""

    task: Task
    attempt: int
    began: int
    work: "Work"
    coroutine: Any


@dataclass
class Flight:
    """A write that was sent: it lands, or does not, before `until`, whatever becomes of who sent it."""

    spot: "Spot"
    write: Write
    sha: str
    until: datetime
    sender: "Run | None"


@dataclass
class Landed:
    """What came of a write: what the environment had before and has since, and the deployment as it was on record."""

    had: str
    has: str
    deployment: Deployment


@dataclass
class Spot:
    """An environment with one value, which refuses to write over what it does not expect, as targets do."""

    world: "Environments"
    name: str
    has: str = ""
    landed: list[Landed] = field(default_factory=list)
    lingers: dict[str, int] = field(default_factory=dict)
    longest: timedelta = LONGEST

    async def live(self) -> Live:
        await self.world.step()
        seen = Live(values={"value": self.has} if self.has else {})
        await self.world.step()
        return seen

    async def deploy(self, write: Write) -> Progress:
        return await self._set(write, write.version.sha)

    async def observe(self, write: Write) -> Progress:
        raise AssertionError(write)

    async def roll_back(self, write: Write, to: Live) -> Progress:
        return await self._set(write, to.values["value"])

    async def _set(self, write: Write, sha: str) -> Progress:
        await self.world.step()
        random, chances = self.world.random, self.world.chances
        expected = ("", sha, write.version.sha, (write.before or Live(values={})).values.get("value", ""))
        if write.before is not None and self.has not in expected:
            return failed(f"somebody else set it to {self.has[:7]}, and it was {expected[3][:7]} when this began")
        if self.has != sha and random.random() < chances.refuse and not self._has_sent(write):
            return failed("it was refused: mend that")
        if self.world.now + LONGEST > write.until:
            raise Transient("the lease ends too soon to write under it")
        self.world.note(rule(self.world, write) for rule in self.world.on_write)
        flight = Flight(self, write, sha, self.world.now + LONGEST, self.world.current)
        self.world.air.append(flight)
        try:
            await self.world.step()
        finally:
            # A worker that is killed leaves what it sent in the air.
            if not self.world.killing:
                self.world.land(flight)
        await self.world.step()
        left = self.lingers.setdefault(write.token, random.randrange(3) if random.random() < chances.linger else 0)
        self.lingers[write.token] = max(0, left - 1)
        if left:
            return going(f"{left} left", timedelta(seconds=random.choice([0, 15, 90])))
        return done(f"wrote {sha[:7]}", Live(values={"value": self.has}))

    def _has_sent(self, write: Write) -> bool:
        return any(each.write.token == write.token for each in self.world.air)


@dataclass(eq=False)
class Environments:
    """All that there is, and the wrongs that were seen at the moment at which they happened."""

    random: Random
    configuration: Configuration
    history: Sequence[str]
    versions: Mapping[str, Version]
    chances: Chances = field(default_factory=Chances)
    messages: Mapping[str, str] = field(default_factory=dict)
    rights: Mapping[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    """What checks on a commit say."""
    now: datetime = NOW
    workers: int = 3
    skewed: bool = False
    """Whether the machines of some workers are late."""
    deployments: dict[str, tuple[int, Deployment]] = field(default_factory=dict)
    looks: dict[str, datetime] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    placed: dict[str, int] = field(default_factory=dict)
    """After which commit a hold was there."""
    pointers: dict[str, Pointer] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    """The commit after which the worker began that sent a deployment's first write."""
    spots: dict[str, Spot] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)
    known: dict[str, Announced] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    air: list[Flight] = field(default_factory=list)
    said: list[Event] = field(default_factory=list)
    on_write: "Sequence[Callable[[Environments, Write], Iterable[str]]]" = ()
    on_landing: "Sequence[Callable[[Environments, Spot], Iterable[str]]]" = ()
    on_commit: "Sequence[Callable[[Environments, Run], Iterable[str]]]" = ()
    """What has to be true at its moment: each tells what is wrong."""
    wrongs: list[str] = field(default_factory=list)
    commits: int = 0
    changed: datetime = NOW
    ids: int = 0
    numbers: int = 0
    steps: int = 0
    kill_at: int = 0
    killing: bool = False
    current: Run | None = None

    def __post_init__(self) -> None:
        self.spots = {name: Spot(self, name) for name in ("staging", "production")}

    # --- what a world may have otherwise

    handlers: ClassVar = HANDLERS
    once: ClassVar[tuple[type[Event], ...]] = (CommandEvent,)
    """What never comes twice."""

    def tasks_for(self, event: Event) -> Iterable[tuple[str, str]]:
        return DELIVERY.tasks_for(event)

    def work(self, *, now: datetime, repeated: bool) -> "Work":
        return Work(self, now=now, repeated=repeated)

    # --- what happens

    def tell(self, *events: Event) -> None:
        """Events are stored, each with its tasks; now and then one comes twice."""
        for event in events:
            self.said.append(event)
            times = 1
            if not isinstance(event, self.once) and self.random.random() < self.chances.double:
                times = 2
            for _ in range(times):
                for name, key in self.tasks_for(event):
                    if name in self.handlers:
                        self.numbers += 1
                        self.tasks.append(Task(event, name, key, self.numbers, run_at=self.now))

    def one_step(self) -> bool:
        """Something happens; False if there is nothing to do before time passes."""
        self._land_some()
        if self.random.random() < self.chances.jump:
            self.pass_time(timedelta(seconds=self.random.choice([1, 20, 100, 400])))
        if len(self.runs) < self.workers:
            claimable = self._claimable()
            if claimable and (not self.runs or self.random.random() < 0.5):
                self._begin(self.random.choice(claimable))
        if self.runs and self.random.random() < self.chances.steal:
            self._steal(self.random.choice(self.runs))
        if not self.runs:
            return bool(self.tasks) and bool(self._claimable())
        self._go_on(self.random.choice(self.runs))
        return True

    def settle(self, most: int = 100_000) -> None:
        """Work, and let time pass, until nothing is left to do."""
        for _ in range(most):
            if self.one_step():
                continue
            if not self.tasks and self.now - self.changed > REST:
                return  # people are asked for ever, and nothing comes of it
            upcoming = [*(task.run_at for task in self.tasks), *self.looks.values(), *self._ends()]
            if not upcoming:
                return
            self.pass_time(min((at for at in upcoming if at > self.now), default=self.now) - self.now)
        raise AssertionError(f"this history never comes to rest: {[(t.handler, t.event) for t in self.tasks]}")

    def end(self) -> None:
        """Nobody works any more."""
        self.killing = True
        for run in self.runs:
            run.coroutine.close()

    def pass_time(self, by: timedelta) -> None:
        """Only what is in the air has to have ended before."""
        writing = [each.until for each in self.air if each.sender in self.runs]
        self.now = max(self.now, min([self.now + by, *writing]))
        for flight in [each for each in self.air if each.until < self.now and each.sender not in self.runs]:
            self.land(flight) if self.random.random() < 0.5 else self.air.remove(flight)
        self._sweep()

    def _sweep(self) -> None:
        """As `app.deadlines`: each time that comes is told once."""
        due = [name for name, at in self.looks.items() if at <= self.now]
        for name in due:
            del self.looks[name]
        expired = [hold for each in self.holds.values() if (hold := each.expired(self.now))]
        for hold in expired:
            self.holds[hold.id] = hold
        told: list[Event] = [DeploymentDue(deployment=name) for name in due]
        told += [HoldEnded(hold=hold.id, scope=hold.scope, why="its time is over") for hold in expired]
        self.tell(*told)

    def _ends(self) -> Iterable[datetime]:
        return [hold.until for hold in self.holds.values() if hold.state is State.ACTIVE and hold.until]

    # --- workers

    def _claimable(self) -> list[Task]:
        """As `app.store.tasks`: the first of each key, and none beside one that runs."""
        first: dict[str, Task] = {}
        for task in sorted(self.tasks, key=lambda each: (not each.running, not each.attempts, each.number)):
            first.setdefault(task.key, task)
        return [task for task in first.values() if not task.running and task.run_at <= self.now]

    def _begin(self, task: Task) -> None:
        task.running = True
        task.attempts += 1
        skew = timedelta(milliseconds=self.random.choice([0, 0, -700])) if self.skewed else timedelta()
        work = self.work(now=self.now + skew, repeated=task.attempts > 1)
        coroutine = self.handlers[task.handler](task.event, work.cd())
        self.runs.append(Run(task, task.attempts, self.commits, work, coroutine))

    def _steal(self, run: Run) -> None:
        """A worker was away for so long that another one took its task; both go on."""
        if run.attempt == run.task.attempts and run.task.attempts < MOST_ATTEMPTS:
            self._begin(run.task)

    def _go_on(self, run: Run) -> None:
        self.steps += 1
        self.now += timedelta(milliseconds=1)
        self.current = run
        kill = self.steps == self.kill_at or self.random.random() < self.chances.kill
        try:
            self.killing = kill
            run.coroutine.throw(Killed()) if kill else run.coroutine.send(None)
        except StopIteration as ended:
            self._end(run, ended.value)
        except Transient as trouble:
            self._postpone(run, trouble)
        except Permanent as refusal:
            self._refuse(run, refusal)
        except Killed:
            self._release(run)
        except Exception as bug:  # noqa: BLE001  a dead letter is what is looked for
            self.wrongs.append(f"{run.task.handler} died: {type(bug).__name__}: {bug}")
            self._forget(run)
        finally:
            self.killing = False
            self.current = None

    def _end(self, run: Run, follows: Sequence[Event]) -> None:
        if run.attempt != run.task.attempts or run.task not in self.tasks:
            self.runs.remove(run)
            return
        if trouble := run.work.stale():
            self._postpone(run, trouble)
            return
        self._forget(run)
        self.commits += 1
        if follows:
            self.changed = self.now
        run.work.flush()
        self.tell(*follows)
        self.note(rule(self, run) for rule in self.on_commit)

    def _refuse(self, run: Run, refusal: Permanent) -> None:
        self.wrongs.append(f"{run.task.handler} died: {type(refusal).__name__}: {refusal}")
        self._forget(run)

    def _forget(self, run: Run) -> None:
        self.runs.remove(run)
        if run.task in self.tasks:
            self.tasks.remove(run.task)

    def _postpone(self, run: Run, trouble: Transient) -> None:
        self.runs.remove(run)
        if run.attempt != run.task.attempts or run.task not in self.tasks:
            return
        run.task.running = False
        run.task.troubles += 1
        if run.task.troubles > MOST_ATTEMPTS * 5:
            raise AssertionError(f"{run.task.handler} is tried for ever: {trouble}")
        run.task.run_at = self.now + timedelta(seconds=min(2**run.task.troubles, 300))

    def _release(self, run: Run) -> None:
        self.runs.remove(run)
        if run.attempt == run.task.attempts:
            run.task.running = False
            run.task.run_at = self.now

    async def step(self) -> None:
        await pause()

    async def stumble(self, what: str) -> None:
        await pause()
        if self.random.random() < self.chances.fail:
            raise Transient(f"{what} did not answer")

    # --- what is written

    def land(self, flight: Flight) -> None:
        if flight not in self.air:
            return
        self.air.remove(flight)
        spot = flight.spot
        _, deployment = self.deployments[flight.write.token]
        spot.landed.append(Landed(spot.has, flight.sha, deployment))
        spot.has = flight.sha
        self.note(rule(self, spot) for rule in self.on_landing)

    def note(self, told: Iterable[Iterable[str]]) -> None:
        self.wrongs += [f"{wrong} (step {self.steps})" for some in told for wrong in some]

    def _land_some(self) -> None:
        """What dead workers sent arrives when it likes."""
        for flight in [each for each in self.air if each.sender not in self.runs]:
            if self.random.random() < 0.1:
                self.land(flight)

    def place(self, name: str) -> Place:
        here = sorted((d for _, d in self.deployments.values() if d.place == name), key=lambda each: each.id)
        return Place(name=name, deployments=tuple(reversed(here)))

    def all(self) -> list[Deployment]:
        return [deployment for _, (_, deployment) in sorted(self.deployments.items())]

    def relation(self, old: str, new: str) -> Relation:
        if old == new:
            return Relation.IDENTICAL
        if old not in self.history or new not in self.history:
            return Relation.DIVERGED
        return Relation.AHEAD if self.history.index(new) > self.history.index(old) else Relation.BEHIND


class Work:
    """What one task reads and changes."""

    def __init__(self, world: Environments, *, now: datetime, repeated: bool) -> None:
        self.world = world
        self.now = now
        self.repeated = repeated
        self.read: dict[str, int] = {}
        self.saved: list[tuple[Deployment, int]] = []
        self.later: list[Callable[[], None]] = []

    def cd(self) -> CD:
        ports: Any = Ports(self)
        pure: Any = World(rights=dict(self.world.rights))
        there: dict[str, Any] = {
            "repositories": ports,
            "versions": Versions(self.world),
            "depot": None,
            "configurations": Configurations(self.world),
            "deployments": Deployments(self),
            "holds": Holds(self),
            "pointers": Pointers(self.world),
            "targets": Targets(self.world),
            "ancestry": Ancestry(self.world),
            "rules": Rules(pure),
            "around": People(pure, self.world),
            "announcements": Announcements(self),
            "pull_requests": PullRequests(self.world),
            "app_id": APP,
            "now": self.now,
            "new_id": self.new_id,
            "repeated": self.repeated,
        }
        return CD(**{**{each.name: None for each in fields(CD)}, **there})

    def new_id(self) -> str:
        self.world.ids += 1
        return f"n{self.world.ids:04}"

    def stale(self) -> Transient | None:
        """Whether somebody changed a deployment since it was read; several saves of one task follow each other."""
        known = {name: changes for name, (changes, _) in self.world.deployments.items()}
        for deployment, changes in self.saved:
            if known.get(deployment.id, 0) != changes:
                return Transient(f"deployment {deployment.id} was changed by somebody else")
            known[deployment.id] = changes + 1
        return None

    def flush(self) -> None:
        world = self.world
        for deployment, changes in self.saved:
            world.deployments[deployment.id] = (changes + 1, deployment)
            world.looks.pop(deployment.id, None)
            if deployment.look_at:
                world.looks[deployment.id] = deployment.look_at
        for write in self.later:
            write()


class Ports:
    """A repository is always found, and nobody wrote anything down beside the configuration."""

    def __init__(self, work: Work) -> None:
        self._world = work.world

    async def get(self, repository: int) -> Repository:
        await self._world.step()
        return Repository(id=repository, full_name="PRX/My-App", installation=7)


class Versions:
    def __init__(self, world: Environments) -> None:
        self._world = world

    async def named(self, repository: int, name: str) -> Sequence[Version]:
        await self._world.step()
        every = self._world.versions.values()
        return [each for each in every if each.repository == repository and name in (each.id, each.sha[: len(name)])]


class Configurations:
    def __init__(self, world: Environments) -> None:
        self._world = world

    async def get(self, _repository: int) -> Configuration:
        await self._world.step()
        return self._world.configuration


class Deployments:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._world = work.world

    async def get(self, deployment: str) -> Deployment:
        found = await self.find(deployment)
        assert found
        return found

    async def find(self, deployment: str) -> Deployment | None:
        await self._world.step()
        changes, found = self._world.deployments.get(deployment, (0, None))
        if found:
            self._work.read.setdefault(deployment, changes)
        return found

    async def place(self, name: str) -> Place:
        await self._world.step()
        here = self._world.place(name)
        for each in here.deployments:
            self._work.read.setdefault(each.id, self._world.deployments[each.id][0])
        return here

    async def waiting_below(self, scope: str) -> Sequence[Deployment]:
        await self._world.step()
        waiting = [each for each in self._world.all() if each.state.is_waiting]
        return [each for each in waiting if not scope or f"{each.place}/".startswith(f"{scope}/")]

    def save(self, deployment: Deployment) -> None:
        self._work.saved.append((deployment, self._work.read.get(deployment.id, 0)))


class Holds:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._world = work.world

    async def covering(self, place: str) -> Sequence[Hold]:
        await self._world.step()
        return [each for each in self._world.holds.values() if each.covers(place) and each.state is State.ACTIVE]

    def save(self, hold: Hold) -> None:
        def write() -> None:
            self._world.placed.setdefault(hold.id, self._world.commits)
            self._world.holds[hold.id] = hold

        self._work.later.append(write)


class Pointers:
    def __init__(self, world: Environments) -> None:
        self._world = world

    async def get(self, place: str) -> Pointer:
        await self._world.step()
        return self._get(place)

    async def change(self, place: str, move: Callable[[Pointer], Pointer | None]) -> Pointer | None:
        await self._world.stumble("the database")
        moved = move(self._get(place))
        if moved:
            self._world.pointers[place] = moved
            assert self._world.current
            if moved.writer:
                self._world.begun.setdefault(moved.writer, self._world.current.began)
        await self._world.stumble("the database")
        return moved

    def _get(self, place: str) -> Pointer:
        return self._world.pointers.get(place, Pointer(environment=place))


class Targets:
    def __init__(self, world: Environments) -> None:
        self._spots = world.spots

    def open(self, deployment: Deployment, _repository: Repository) -> Spot:
        return self._spots[deployment.environment.name]

    def hands_over(self, _repository: Repository) -> bool:
        return True


class Ancestry:
    def __init__(self, world: Environments) -> None:
        self._world = world

    async def relation(self, _repository: Repository, live: str, candidate: str) -> Relation:
        await self._world.stumble("GitHub")
        return self._world.relation(live, candidate)

    async def is_on_default_branch(self, _repository: Repository, sha: str) -> bool:
        await self._world.stumble("GitHub")
        return sha in self._world.history

    async def between(self, _repository: Repository, base: str, head: str) -> Sequence[Commit]:
        await self._world.stumble("GitHub")
        history = list(self._world.history)
        found = history[history.index(base) + 1 : history.index(head) + 1] if {base, head} <= set(history) else []
        return [Commit(sha=sha, message=self._world.messages.get(sha, sha[:7])) for sha in found]


class People(Around):
    """People and checks; GitHub may be away."""

    def __init__(self, pure: World, world: Environments) -> None:
        super().__init__(pure)
        self._environments = world

    async def may(self, repository: Repository, login: str, permission: str, by_id: int = 0) -> bool:
        await self._environments.stumble("GitHub")
        return await super().may(repository, login, permission, by_id)

    async def checks(self, repository: Repository, sha: str) -> Mapping[str, str]:
        await self._environments.stumble("GitHub")
        return self._environments.answers.get(sha, {})


class PullRequests:
    """Everything was pushed without one; GitHub may be away."""

    def __init__(self, world: Environments) -> None:
        self._world = world

    async def of_commit(self, _repository: Repository, _sha: str) -> Sequence[Any]:
        await self._world.stumble("GitHub")
        return ()


class Announcements:
    """What GitHub was told of each deployment."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._world = work.world

    async def known(self, deployment: str) -> Announced | None:
        await self._world.step()
        return self._world.known.get(deployment)

    async def show(
        self, _repository: Repository, wanted: Announcement, known: Announced | None, *, repeated: bool
    ) -> Announced:
        assert repeated in (True, False)
        told = Announced(deployment=wanted.deployment, number=1, digest=f"{wanted.state}: {wanted.why}")
        if known == told:
            return known
        await self._world.stumble("GitHub")
        self._world.shown.setdefault(wanted.deployment, []).append(told.digest)
        await self._world.stumble("GitHub")
        return told

    def save(self, announced: Announced) -> None:
        self._work.later.append(lambda: self._world.known.update({announced.deployment: announced}))
