"""The sweep over running builds tells each piece of news once, and loses none."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from app.store.database import Database
from app.store.events import EventLog
from app.watch import BuildWatch
from checks.build import Build
from checks.errors import Transient
from checks.events import BuildReported, Event
from checks.ports import Order, Report
from checks.result import Outcome, Result
from tests.app.kept import move, store, told
from tests.checks.tellings import START, pushed

SUCCEEDED = Result(outcome=Outcome.SUCCEEDED)
BUILD = Build(id="01a", change=pushed("a").change, created_at=START, run="run-1")


def _nobody(_: Event) -> Sequence[tuple[str, str]]:
    return ()


class Runner:
    """Reports what the test says; `asked` are the runs that it was asked about."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.trouble: Exception | None = None
        self.asked: list[list[str]] = []

    async def look(self, runs: Sequence[str]) -> Sequence[Report]:
        self.asked.append(list(runs))
        if self.trouble:
            raise self.trouble
        return self.reports

    async def start(self, order: Order, *, repeated: bool = False) -> str:
        raise AssertionError(order)

    async def stop(self, run: str) -> None:
        raise AssertionError(run)

    async def log(self, run: str, start: int = 0, limit: int = 0) -> bytes:
        raise AssertionError(run, start, limit)


@pytest.fixture
def runner() -> Runner:
    return Runner()


@pytest.fixture
def watch(database: Database, runner: Runner) -> BuildWatch:
    return BuildWatch(database, EventLog(_nobody), runner, tick=0.001)


def _said(phase: str = "", result: Result | None = None) -> BuildReported:
    return BuildReported(build="01a", run="run-1", phase=phase, result=result)


async def test_without_runs_nobody_is_asked(database: Database, watch: BuildWatch, runner: Runner) -> None:
    await store(database, replace(BUILD, run=""))

    assert await watch.look() == ()
    assert runner.asked == []


async def test_each_phase_and_the_end_are_told_once(database: Database, watch: BuildWatch, runner: Runner) -> None:
    await store(database, BUILD)
    for report in (
        Report(run="run-1", phase="QUEUED"),
        Report(run="run-1", phase="INSTALL"),
        Report(run="run-1", phase="INSTALL"),
        Report(run="run-1", phase="BUILD"),
        Report(run="run-1", result=SUCCEEDED),
        Report(run="run-1", result=SUCCEEDED),
    ):
        runner.reports = [report]
        await watch.look()

    assert await told(database) == [_said("INSTALL"), _said("BUILD"), _said(result=SUCCEEDED)]


async def test_what_could_not_be_stored_is_told_at_the_next_look(
    database: Database, watch: BuildWatch, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(database, BUILD)
    runner.reports = [Report(run="run-1", result=SUCCEEDED)]

    def away() -> None:
        raise Transient("the database did not answer")

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", away)
        with pytest.raises(Transient):
            await watch.look()
    await watch.look()

    assert await told(database) == [_said(result=SUCCEEDED)]


async def test_a_new_process_tells_the_end_again_rather_than_never(
    database: Database, watch: BuildWatch, runner: Runner
) -> None:
    await store(database, BUILD)
    runner.reports = [Report(run="run-1", result=SUCCEEDED)]

    await watch.look()
    await BuildWatch(database, EventLog(_nobody), runner, tick=1).look()

    assert await told(database) == [_said(result=SUCCEEDED)] * 2


async def test_what_has_ended_is_asked_about_no_more(database: Database, watch: BuildWatch, runner: Runner) -> None:
    await store(database, BUILD)
    await move(database, BUILD.finished(SUCCEEDED, START))

    assert await watch.look() == ()
    assert runner.asked == []


async def test_a_phase_that_the_build_knows_is_no_news(database: Database, watch: BuildWatch, runner: Runner) -> None:
    await store(database, BUILD)
    await move(database, BUILD.started("INSTALL", START))
    runner.reports = [Report(run="run-1", phase="INSTALL")]

    assert await watch.look() == []
    assert runner.asked == [["run-1"]]


async def test_a_runner_in_trouble_is_asked_again(database: Database, watch: BuildWatch, runner: Runner) -> None:
    await store(database, BUILD)
    runner.trouble = Transient("the runner did not answer")
    woke = asyncio.Event()
    watching = asyncio.create_task(watch.run(woke))
    try:
        while len(runner.asked) < 2:  # noqa: ASYNC110  the watch sleeps its tick
            await asyncio.sleep(0.001)
        assert not woke.is_set()

        runner.trouble, runner.reports = None, [Report(run="run-1", result=SUCCEEDED)]
        await asyncio.wait_for(woke.wait(), 5)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert await told(database) == [_said(result=SUCCEEDED)]
