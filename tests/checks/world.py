"""CI's world in memory: every port plainly, its effects as lines, and its changes in force when a handler has ended."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from msgspec.structs import replace

from app.routes import CHECKS
from checks.build import Architecture, Build, Moved, created
from checks.change import Change, Purpose, Push, short
from checks.check_run import CheckRun
from checks.errors import Busy, Permanent
from checks.events import Event
from checks.plan import Policy
from checks.ports import CI, Order, Report, Shown
from checks.pull_request import PullRequest
from checks.repository import Repository
from checks.test_outcomes import TestOutcomes
from tests.checks.tellings import BUILDSPEC, START

BATCH = 50
NO_WORK: Any = None
"""What the bundle of the store needs and this world does not."""


class World:
    """All ports in one object, except those whose methods share a name; `effects` lists what was asked and done."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.now = START
        self.effects: list[str] = []
        self.refused: list[str] = []
        self.writers = {"ana", "bo"}
        self.buildspecs: dict[str, str | None] = {}
        self.messages: dict[str, str] = {}
        self.builds: dict[str, Build] = {}
        self.pull_requests: dict[int, PullRequest] = {}
        self.repositories: dict[int, Repository] = {}
        self.lost: dict[int, str] = {}
        self.installations: dict[int, str] = {}
        self.intents: set[str] = set()
        self.noted: list[Push] = []
        self.shown: dict[str, Shown] = {}
        self.outcomes: dict[str, TestOutcomes] = {}
        self.check_runs: dict[int, CheckRun] = {}
        self.runs: dict[str, Order] = {}
        self.refusal = ""
        self.busy = ""
        self.in_doubt = False
        self.looked_for: list[str] = []
        self.reports: dict[str, Report] = {}
        self.pending: list[Callable[[], object]] = []
        self._numbers = count(1)
        self._routes = CHECKS.with_bundle(lambda _work: self.ci())

    def ci(self, *, repeated: bool = False) -> CI:
        return CI(
            changes=_Changes(self),
            builds=_Builds(self),
            pull_requests=_PullRequests(self),
            repositories=_Repositories(self),
            source=_Source(self),
            people=_People(self),
            checks=_Checks(self),
            shown=_Shown(self),
            tests=_TestHistory(self),
            runner=_Runner(self),
            links=_Links(),
            policy=self.policy,
            now=self.now,
            new_id=lambda: f"b{next(self._numbers)}",
            repeated=repeated,
        )

    async def hear(self, *events: Event) -> list[Event]:
        """Each event with all that follows from it, one after the other; returns what was said."""
        return [said for event in events for said in await self._story(event)]

    async def _story(self, first: Event) -> list[Event]:
        said: list[Event] = []
        waiting = [first]
        while waiting:
            event = waiting.pop(0)
            for handler, _ in CHECKS.tasks_for(event):
                try:
                    follows = await self._routes[handler](event, NO_WORK)
                except Permanent as refusal:
                    self.refused.append(str(refusal))
                    self.pending.clear()
                    continue
                self.commit()
                said += follows
                waiting += follows
        return said

    def commit(self) -> None:
        for change in self.pending:
            change()
        self.pending.clear()
        self.now += timedelta(seconds=1)

    def take_effects(self) -> list[str]:
        taken, self.effects = self.effects, []
        return taken

    def facts(self) -> object:
        """Everything that CI remembers and GitHub shows; equal before and after what changes nothing."""
        return (
            dict(self.builds),
            dict(self.pull_requests),
            dict(self.repositories),
            dict(self.lost),
            dict(self.installations),
            dict(self.shown),
            dict(self.outcomes),
            dict(self.check_runs),
            dict(self.runs),
        )

    def without_remarks(self) -> dict[str, Build]:
        return {number: replace(build, remark="") for number, build in self.builds.items()}

    def states(self) -> list[tuple[str, str]]:
        """(commit, state) of every build, the oldest first."""
        return [(build.change.sha[0], str(build.state)) for build in self.builds.values()]


class _Part:
    def __init__(self, world: World) -> None:
        self._world = world


class _Changes(_Part):
    async def add(self, change: Change) -> bool:
        if change.intent in self._world.intents:
            return False
        self._world.pending.append(lambda: self._world.intents.add(change.intent))
        return True


class _Builds(_Part):
    async def get(self, build: str) -> Build:
        if build not in self._world.builds:
            raise Permanent(f"there is no build {build}")
        return self._world.builds[build]

    async def of_commit(self, repository: int, sha: str) -> Sequence[Build]:
        return [build for build in self._of(repository) if build.change.sha == sha][::-1]

    async def active(self, repository: int, pull_request: int | None = None) -> Sequence[Build]:
        return [build for build in self._of(repository) if build.is_active and pull_request in (None, _number(build))]

    async def waiting_before(self, build: Build) -> int:
        return sum(other.id < build.id and other.state == "queued" for other in self._world.builds.values())

    async def delayed_before(self, build: Build) -> str:
        waiting = [other for other in self._world.builds.values() if other.delay and other.state == "queued"]
        alike = sorted(other.id for other in waiting if other.architecture == build.architecture)
        return self._world.builds[alike[0]].delay if alike and alike[0] < build.id else ""

    def add(self, build: Build) -> Sequence[Event]:
        self._world.pending.append(lambda: self._world.builds.update({build.id: build}))
        return [created(build)]

    def save(self, moved: Moved) -> Sequence[Event]:
        if moved.changed:
            self._world.pending.append(lambda: self._world.builds.update({moved.build.id: moved.build}))
        return moved.events

    def _of(self, repository: int) -> list[Build]:
        return [build for build in self._world.builds.values() if build.change.repository.id == repository]


def _number(build: Build) -> int | None:
    return build.change.pull_request.number if build.change.pull_request else None


class _PullRequests(_Part):
    async def get(self, _repository: int, number: int) -> PullRequest | None:
        return self._world.pull_requests.get(number)

    async def open_with_head(self, _repository: int, sha: str) -> Sequence[PullRequest]:
        return [known for known in self._world.pull_requests.values() if known.open and known.head_sha == sha]

    def save(self, _repository: int, pull_request: PullRequest) -> None:
        self._world.pending.append(lambda: self._world.pull_requests.update({pull_request.number: pull_request}))


class _Repositories(_Part):
    async def get(self, repository: int) -> Repository:
        if reason := self._world.lost.get(repository):
            raise Permanent(f"{self._world.repositories[repository].full_name} is out of reach: {reason}")
        return self._world.repositories[repository]

    def save(self, repository: Repository) -> None:
        def write() -> None:
            known = self._world.repositories.get(repository.id, repository)
            self._world.repositories[repository.id] = repository.completed_by(known)
            self._world.lost.pop(repository.id, None)

        self._world.pending.append(write)

    def lose(self, repository: int, reason: str) -> None:
        self._world.pending.append(lambda: self._world.lost.update({repository: reason}))

    def gain_installation(self, installation: int, account: str) -> None:
        def write() -> None:
            reason = self._world.installations.get(installation)
            self._world.installations[installation] = ""
            for known in self._world.repositories.values():
                if known.installation == installation and self._world.lost.get(known.id) == reason:
                    self._world.lost.pop(known.id, None)

        self._world.pending.append(write)

    def lose_installation(self, installation: int, reason: str) -> None:
        self._world.pending.append(lambda: self._world.installations.update({installation: reason}))

    async def of_installation(self, installation: int) -> Sequence[int]:
        known = self._world.repositories.values()
        return [each.id for each in known if each.installation == installation and each.id not in self._world.lost]


class _Source(_Part):
    async def buildspec(self, change: Change) -> str | None:
        self._world.effects.append(f"look {short(change.sha)}")
        return self._world.buildspecs.get(change.sha, BUILDSPEC)

    async def message(self, change: Change) -> str:
        return self._world.messages.get(change.sha, "")

    async def note_push(self, _repository: int, push: Push) -> None:
        self._world.pending.append(lambda: self._world.noted.append(push))


class _People(_Part):
    async def may_write(self, _repository: Repository, login: str) -> bool:
        return login in self._world.writers


class _Checks(_Part):
    """Creates a check run unless it knows one, or finds one because the task was begun before."""

    async def show(
        self, _repository: Repository, check: CheckRun, known: Shown | None, *, repeated: bool
    ) -> Shown | None:
        digest = f"{check.status} {check.conclusion} {check.title} {check.summary}"
        if known and known.digest == digest:
            return known
        if known is None and repeated:
            known = self._find(check)
        number = known.check_run if known else len(self._world.check_runs) + 1
        sent = known.annotations if known else 0
        batch = check.annotations[:BATCH] if not sent else ()
        self._world.check_runs[number] = replace(check, annotations=(*self._there(number), *batch))
        self._world.effects.append(f"show {short(check.head_sha)} {check.conclusion or check.status}")
        return Shown(build=check.external_id, check_run=number, digest=digest, annotations=sent + len(batch))

    async def annotate(self, _repository: Repository, check: CheckRun, known: Shown, *, repeated: bool) -> Shown:
        there = self._there(known.check_run)
        if repeated and len(there) > known.annotations:
            return replace(known, annotations=len(there))
        batch = check.annotations[known.annotations : known.annotations + BATCH]
        run = self._world.check_runs[known.check_run]
        self._world.check_runs[known.check_run] = replace(run, annotations=(*there, *batch))
        self._world.effects.append(f"annotate {short(check.head_sha)} {len(there) + len(batch)}")
        return replace(known, annotations=known.annotations + len(batch))

    def _there(self, number: int) -> tuple[object, ...]:
        run = self._world.check_runs.get(number)
        return run.annotations if run else ()

    def _find(self, check: CheckRun) -> Shown | None:
        for number, run in self._world.check_runs.items():
            if run.external_id == check.external_id:
                return Shown(build=check.external_id, check_run=number, digest="", annotations=len(run.annotations))
        return None


class _Shown(_Part):
    async def get(self, build: str) -> Shown | None:
        return self._world.shown.get(build)

    def save(self, shown: Shown) -> None:
        self._world.pending.append(lambda: self._world.shown.update({shown.build: shown}))


class _TestHistory(_Part):
    async def of(self, builds: Sequence[str]) -> Mapping[str, TestOutcomes]:
        return {build: kept for build, kept in self._world.outcomes.items() if build in builds}

    async def of_newest_push(
        self, repository: int, architecture: Architecture, *, before: str = ""
    ) -> tuple[Build, TestOutcomes] | None:
        builds = [self._world.builds[build] for build in sorted(self._world.outcomes)]
        wanted = (repository, Purpose.PUSH, architecture)
        found = [
            build
            for build in builds
            if (build.change.repository.id, build.change.purpose, build.architecture) == wanted
            and (not before or build.id < before)
        ]
        return (found[-1], self._world.outcomes[found[-1].id]) if found else None

    def save(self, build: str, outcomes: TestOutcomes) -> None:
        self._world.pending.append(lambda: self._world.outcomes.update({build: outcomes}))


class _Runner(_Part):
    async def start(self, order: Order, *, repeated: bool = False) -> str:
        if repeated:
            self._world.looked_for.append(order.token)
        if self._world.busy:
            raise Busy(self._world.busy, in_doubt=self._world.in_doubt)
        if self._world.refusal:
            raise Permanent(self._world.refusal)
        run = f"run-{order.token}"
        if run not in self._world.runs:
            self._world.runs[run] = order
            self._world.effects.append(f"start {order.token} {short(order.sha)}")
        return run

    async def stop(self, run: str) -> None:
        self._world.effects.append(f"stop {run}")

    async def look(self, runs: Sequence[str]) -> Sequence[Report]:
        return [self._world.reports.get(run, Report(run=run)) for run in runs]

    async def log(self, run: str, start: int = 0, limit: int = 1 << 20) -> bytes:
        return b""[start : start + limit]


class _Links:
    def log(self, build: str) -> str:
        return f"https://ci.example.org/builds/{build}"
