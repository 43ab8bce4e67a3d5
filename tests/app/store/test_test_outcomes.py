"""How tests ended as rows: found again by build, and by what was pushed before."""

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from app.store import tables
from app.store.builds import StoredBuilds
from app.store.clock import now
from app.store.database import Database
from app.store.test_outcomes import StoredTestHistory
from app.store.unit_of_work import UnitOfWork
from checks.build import Architecture, Build
from checks.change import Change
from checks.test_outcomes import TestOutcomes
from tests.checks.tellings import START, WEB, merge_group, pull_request, pushed, sha, told

PUSHED = Build(id="01a", change=pushed("a").change, created_at=START)
X86_64, AARCH64 = Architecture.X86_64, Architecture.AARCH64


def outcomes(number: int) -> TestOutcomes:
    return TestOutcomes(passed=bytes([0, number]) * 8, failed=b"")


async def keep(database: Database, *builds: Build) -> None:
    """The builds, each with outcomes that are its own."""
    for number, build in enumerate(builds):
        work = UnitOfWork(database, now=now())
        StoredBuilds(work).add(build)
        StoredTestHistory(work).save(build.id, outcomes(number))
        await commit(database, work)


async def commit(database: Database, work: UnitOfWork) -> None:
    async with database.write() as connection:
        await work.flush(connection)


def looking(database: Database) -> StoredTestHistory:
    return StoredTestHistory(UnitOfWork(database, now=now()))


def a_build(number: str, change: Change, architecture: Architecture = X86_64) -> Build:
    return Build(id=number, change=change, created_at=START, architecture=architecture)


async def test_outcomes_come_back_as_they_were(database: Database) -> None:
    await keep(database, PUSHED, a_build("01b", pushed("b").change))

    assert await looking(database).of(["01b", "01z"]) == {"01b": outcomes(1)}
    assert await looking(database).of([]) == {}


async def test_outcomes_are_kept_with_the_end_of_the_task_and_not_before(database: Database) -> None:
    work = UnitOfWork(database, now=now())
    StoredBuilds(work).add(PUSHED)
    StoredTestHistory(work).save("01a", outcomes(1))

    assert await looking(database).of(["01a"]) == {}
    await commit(database, work)
    assert await looking(database).of(["01a"]) == {"01a": outcomes(1)}


async def test_outcomes_that_are_kept_again_replace_the_first(database: Database) -> None:
    await keep(database, PUSHED)
    work = UnitOfWork(database, now=now())
    StoredTestHistory(work).save("01a", TestOutcomes(failed=b"12345678"))
    await commit(database, work)

    assert await looking(database).of(["01a"]) == {"01a": TestOutcomes(failed=b"12345678")}
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(tables.test_outcomes))).scalar() == 1


OTHERS = {
    "no tests": None,
    "a pull request": a_build("01c", told(pull_request("c")).change),
    "a merge group": a_build("01c", merge_group("c").change),
    "another architecture": a_build("01c", pushed("c").change, AARCH64),
    "another repository": a_build("01c", replace(pushed("c").change, repository=replace(WEB, id=43))),
}


@pytest.mark.parametrize("other", OTHERS)
async def test_the_newest_push_is_not_some_other_build(database: Database, other: str) -> None:
    newer = OTHERS[other]
    await keep(database, PUSHED, a_build("01b", pushed("b").change), *([newer] if newer else []))
    work = UnitOfWork(database, now=now())
    StoredBuilds(work).add(a_build("01d", pushed("d").change))
    await commit(database, work)

    found = await looking(database).of_newest_push(42, X86_64)

    assert found == (a_build("01b", pushed("b").change), outcomes(1))


async def test_a_push_before_another_one_is_older_than_it(database: Database) -> None:
    await keep(database, PUSHED, a_build("01b", pushed("b").change))

    found = [await looking(database).of_newest_push(42, X86_64, before=build) for build in ("01c", "01b", "01a")]

    assert [each and (each[0].change.sha, each[1]) for each in found] == [
        (sha("b"), outcomes(1)),
        (sha("a"), outcomes(0)),
        None,
    ]
