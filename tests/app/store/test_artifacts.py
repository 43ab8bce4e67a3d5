"""Artifacts as rows: one for the same contents, with the regions where each was found."""

import pytest
from msgspec.structs import replace

from app.store.artifacts import StoredArtifacts
from app.store.clock import now
from app.store.database import Database
from app.store.unit_of_work import UnitOfWork
from checks.errors import Permanent
from deploy.artifact import Artifact, Export, Kind

NAME = "GitHub/acme/web/" + "4f2a91c" * 5 + "/WEB.zip"
EXPORT = Export(kind=Kind.ZIP, label="WEB", value=NAME, place=NAME)
ARTIFACT = Artifact(repository=42, sha="4f2a91c" * 5, build="b1", export=EXPORT, digest="sha256:" + "ab" * 32)


async def _publish(database: Database, artifact: Artifact, *regions: str) -> bool:
    work = UnitOfWork(database, now=now())
    stored = StoredArtifacts(work)
    is_new = await stored.add(artifact)
    for region in regions:
        stored.make_available(artifact.id, region)
    async with database.write() as connection:
        await work.flush(connection)
    return is_new


def _looking(database: Database) -> StoredArtifacts:
    return StoredArtifacts(UnitOfWork(database, now=now()))


async def test_an_artifact_comes_back_as_it_was_with_its_regions(database: Database) -> None:
    assert await _publish(database, ARTIFACT, "us-east-1", "us-west-2") is True

    assert await _looking(database).get(ARTIFACT.id) == ARTIFACT
    assert await _looking(database).regions_of(ARTIFACT.id) == {"us-east-1", "us-west-2"}


async def test_the_same_contents_are_kept_once_as_they_came_first(database: Database) -> None:
    await _publish(database, ARTIFACT, "us-east-1")

    assert await _publish(database, replace(ARTIFACT, build="b2"), "us-east-1") is False
    assert await _looking(database).get(ARTIFACT.id) == ARTIFACT


async def test_two_builds_that_publish_the_same_at_once_do_not_collide(database: Database) -> None:
    works = [UnitOfWork(database, now=now()) for _ in range(2)]
    assert [await StoredArtifacts(work).add(ARTIFACT) for work in works] == [True, True]

    for work in works:
        async with database.write() as connection:
            await work.flush(connection)

    assert await _looking(database).get(ARTIFACT.id) == ARTIFACT


async def test_what_nobody_published_is_not_there(database: Database) -> None:
    assert await _looking(database).regions_of("nothing") == frozenset()
    with pytest.raises(Permanent, match="there is no artifact nothing"):
        await _looking(database).get("nothing")
