"""A place that versions go to: what every kind of target can do, what it is told, and what it answers."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct
from pydantic import BaseModel, ConfigDict

from checks.errors import Transient
from deploy.artifact import Artifact
from deploy.version import Version


class Live(Struct, frozen=True, kw_only=True):
    """What a target has now. `values` says it by name, and has no name of what is not there; `mark` is the target's own
    revision, which is another one after every write, whoever wrote."""

    values: dict[str, str]
    mark: str = ""


class Write(Struct, frozen=True, kw_only=True):
    """One version on its way into one environment. `token` is the deployment's id: the same write again is harmless.

    `fence` numbers the lease and `until` is its end: nothing is written that could arrive later. `before` is what was
    live when the deployment began; what is neither that nor its own was written by somebody else.
    """

    token: str
    service: str
    environment: str
    version: Version
    fence: int
    until: datetime
    before: Live | None = None

    def begins(self, longest: timedelta) -> None:
        """Before every request that writes: raises `Transient` unless the lease outlasts it."""
        if datetime.now(UTC) + longest > self.until:
            raise Transient(f"the lease of {self.service} {self.environment} ends too soon to write under it")


class State(StrEnum):
    GOING = "going"
    DONE = "done"
    FAILED = "failed"


class Progress(Struct, frozen=True, kw_only=True):
    """How far a write is. `why` is one sentence, with the next step where it FAILED; `evidence` is a link.

    While it is GOING, `deploy` (or `roll_back`) is asked again after `again`, under a lease.
    """

    state: State
    why: str
    evidence: str = ""
    live: Live | None = None
    again: timedelta | None = None


class Refused(Exception):
    """A target does not take it, and would not take it again: the message says why, and what to do.

    `code` is the target's own word for it. Inside a kind it ends a story early; outside, it is a Progress that FAILED.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Target(Protocol):
    """All may raise `Transient` for what may pass; whatever the target refuses is a Progress that FAILED."""

    @property
    def longest(self) -> timedelta:
        """The longest that one request which writes may take, with all its repetitions: see `pointer.outlasts`."""
        ...

    async def live(self) -> Live:
        """What is there, whoever put it there. Raises `Permanent` with the next step if nobody may know."""
        ...

    async def deploy(self, write: Write) -> Progress:
        """Begins or goes on, from whatever is there. Killed at any point, it is asked again and finishes."""
        ...

    async def observe(self, write: Write) -> Progress:
        """Whether the version is what is live. Writes nothing."""
        ...

    async def roll_back(self, write: Write, to: Live) -> Progress:
        """What was live before is put back. `write` may be that of the deployment that is undone, or of a new one."""
        ...


class Surroundings(Protocol):
    """What a target may touch. `aws` has a boto3 client of the App's region by each attribute."""

    @property
    def aws(self) -> Any: ...

    @property
    def http(self) -> Any:
        """An aiohttp session."""
        ...

    @property
    def home(self) -> Path:
        """Where local targets are."""
        ...

    @property
    def parameters(self) -> Sequence[str]:
        """Names of parameters begin with one of these, or are not written. The operator says it, not a repository."""
        ...

    def in_region(self, name: str) -> Any:
        """As `aws`, for another region."""
        ...

    def bucket(self, region: str) -> str:
        """The bucket of a region where the zips lie; "" is the App's region."""
        ...

    async def fetch(self, artifact: Artifact, region: str, into: Path) -> None:
        """Writes a zip to a file; raises `Permanent` if it is not there, `Transient` for what may pass."""
        ...


class Kind(BaseModel):
    """What people write in interlock.yml under `target:`; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    type: str

    def open(self, service: str, environment: str, around: Surroundings) -> Target | None:
        """None if somebody else deploys and reports."""
        raise NotImplementedError

    def problems(self, labels: Collection[str]) -> list[str]:
        """What is wrong with it for a service that has these labels."""
        raise NotImplementedError

    def labels(self) -> Collection[str]:
        """The artifacts that it deploys, in the order in which they are written."""
        return ()

    def places(self) -> Collection[str]:
        """What it writes to, as people call it: a place can belong to one environment only."""
        return ()


def artifact_of(version: Version, label: str) -> Artifact:
    found = version.artifact(label)
    if found is None:
        raise Refused(f"this version has no {label}: let the build of {version.sha[:7]} export it, and push")
    return found


def unknown(label: str, labels: Collection[str]) -> list[str]:
    """The sentence for a label that a service does not have."""
    if label in labels:
        return []
    return [f"there is no artifact {label}: this service has {', '.join(sorted(labels)) or 'none'}"]


def failed(why: str, live: Live | None = None) -> Progress:
    return Progress(state=State.FAILED, why=why, live=live)


def done(why: str, live: Live, evidence: str = "") -> Progress:
    return Progress(state=State.DONE, why=why, live=live, evidence=evidence)


def going(why: str, again: timedelta, live: Live | None = None) -> Progress:
    return Progress(state=State.GOING, why=why, live=live, again=again)
