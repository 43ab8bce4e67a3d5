"""What CI needs from the world: each port as small as the story uses it, and the bundle `CI`.

Reads may be asked at any time. `add`, `save` and `see` take effect together with the end of the
task, in one commit. The effects (`Checks.show`, `Checks.annotate`, `Runner.start`, `Runner.stop`)
happen at once and are safe to repeat; `CI.repeated` says that the task was begun before. All may
raise `Transient` or `Permanent`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from checks.build import Architecture, Build, Moved
from checks.change import Change, Push
from checks.check_run import CheckRun
from checks.events import Event
from checks.plan import Policy
from checks.pull_request import PullRequest
from checks.repository import Repository
from checks.result import Result
from checks.test_outcomes import TestOutcomes


class Builds(Protocol):
    async def get(self, build: str) -> Build: ...

    async def of_commit(self, repository: int, sha: str) -> Sequence[Build]:
        """All builds of a commit, the newest first."""
        ...

    async def active(self, repository: int, pull_request: int | None = None) -> Sequence[Build]:
        """Builds that have not ended, of a repository or of one of its pull requests, oldest first."""
        ...

    async def waiting_before(self, build: Build) -> int:
        """How many queued builds are older, in the whole system."""
        ...

    async def delayed_before(self, build: Build) -> str:
        """Why the oldest delayed build of this architecture waits, if one is older than this one; else nothing."""
        ...

    def add(self, build: Build) -> Sequence[Event]:
        """Remember a new build; returns how it makes itself known."""
        ...

    def save(self, moved: Moved) -> Sequence[Event]:
        """Remember a move; returns what follows (nothing if nothing changed)."""
        ...


class Changes(Protocol):
    async def add(self, change: Change) -> bool:
        """Remember a change; False if the same intent came before, be it under another delivery."""
        ...


class PullRequests(Protocol):
    async def get(self, repository: int, number: int) -> PullRequest | None: ...

    async def open_with_head(self, repository: int, sha: str) -> Sequence[PullRequest]: ...

    def save(self, repository: int, pull_request: PullRequest) -> None: ...


class Repositories(Protocol):
    async def get(self, repository: int) -> Repository:
        """The repository as it is called now; `Permanent` if the App lost it."""
        ...

    def save(self, repository: Repository) -> None: ...

    def lose(self, repository: int, reason: str) -> None: ...

    def gain_installation(self, installation: int, account: str) -> None: ...

    def lose_installation(self, installation: int, reason: str) -> None: ...

    async def of_installation(self, installation: int) -> Sequence[int]: ...


class Source(Protocol):
    async def buildspec(self, change: Change) -> str | None:
        """The root `buildspec.yml` at the change's commit, or None; asked of GitHub only if unknown."""
        ...

    async def message(self, change: Change) -> str:
        """The commit's message."""
        ...

    async def note_push(self, repository: int, push: Push) -> None:
        """Remember that a push left the buildspec alone, so that its commits need no request."""
        ...


class People(Protocol):
    async def may_write(self, repository: Repository, login: str) -> bool:
        """Whether this person can push to the repository now (admin, maintain or write)."""
        ...


class Shown(Struct, frozen=True, kw_only=True):
    """What GitHub shows of a build: the check run's number there, a digest of its content, and how many
    annotations it has."""

    build: str
    check_run: int
    digest: str
    annotations: int = 0


class Checks(Protocol):
    """Check runs on GitHub. `known` is what was shown last, as far as we know; `repeated` says that the task
    was begun before, so that the effect may already be there and has to be looked for first."""

    async def show(
        self, repository: Repository, check: CheckRun, known: Shown | None, *, repeated: bool
    ) -> Shown | None:
        """Make the check look like this, with its first annotations; returns what GitHub shows now.

        Creates the check run if there is none with this `external_id`. None: it was progress that would have
        had to wait its turn, and was left out because the next showing tells it.
        """
        ...

    async def annotate(self, repository: Repository, check: CheckRun, known: Shown, *, repeated: bool) -> Shown:
        """Send the next batch of annotations after those that `known` counts."""
        ...


class ShownChecks(Protocol):
    async def get(self, build: str) -> Shown | None: ...

    def save(self, shown: Shown) -> None: ...


class TestHistory(Protocol):
    """How the tests of builds ended that came to an end of their own."""

    async def of(self, builds: Sequence[str]) -> Mapping[str, TestOutcomes]:
        """What is kept of these builds, by build."""
        ...

    async def of_newest_push(
        self, repository: int, architecture: Architecture, *, before: str = ""
    ) -> tuple[Build, TestOutcomes] | None:
        """The newest build of a push of which something is kept; if `before` is given, one older than that build."""
        ...

    def save(self, build: str, outcomes: TestOutcomes) -> None: ...


class Order(Struct, frozen=True, kw_only=True):
    """What a runner is told: everything a run needs, and nothing secret.

    `token` names the run and makes starting it twice harmless. `ref` and `sha` pin the source. `lost` counts
    the earlier runs of this build that the platform lost. No run of the build is older than `since`.
    """

    token: str
    build: str
    since: datetime
    architecture: Architecture = Architecture.X86_64
    repository: Repository
    ref: str
    sha: str
    buildspec: str
    variables: dict[str, str]
    trusted: bool
    timeout: timedelta
    lost: int = 0


class Report(Struct, frozen=True, kw_only=True):
    """What a runner knows of a run: the phase it is in, or the result it ended with."""

    run: str
    phase: str = ""
    result: Result | None = None


class Runner(Protocol):
    """A place where builds run.

    `start` returns the runner's name of the run as soon as the run is accepted, not when it ends; the
    same order again returns the same run, however much later: `repeated` says that it may have been given
    before. A runner that has no room keeps the run in its own queue, or raises `Busy`. What becomes of
    runs is asked by `look`, again and again; a run that the runner does not know has ended with the
    outcome FAULT. `stop` returns at once; stopping what has ended does nothing.
    """

    async def start(self, order: Order, *, repeated: bool = False) -> str: ...

    async def stop(self, run: str) -> None: ...

    async def look(self, runs: Sequence[str]) -> Sequence[Report]: ...

    async def log(self, run: str, start: int = 0, limit: int = 1 << 20) -> bytes:
        """Bytes of the run's log from `start` on, at most `limit`; empty at its present end."""
        ...


class Links(Protocol):
    def log(self, build: str) -> str:
        """The page with the whole log of a build, for those who can read the repository."""
        ...


class NewId(Protocol):
    def __call__(self) -> str:
        """A new id; later ids sort after earlier ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CI:
    """Everything a handler of CI may touch."""

    changes: Changes
    builds: Builds
    pull_requests: PullRequests
    repositories: Repositories
    source: Source
    people: People
    checks: Checks
    shown: ShownChecks
    tests: TestHistory
    runner: Runner
    links: Links
    policy: Policy
    now: datetime
    new_id: NewId
    repeated: bool
