"""One run of a change's buildspec on a runner, and the moves that are legal for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from checks.button import Button
from checks.change import Change, Purpose
from checks.events import (
    BuildApproved,
    BuildCancelled,
    BuildDelayed,
    BuildErrored,
    BuildFailed,
    BuildHeld,
    BuildProgressed,
    BuildQueued,
    BuildRefused,
    BuildSkipped,
    BuildStarted,
    BuildSucceeded,
    BuildTimedOut,
    ButtonPressed,
    ButtonRefused,
    Event,
)
from checks.result import Outcome, Result
from checks.test_report import TestReport

MOST_FAULTS = 2
"""How often a build that the platform lost is started again before a person hears of it."""


class State(StrEnum):
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERROR = "error"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def is_final(self) -> bool:
        return not MOVES[self]


ENDS = frozenset({State.SUCCEEDED, State.FAILED, State.ERROR, State.TIMED_OUT, State.CANCELLED})

MOVES: Mapping[State, frozenset[State]] = {
    State.WAITING_FOR_APPROVAL: frozenset({State.QUEUED, State.CANCELLED}),
    # A run may begin and end between two looks at the runner: a queued build may end at once.
    State.QUEUED: frozenset({State.RUNNING, State.QUEUED, *ENDS}),
    State.RUNNING: frozenset({State.QUEUED, *ENDS}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.ERROR: frozenset(),
    State.TIMED_OUT: frozenset(),
    State.CANCELLED: frozenset(),
    State.SKIPPED: frozenset(),
}


class Architecture(StrEnum):
    X86_64 = "x86_64"
    AARCH64 = "aarch64"


class Build(Struct, frozen=True, kw_only=True):
    """A build; its natural key is (repository, sha, purpose, architecture, attempt).

    `why` says what the state alone does not ("9be01d2 is newer"). `faults` counts the runs that the
    platform lost; `run` is the runner's name for the present run, and `delay` says why there is none yet.
    `in_doubt`: there may be one all the same, which nobody has heard of.
    One build `leads` those of its commit for other architectures. `trusted` is False for code that nobody
    with write access to the repository vouches for: it gets no credential and no rights. `remark` answers
    whoever pressed a button in vain.
    """

    id: str
    change: Change
    created_at: datetime
    architecture: Architecture = Architecture.X86_64
    attempt: int = 1
    state: State = State.QUEUED
    trusted: bool = True
    publishes: bool = False
    leads: bool = True
    buildspec: str = ""
    why: str = ""
    approved_by: str = ""
    phase: str = ""
    run: str = ""
    delay: str = ""
    in_doubt: bool = False
    faults: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result: Result | None = None
    remark: str = ""

    @property
    def is_active(self) -> bool:
        return not self.state.is_final

    @property
    def took(self) -> timedelta | None:
        """How long the run took, from its start on a runner to its end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(timedelta(), self.finished_at - self.started_at)

    @property
    def has_published(self) -> bool:
        """Only what a publishing build exports is published."""
        return bool(self.state is State.SUCCEEDED and self.publishes and self.result and self.result.exported)

    @property
    def tests(self) -> TestReport:
        """Nothing was counted in a build without reports."""
        return (self.result and self.result.tests) or TestReport()

    @property
    def token(self) -> str:
        """Names one run: the same after a crash, another one after a fault."""
        return f"{self.id}-{self.faults}"

    def approved(self, by: str) -> "Moved":
        if self.state is not State.WAITING_FOR_APPROVAL:
            return Moved(build=self)
        said = BuildApproved(build=self.id, sha=self.change.sha, by=by)
        return self._to(State.QUEUED, said, approved_by=by, remark="")

    def refused(self, press: ButtonPressed, why: str) -> "Moved":
        """A button was pressed in vain: the build stays what it is, and says why."""
        said = ButtonRefused(build=self.id, button=press.button, why=why, by=press.by)
        return Moved(
            build=replace(self, remark=f"{Button(press.button).label} was refused: {why}"), changed=True, events=(said,)
        )

    def accepted(self, run: str) -> "Moved":
        """A runner has taken the build; it may still have to wait there."""
        if self.state is not State.QUEUED or run == self.run:
            return Moved(build=self)
        return Moved(build=replace(self, run=run, delay="", in_doubt=False), changed=True)

    def delayed(self, why: str, *, in_doubt: bool = False) -> "Moved":
        """No runner takes the build now. A doubt stays until a runner has the build; it is nothing to tell."""
        delayed = replace(self, delay=why, in_doubt=self.in_doubt or in_doubt)
        if self.state is not State.QUEUED or self.run or delayed == self:
            return Moved(build=self)
        said = (BuildDelayed(build=self.id, why=why),) if why != self.delay else ()
        return Moved(build=delayed, changed=True, events=said)

    def started(self, phase: str, at: datetime) -> "Moved":
        return self._to(State.RUNNING, BuildStarted(build=self.id), started_at=at, phase=phase)

    def progressed(self, phase: str) -> "Moved":
        if self.state is not State.RUNNING or phase == self.phase:
            return Moved(build=self)
        return Moved(
            build=replace(self, phase=phase), changed=True, events=(BuildProgressed(build=self.id, phase=phase),)
        )

    def cancelled(self, why: str, at: datetime) -> "Moved":
        return self._to(State.CANCELLED, BuildCancelled(build=self.id, why=why), why=why, finished_at=at)

    def errored(self, why: str, at: datetime) -> "Moved":
        return self._to(State.ERROR, BuildErrored(build=self.id, why=why), why=why, finished_at=at)

    def finished(self, result: Result, at: datetime) -> "Moved":
        """What the runner says is the end of the build, unless the platform lost it: then it runs again."""
        if self.state not in (State.QUEUED, State.RUNNING):
            return Moved(build=self)
        if result.outcome is Outcome.FAULT and self.faults < MOST_FAULTS:
            return self._to(
                State.QUEUED, BuildQueued(build=self.id), faults=self.faults + 1, run="", started_at=None, phase=""
            )
        state, event = self._end(result)
        # A short build may have begun and ended between two looks.
        started_at = self.started_at or at - timedelta(seconds=sum(phase.seconds for phase in result.phases))
        return self._to(
            state, event, result=result, started_at=started_at, finished_at=at, why=result.message, phase=""
        )

    def _end(self, result: Result) -> tuple[State, Event]:
        match result.outcome:
            case Outcome.SUCCEEDED:
                return State.SUCCEEDED, BuildSucceeded(
                    build=self.id,
                    repository=self.change.repository.id,
                    sha=self.change.sha,
                    published=self.publishes,
                    leads=self.leads,
                    on_branch=self.change.purpose is Purpose.PUSH,
                    exported=result.exported if self.publishes else {},
                )
            case Outcome.FAILED:
                return State.FAILED, BuildFailed(build=self.id)
            case Outcome.TIMED_OUT:
                return State.TIMED_OUT, BuildTimedOut(build=self.id)
            case Outcome.STOPPED:
                return State.CANCELLED, BuildCancelled(build=self.id, why=result.message)
            case Outcome.FAULT:
                return State.ERROR, BuildErrored(build=self.id, why=result.message)

    def _to(self, state: State, event: Event, **facts: Any) -> "Moved":
        if state not in MOVES[self.state]:
            return Moved(build=self)
        return Moved(build=replace(self, state=state, **facts), changed=True, events=(event,))


class Moved(Struct, frozen=True, kw_only=True):
    """A build after a move, and what follows. A move that is not legal changes nothing and says nothing."""

    build: Build
    changed: bool = False
    events: tuple[Event, ...] = ()


def created(build: Build) -> Event:
    """How a new build makes itself known; what it says depends on the state that it begins in."""
    match build.state:
        case State.WAITING_FOR_APPROVAL:
            return BuildHeld(build=build.id, why=build.why)
        case State.SKIPPED:
            return BuildSkipped(build=build.id, why=build.why)
        case State.FAILED:
            return BuildRefused(build=build.id, why=build.why)
        case State.QUEUED:
            return BuildQueued(build=build.id)
        case _:
            raise ValueError(f"a build cannot begin as {build.state}")
