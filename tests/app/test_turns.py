"""Delayed builds are tried in the order of their age: soon after places became free, more while they are taken."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from app.store.database import Database
from app.store.events import EventLog
from app.turns import FIRST_WAIT, LONGEST_WAIT, Trial, Turns, decide
from checks.build import Architecture, Build
from checks.events import BuildDue
from tests.app.kept import move, store, told
from tests.checks.tellings import START, pushed

BUSY = "CodeBuild allows 1 build at a time in this account"


def _build(name: str, **facts: object) -> Build:
    return replace(Build(id=name, change=pushed(name[-1]).change, created_at=START, delay=BUSY), **facts)


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(database: Database, clock: Clock) -> Turns:
    return Turns(database, EventLog(lambda _event: ()), clock)


def _names(due: Sequence[BuildDue]) -> list[str]:
    return [each.build for each in due]


async def test_where_nothing_is_delayed_nobody_is_called(database: Database, turns: Turns) -> None:
    await store(database, _build("01a", delay=""), _build("01b", delay="", run="run-1"))

    assert await turns.call() == ()


async def test_the_oldest_is_tried_after_its_first_wait(database: Database, turns: Turns, clock: Clock) -> None:
    await store(database, _build("01b"), _build("01a"))

    assert _names(await turns.call()) == []
    clock.at = FIRST_WAIT
    assert _names(await turns.call()) == ["01a"]
    assert await told(database) == [BuildDue(build="01a")]


async def test_while_all_that_are_tried_are_taken_more_follow(database: Database, turns: Turns, clock: Clock) -> None:
    builds = [_build(f"01{letter}") for letter in "abcdef"]
    await store(database, *builds)
    await turns.call()
    clock.at = FIRST_WAIT
    tried = [_names(await turns.call())]

    for taken in (builds[:1], builds[1:3]):
        for build in taken:
            await move(database, build.accepted(f"run-{build.id}"))
        tried.append(_names(await turns.call()))

    assert tried == [["01a"], ["01b", "01c"], ["01d", "01e", "01f"]]


async def test_who_is_refused_again_holds_up_those_behind(database: Database, turns: Turns, clock: Clock) -> None:
    await store(database, _build("01a"), _build("01b"))
    await turns.call()
    clock.at = FIRST_WAIT
    await turns.call()

    assert _names(await turns.call()) == []


async def test_when_a_run_ended_the_oldest_is_tried_at_once(database: Database, turns: Turns) -> None:
    running = _build("01a", delay="", run="run-1")
    await store(database, running, _build("01b"))
    await turns.call()

    await move(database, running.cancelled("nobody wants it", START + timedelta(seconds=1)))

    assert _names(await turns.call()) == ["01b"]
    assert _names(await turns.call()) == []


async def test_each_architecture_has_a_queue_of_its_own(database: Database, turns: Turns, clock: Clock) -> None:
    await store(database, _build("01a"), _build("01b", architecture=Architecture.AARCH64), _build("01c"))
    await turns.call()

    clock.at = FIRST_WAIT

    assert _names(await turns.call()) == ["01a", "01b"]


def test_the_waits_grow_to_the_longest() -> None:
    trial, at, waits = Trial(running=1, again=FIRST_WAIT), 0.0, []
    for _ in range(8):
        at = trial.again
        trial, due = decide(trial, ["b"], 1, at)
        assert due == ["b"]
        waits.append(trial.wait)

    assert waits == [4.0, 8.0, 16.0, 32.0, 64.0, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]
    assert 0.8 * LONGEST_WAIT <= trial.again - at <= 1.2 * LONGEST_WAIT
