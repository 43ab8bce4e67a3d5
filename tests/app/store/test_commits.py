"""Commits as people name them: by their first digits, or as the newest there is."""

from msgspec.structs import replace

from app.store.builds import StoredBuilds
from app.store.clock import now
from app.store.commits import StoredCommits
from app.store.database import Database
from app.store.unit_of_work import UnitOfWork
from checks.build import Build, State
from tests.checks.tellings import START, pull_request, pushed, sha, told

PUSHED = Build(id="01a", change=pushed("a").change, created_at=START)
AGAIN = replace(PUSHED, id="01c", attempt=2)
PROPOSED = Build(id="01d", change=told(pull_request("b")).change, created_at=START)
SIMILAR = replace(PUSHED, id="01b", change=replace(PUSHED.change, sha="a" * 7 + "b" * 33))


async def _commits(database: Database) -> StoredCommits:
    work = UnitOfWork(database, now=now())
    for build in (PUSHED, SIMILAR, AGAIN, PROPOSED):
        StoredBuilds(work).add(build)
    async with database.write() as connection:
        await work.flush(connection)
    return StoredCommits(UnitOfWork(database, now=now()))


async def test_commits_are_named_by_their_first_digits_the_newest_build_first(database: Database) -> None:
    commits = await _commits(database)

    assert await commits.named(42, "AAAA") == [sha("a"), SIMILAR.change.sha]
    assert await commits.named(42, sha("a")) == [sha("a")]
    assert [await commits.named(42, each) for each in ("aaa", "%%%%", "ffff")] == [(), [], []]
    assert await commits.named(43, "aaaa") == []
    assert await commits.named_in([43, 42], "aaaa") == [(42, sha("a")), (42, SIMILAR.change.sha)]
    assert [await commits.named_in(*each) for each in (([], "aaaa"), ([42], "aaa"))] == [[], ()]


async def test_a_commit_is_being_built_until_all_its_builds_have_ended(database: Database) -> None:
    work = UnitOfWork(database, now=now())
    for build in (replace(AGAIN, state=State.FAILED), replace(PROPOSED, state=State.WAITING_FOR_APPROVAL)):
        StoredBuilds(work).add(build)
    async with database.write() as connection:
        await work.flush(connection)
    commits = StoredCommits(UnitOfWork(database, now=now()))

    assert [await commits.is_being_built(42, each) for each in (sha("a"), sha("b"), sha("c"))] == [False, True, False]


async def test_the_newest_commit_is_one_of_the_default_branch(database: Database) -> None:
    commits = await _commits(database)

    assert [await commits.newest(42), await commits.newest(43)] == [sha("a"), ""]
