"""Repositories as they are called now, and why some are out of reach."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from app.store.clock import now
from app.store.database import Database
from app.store.repositories import RepositoryShelf, StoredRepositories
from app.store.unit_of_work import UnitOfWork
from checks.errors import Permanent
from checks.repository import Repository
from tests.checks.tellings import WEB


async def _do(database: Database, *changes: Callable[[StoredRepositories], None]) -> StoredRepositories:
    for change in changes:
        work = UnitOfWork(database, now=now())
        change(StoredRepositories(work))
        async with database.write() as connection:
            await work.flush(connection)
    return StoredRepositories(UnitOfWork(database, now=now()))


async def test_a_repository_is_known_by_its_number_under_its_newest_name(database: Database) -> None:
    renamed = replace(WEB, full_name="acme/site", default_branch="trunk")

    found = await _do(database, lambda known: known.save(WEB), lambda known: known.save(renamed))

    assert await found.get(42) == renamed


async def test_a_listing_takes_nothing_away(database: Database) -> None:
    listed = Repository(id=42, full_name="acme/site", installation=8, default_branch="")

    found = await _do(database, lambda known: known.save(WEB), lambda known: known.save(listed))

    assert await found.get(42) == replace(WEB, full_name="acme/site", installation=8)


async def test_what_was_never_seen_is_not_known(database: Database) -> None:
    found = await _do(database)

    with pytest.raises(Permanent, match="repository 42 is not known"):
        await found.get(42)


async def test_a_lost_repository_says_why_until_it_is_seen_again(database: Database) -> None:
    found = await _do(database, lambda known: known.save(WEB), lambda known: known.lose(42, "archived"))
    with pytest.raises(Permanent, match="acme/web is out of reach: archived"):
        await found.get(42)

    assert await (await _do(database, lambda known: known.save(WEB))).get(42) == WEB


@pytest.mark.parametrize("heard_of_it", [True, False])
async def test_an_installation_brings_back_what_went_with_it_and_nothing_else(
    database: Database, heard_of_it: bool
) -> None:
    other = replace(WEB, id=43, full_name="acme/api")
    elsewhere = replace(WEB, id=44, full_name="zeta/api", installation=8)
    found = await _do(
        database,
        lambda known: known.gain_installation(7, "acme") if heard_of_it else None,
        *(lambda known, each=each: known.save(each) for each in (WEB, other, elsewhere)),
        lambda known: known.lose(43, "deselected"),
    )
    assert await found.of_installation(7) == [42]

    found = await _do(
        database, lambda known: known.lose_installation(7, "suspended"), lambda known: known.lose(42, "suspended")
    )
    assert await found.of_installation(7) == []

    found = await _do(database, lambda known: known.gain_installation(7, "acme"))
    assert await found.of_installation(7) == [42]
    assert await found.of_installation(8) == [44]


@pytest.mark.parametrize(("reason", "private"), [("archived", False), ("deselected", True), ("suspended", True)])
async def test_what_is_out_of_sight_counts_as_private_until_it_is_heard_of_again(
    database: Database, reason: str, private: bool
) -> None:
    shelf = RepositoryShelf(database)
    await _do(database, lambda known: known.save(WEB), lambda known: known.lose(42, reason))
    assert await shelf.known(42) == replace(WEB, private=private)

    await _do(database, lambda known: known.gain_installation(WEB.installation, "acme"))
    assert await shelf.known(42) == replace(WEB, private=private)

    await _do(database, lambda known: known.save(WEB))
    assert await shelf.known(42) == WEB


async def test_nothing_is_known_of_a_repository_that_was_never_seen(database: Database) -> None:
    assert await RepositoryShelf(database).known(42) is None
