"""A typed condition on the way of a version: before a deployment (may it start?) or after it (did it work?)."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Any, ClassVar, Protocol

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field

from checks.duration import human
from checks.errors import Permanent, Transient
from checks.repository import Repository
from deploy.span import Span
from deploy.version import Version


class When(StrEnum):
    BEFORE = "before"
    AFTER = "after"


class State(StrEnum):
    """PENDING waits for somebody or for a time, RUNNING is being measured. FAILED is the user's, ERROR ours or
    the platform's: it could not be measured, and is tried again. INCONCLUSIVE asks a person."""

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    INCONCLUSIVE = "inconclusive"
    EXPIRED = "expired"
    OVERRIDDEN = "overridden"

    @property
    def is_open(self) -> bool:
        return self in OPEN

    @property
    def lets_pass(self) -> bool:
        return self in (State.PASSED, State.OVERRIDDEN)


OPEN = frozenset({State.PENDING, State.RUNNING, State.ERROR, State.INCONCLUSIVE})
_ENDS = frozenset({State.PASSED, State.FAILED, State.EXPIRED, State.OVERRIDDEN})

MOVES: Mapping[State, frozenset[State]] = {
    **dict.fromkeys(OPEN, OPEN | _ENDS),
    # What holds only at its moment (an open window) is judged again right before the write.
    State.PASSED: OPEN | _ENDS,
    State.FAILED: frozenset({State.OVERRIDDEN}),
    State.EXPIRED: frozenset({State.OVERRIDDEN}),
    State.OVERRIDDEN: frozenset(),
}


class Decision(Struct, frozen=True, kw_only=True):
    """What a person said, and through what (`github`, `slack`, `api`). `by` is a GitHub login."""

    by: str
    by_id: int
    approved: bool
    at: datetime
    reason: str = ""
    via: str = "github"

    def is_by(self, login: str, number: int) -> bool:
        """Whether this user said it, also if they are called something else by now."""
        return self.by.lower() == login.lower() or (number != 0 and self.by_id == number)


PLACES = ("environment", "service", "version", "sha", "url")
IN_BRACES = re.compile(rf"\{{({'|'.join(PLACES)})\}}")


class Case(Struct, frozen=True, kw_only=True):
    """What a kind may look at.

    `authors` are the logins of who wrote or merged what would be new here, `deployer` asked for the deployment ("" for
    an automatic one). `url` is the environment's address or "". `began_at` is when the present attempt began, the
    first being attempt 1. `memory` is what the kind told last time in this attempt.

    Before a deployment `earlier` names the environment before this one ("" if there is none). `live_since` says since
    when the version has been live without a break: there, or after a deployment here; None if it is not.
    `lived` is the longest time it was, of those that have ended.
    """

    deployment: str
    service: str
    environment: str
    name: str
    when: When
    version: Version
    repository: Repository
    authors: tuple[str, ...] = ()
    deployer: str = ""
    deployer_id: int = 0
    decisions: tuple[Decision, ...] = ()
    url: str = ""
    began_at: datetime
    now: datetime
    attempts: int = 1
    memory: dict[str, str] = {}
    earlier: str = ""
    live_since: datetime | None = None
    lived: timedelta = timedelta()

    def filled(self, text: str, written: Callable[[str], str] = str) -> str:
        """The text with the names of `PLACES` filled in where they stand in braces, each as `written` has it."""
        values = dict(
            zip(PLACES, (self.environment, self.service, self.version.id, self.version.sha, self.url), strict=True)
        )
        return IN_BRACES.sub(lambda place: written(values[place[1]]), text)


class Verdict(Struct, frozen=True, kw_only=True):
    """`why` is one sentence without its full stop: what is missing and who or what brings it, or how it went.

    `again` is when to look again, None when something happens. `memory` is handed back in the next case.
    """

    state: State
    why: str
    evidence: str = ""
    again: timedelta | None = None
    memory: dict[str, str] = {}


class Alarm(Struct, frozen=True, kw_only=True):
    """A CloudWatch alarm: OK, ALARM or INSUFFICIENT_DATA, and since when."""

    state: str
    since: datetime


class Jenkins(Struct, frozen=True, kw_only=True):
    """The operator's Jenkins: its address, and a person there with one of their API tokens."""

    url: str
    user: str
    token: str

    def __repr__(self) -> str:
        return f"Jenkins({self.url!r}, {self.user!r})"


class Errand(Struct, frozen=True, kw_only=True):
    """A buildspec to run on the runner: the file at `buildspec` in the repository at `sha`.

    The same `token` is the same run, however often it is asked for. No run of it is older than `since`.
    """

    token: str
    since: datetime
    repository: Repository
    sha: str
    buildspec: str
    variables: dict[str, str]
    timeout: timedelta


class Run(Struct, frozen=True, kw_only=True):
    """How an errand stands: PENDING (no room), RUNNING, PASSED, FAILED or ERROR (the platform's). `log` is a URL."""

    state: State
    why: str = ""
    log: str = ""


Network = IPv4Network | IPv6Network


class Surroundings(Protocol):
    """What a kind may ask. All raise `Transient` while they cannot be asked."""

    http: Any
    """An aiohttp session. Rules know no I/O, and so not its type either."""

    networks: Sequence[Network]
    """Networks that webhooks may ask although they are not public. Loopback is only reached if it is one of them."""

    jenkins: Jenkins | None

    def job_refusal(self, repository: Repository, job: str) -> str:
        """Why this repository may not begin this job of Jenkins; nothing if it may. The operator says it."""
        ...

    async def may(self, repository: Repository, login: str, permission: str, by_id: int = 0) -> bool:
        """Whether this person has at least this permission there now: read, triage, write, maintain or admin.

        With their number on GitHub it has to be this very user: somebody may have taken over the login.
        """
        ...

    async def is_member(self, organisation: str, team: str, login: str) -> bool:
        """Whether this person is an active member of the team (its slug) or of a team below it now."""
        ...

    async def checks(self, repository: Repository, sha: str) -> Mapping[str, str]:
        """The newest check run or status of each name: its conclusion, or its status while it has none."""
        ...

    async def alarms(self, names: Sequence[str], region: str) -> Mapping[str, Alarm]:
        """Those of these alarms that exist, by name; "" is the App's own region."""
        ...

    async def build(self, errand: Errand) -> Run:
        """Begins a run, or tells how the one of this token stands. Safe to repeat; `Permanent` if there is no such
        file or runner."""
        ...


RESPITE = timedelta(seconds=15)
"""Until what could not be measured is measured again, and between a failed attempt and the next one."""


class Promotion(BaseModel, ABC):
    """What every kind has. A kind's own fields are what people write in interlock.yml."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    momentary: ClassVar[bool] = False
    """That it passed says nothing of later: it is judged again right before the write."""

    deadline: Span | None = Field(
        default=None, description="How long an attempt may take; what is still open then has expired."
    )
    attempts: int = Field(default=1, ge=1, le=10, description="How often it is tried until it has failed.")

    async def judge(self, case: Case, around: Surroundings) -> Verdict:
        """The verdict on the facts of this moment; an ERROR where they cannot be had."""
        try:
            return await self.look(case, around)
        except Transient as trouble:
            return Verdict(state=State.ERROR, why=str(trouble), again=RESPITE, memory=case.memory)
        except Permanent as refusal:
            return Verdict(state=State.FAILED, why=str(refusal))

    @abstractmethod
    async def look(self, case: Case, around: Surroundings) -> Verdict:
        """As `judge`; may raise `Transient` and `Permanent`."""


ASK_PEOPLE = frozenset({"manual", "github"})
"""Types whose next step is somebody's decision."""


class IllegalMove(Exception):
    """A result that has ended was moved: a bug, or a signal that came too late."""


class Result(Struct, frozen=True, kw_only=True):
    """What a deployment keeps of a promotion.

    `began_at` is when the attempt began that `attempts` counts, `look_at` when to look again, None when something
    happens. `by` and `reason` say who overrode it, and why.
    """

    name: str
    when: When
    type: str
    state: State = State.PENDING
    why: str = ""
    evidence: str = ""
    by: str = ""
    reason: str = ""
    began_at: datetime | None = None
    look_at: datetime | None = None
    attempts: int = 0
    memory: dict[str, str] = {}

    @property
    def asks_people(self) -> bool:
        return self.type in ASK_PEOPLE

    def begun(self, now: datetime) -> "Result":
        """The deployment got to this promotion; returns itself if it had before."""
        return self if self.began_at else replace(self, began_at=now, look_at=now, attempts=1)

    def judged(self, verdict: Verdict, rule: Promotion, now: datetime) -> "Result":
        """The verdict in the light of attempts and deadline.."""
        began_at = self.began_at or now
        if verdict.state is State.FAILED and self.attempts < rule.attempts:
            why = f"attempt {self.attempts} of {rule.attempts}: {verdict.why}"
            verdict = replace(verdict, state=State.PENDING, why=why, again=RESPITE)
            return replace(self._told(verdict, now), began_at=now, attempts=self.attempts + 1, memory={})
        if verdict.state.is_open and rule.deadline is not None:
            verdict = _in_time(verdict, rule.deadline, began_at + rule.deadline - now)
        return self._told(verdict, now)

    def overridden(self, by: str, reason: str) -> "Result":
        """Whoever calls this has asked whether they may, and for a reason."""
        self._check(State.OVERRIDDEN)
        why = f"overridden by @{by}: {reason}"
        return replace(self, state=State.OVERRIDDEN, why=why, by=by, reason=reason, look_at=None)

    def _told(self, verdict: Verdict, now: datetime) -> "Result":
        self._check(verdict.state)
        return replace(
            self,
            state=verdict.state,
            why=verdict.why,
            evidence=verdict.evidence or self.evidence,
            look_at=None if verdict.again is None else now + verdict.again,
            memory=verdict.memory,
        )

    def _check(self, state: State) -> None:
        if state not in MOVES[self.state]:
            raise IllegalMove(f"{self.name} is {self.state}, and cannot be {state} any more")


def _in_time(verdict: Verdict, deadline: timedelta, left: timedelta) -> Verdict:
    """What is still open at its deadline has expired; until then it is looked at no later than that."""
    if left <= timedelta():
        why = f"not within {human(deadline)}: {verdict.why}"
        return replace(verdict, state=State.EXPIRED, why=why, again=None)
    return replace(verdict, again=left if verdict.again is None else min(verdict.again, left))
