"""A place where builds run: it remembers its runs when the App is killed, now and then loses one, and tells of them.

What it tells by itself comes late, twice, in any order, or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random

from checks.errors import Busy, Permanent
from checks.events import RunNoticed
from checks.junit import Case, Ending
from checks.ports import Order, Report
from checks.result import Outcome, Result
from checks.test_report import TestReport, add_up
from tests.simulation.mishaps import Process

PHASES = ("QUEUED", "INSTALL", "BUILD", "POST_BUILD")


@dataclass
class Run:
    build: str
    phase: int = 0
    result: Result | None = None


@dataclass
class Machine:
    """All runs there ever were, by name."""

    random: Random
    runs: dict[str, Run] = field(default_factory=dict)
    by_token: dict[str, str] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)
    notices: list[RunNoticed] = field(default_factory=list)
    room: int = 1000

    def has_room_for(self, order: Order) -> bool:
        return order.token in self.by_token or len(self.active()) < self.room

    def take(self, order: Order) -> str:
        if order.token not in self.by_token:
            if any(run.build == order.build and run.result is None for run in self.runs.values()):
                self.wrongs.append(f"{order.build} was started while it was running")
            name = f"run-{len(self.runs) + 1}"
            self.by_token[order.token] = name
            self.runs[name] = Run(order.build)
        return self.by_token[order.token]

    def advance(self) -> bool:
        """One run makes one step; False if none is left."""
        going = [run for run in self.runs.values() if run.result is None]
        if not going:
            return False
        run = self.random.choice(going)
        run.phase += 1
        if run.phase >= len(PHASES) or self.random.random() < 0.15:
            run.result = self._result()
        self._tell(run)
        return True

    def some_notices(self) -> Sequence[RunNoticed]:
        told = [notice for notice in self.notices if self.random.random() < 0.3]
        self.random.shuffle(told)
        return told

    def _tell(self, run: Run) -> None:
        name = next(name for name, known in self.runs.items() if known is run)
        phase = "" if run.result else PHASES[run.phase]
        self.notices.append(RunNoticed(build=run.build, run=name, phase=phase, ended=run.result is not None))

    def active(self) -> set[str]:
        return {name for name, run in self.runs.items() if run.result is None}

    def _result(self) -> Result:
        outcome = self.random.choice(
            [Outcome.SUCCEEDED] * 4 + [Outcome.FAILED] * 3 + [Outcome.FAULT, Outcome.FAULT, Outcome.TIMED_OUT]
        )
        failing = 0 if outcome is Outcome.SUCCEEDED else self.random.choice([1, 50, 51, 120])
        return Result(outcome=outcome, tests=None if outcome is Outcome.FAULT else _tests(failing))


@cache
def _tests(failing: int) -> TestReport:
    """The report of 120 tests, of which some fail."""
    cases = [
        Case(
            name=f"test_{line}",
            group="cart",
            ending=Ending.FAILED if line <= failing else Ending.PASSED,
            seconds=0,
            file="a.py",
            line=f"{line}",
        )
        for line in range(1, 121)
    ]
    return add_up([("junit.xml", cases)], root="/src")


class Reached:
    """The runner in one life of the App."""

    def __init__(self, machine: Machine, process: Process) -> None:
        self._machine = machine
        self._process = process

    async def start(self, order: Order, *, repeated: bool = False) -> str:
        self._process.stumble("the runner")
        if not self._machine.has_room_for(order):
            raise Busy("there is no room now")
        if self._machine.random.random() < 0.02 and order.token not in self._machine.by_token:
            raise Permanent("there is no room for this build")
        run = self._machine.take(order)
        self._process.stumble("the runner")
        return run

    async def stop(self, run: str) -> None:
        self._process.stumble("the runner")
        known = self._machine.runs[run]
        known.result = known.result or Result(outcome=Outcome.STOPPED, message="it was stopped")
        self._process.stumble("the runner")

    async def look(self, runs: Sequence[str]) -> Sequence[Report]:
        self._process.stumble("the runner")
        return [self._report(name, self._machine.runs[name]) for name in runs]

    async def log(self, _run: str, _start: int = 0, _limit: int = 1 << 20) -> bytes:
        return b""

    def _report(self, name: str, run: Run) -> Report:
        return Report(run=name, phase="" if run.result else PHASES[run.phase], result=run.result)
