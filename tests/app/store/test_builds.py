"""Builds as rows: what is found is what was stored, and nobody overwrites what they did not read."""

import asyncio

import pytest
from msgspec.structs import replace
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import tables
from app.store.builds import BuildShelf, StoredBuilds, _row
from app.store.clock import now
from app.store.database import Database
from app.store.unit_of_work import UnitOfWork, Write
from checks.build import Architecture, Build, State
from checks.errors import Permanent, Transient
from checks.events import BuildCancelled, BuildQueued
from checks.result import Failure, Outcome, Phase, Result
from checks.test_report import FailedTest, TestReport, Verdict
from tests.checks.tellings import START, pull_request, pushed, sha, told

BUILD = Build(id="01a", change=pushed("a").change, created_at=START)
RICH = replace(
    BUILD,
    id="01b",
    change=told(pull_request("b")).change,
    architecture=Architecture.AARCH64,
    state=State.FAILED,
    trusted=False,
    approved_by="ana",
    run="run-1",
    faults=1,
    buildspec="version: 0.2\n# PRX_ \x00 ✓",
    started_at=START,
    finished_at=START,
    result=Result(
        outcome=Outcome.FAILED,
        phases=(Phase(name="BUILD", succeeded=False, seconds=1.5),),
        failure=Failure(phase="BUILD", command="make", exit_code=2),
        tests=TestReport(failed=1, failures=(FailedTest(name="t", verdict=Verdict.ERRORED, message="no"),)),
        exported={"WEB": "42"},
        log_tail="\x1b[31mno\x1b[0m \x00",
    ),
)


async def _store(database: Database, *builds: Build) -> None:
    work = UnitOfWork(database, now=now())
    for build in builds:
        work.later(_insert(build))
    await _commit(database, work)


def _insert(build: Build) -> Write:
    """A row in whatever state: a build begins in few of them."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(insert(tables.builds).values(_row(build, version=1)))

    return write


async def _commit(database: Database, work: UnitOfWork) -> None:
    async with database.write() as connection:
        await work.flush(connection)


async def _add(database: Database, build: Build) -> None:
    work = UnitOfWork(database, now=now())
    StoredBuilds(work).add(build)
    await _commit(database, work)


def _looking(database: Database) -> StoredBuilds:
    return StoredBuilds(UnitOfWork(database, now=now()))


async def test_a_build_comes_back_as_it_was(database: Database) -> None:
    await _store(database, BUILD, RICH)

    assert [await _looking(database).get(build.id) for build in (BUILD, RICH)] == [BUILD, RICH]
    assert await BuildShelf(database).build("01b") == RICH
    assert await BuildShelf(database).build("01z") is None
    with pytest.raises(Permanent, match="there is no build 01z"):
        await _looking(database).get("01z")


async def test_nothing_is_written_before_the_end_of_the_task(database: Database) -> None:
    work = UnitOfWork(database, now=now())

    assert StoredBuilds(work).add(BUILD) == [BuildQueued(build="01a")]
    assert await BuildShelf(database).newest() == []
    await _commit(database, work)
    assert await BuildShelf(database).newest() == [BUILD]


async def test_builds_are_found_by_commit_the_newest_first(database: Database) -> None:
    second = replace(BUILD, id="01c", attempt=2)
    await _store(database, BUILD, RICH, second)

    assert await _looking(database).of_commit(42, sha("a")) == [second, BUILD]
    assert await _looking(database).of_commit(43, sha("a")) == []


async def test_active_builds_are_found_by_repository_or_pull_request(database: Database) -> None:
    of_request = replace(RICH, id="01c", attempt=2, state=State.WAITING_FOR_APPROVAL)
    running = replace(BUILD, id="01d", attempt=2, state=State.RUNNING)
    await _store(database, BUILD, RICH, of_request, running)

    assert await _looking(database).active(42) == [BUILD, of_request, running]
    assert await _looking(database).active(42, 12) == [of_request]
    assert await _looking(database).active(42, 13) == []


async def test_those_that_wait_before_a_build_are_counted(database: Database) -> None:
    third = replace(BUILD, id="01d", attempt=3)
    await _store(database, BUILD, replace(BUILD, id="01c", attempt=2, state=State.RUNNING), third)

    assert [await _looking(database).waiting_before(build) for build in (BUILD, third)] == [0, 1]


async def test_builds_that_a_runner_has_are_found(database: Database) -> None:
    waiting = replace(BUILD, id="01c", attempt=2, run="run-2")
    await _store(database, BUILD, RICH, waiting)

    assert await BuildShelf(database).with_runs() == [waiting]


async def test_a_move_is_written_over_what_was_read(database: Database) -> None:
    await _store(database, BUILD)
    work = UnitOfWork(database, now=now())
    builds = StoredBuilds(work)

    build = await builds.get("01a")
    assert builds.save(build.cancelled("enough", START)) == (BuildCancelled(build="01a", why="enough"),)
    await _commit(database, work)

    assert (await _looking(database).get("01a")).state is State.CANCELLED


async def test_a_move_that_is_none_writes_nothing(database: Database) -> None:
    await _store(database, RICH)
    work = UnitOfWork(database, now=now())
    builds = StoredBuilds(work)

    assert builds.save((await builds.get("01b")).cancelled("enough", START)) == ()
    assert work._writes == []


async def test_what_somebody_else_changed_meanwhile_has_to_be_read_again(database: Database) -> None:
    await _store(database, BUILD)
    slow, fast = UnitOfWork(database, now=now()), UnitOfWork(database, now=now())
    for work, why in ((slow, "slow"), (fast, "fast")):
        builds = StoredBuilds(work)
        builds.save((await builds.get("01a")).cancelled(why, START))
    await _commit(database, fast)

    with pytest.raises(Transient, match="01a was changed by somebody else"):
        await _commit(database, slow)
    assert (await _looking(database).get("01a")).why == "fast"


async def test_one_attempt_that_two_lanes_ask_for_is_built_once(database: Database) -> None:
    answers = await asyncio.gather(
        *(_add(database, replace(BUILD, id=f"01{letter}")) for letter in "abc"), return_exceptions=True
    )

    assert sorted(str(answer) for answer in answers) == [
        "None",
        *["attempt 1 at this commit was begun by somebody else"] * 2,
    ]
    assert len(await BuildShelf(database).newest()) == 1
