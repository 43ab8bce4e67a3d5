"""The three ways in which a build on CodeBuild gets its commit."""

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from checks.errors import Permanent, Transient
from checks.runners.codebuild import Sources
from checks.runners.codebuild import archive as archives
from checks.runners.codebuild.source import Deliveries
from tests.checks.runners.aws_town import SHA, TOKEN, Town, archive

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILES: dict[str, str | bytes] = {
    "buildspec.yml": "version: 0.2\n",
    "bin/run*": "#!/bin/sh\n",
    "latest@": "bin/run",
    "größe/ü.txt": "ü\n",
}


@pytest_asyncio.fixture(loop_scope="module")
async def bucket(town: Town) -> str:
    name = f"sources-{town.project}"
    await asyncio.to_thread(town.clients.s3.create_bucket, Bucket=name)
    town.content = archive(FILES)
    return name


def later(hours: int) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(hours=hours)


def source_of(town: Town, run: str) -> dict[str, Any]:
    return {name: value for name, value in town.build(run).settings["source"].items() if name != "buildspec"}


async def stored(town: Town, bucket: str, key: str) -> bytes:
    found = await asyncio.to_thread(town.clients.s3.get_object, Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    content: bytes = await asyncio.to_thread(found["Body"].read)
    return content


async def test_a_public_commit_is_cloned_without_a_credential(town: Town) -> None:
    run = await town.runner().start(town.order())
    source = source_of(town, run)
    assert (source["type"], source["location"], source["gitCloneDepth"]) == (
        "GITHUB",
        "https://github.com/acme/web.git",
        1,
    )
    assert "auth" not in source
    assert (town.archives, town.tokens) == ([], 0)


async def test_a_private_commit_becomes_an_archive_that_is_stored_once(town: Town, bucket: str) -> None:
    runner = town.runner(source={"bucket": bucket})
    first = await runner.start(town.order(private=True))
    second = await runner.start(town.order("b2-0", private=True))
    for run in (first, second):
        source = source_of(town, run)
        assert (source["type"], source["location"]) == ("S3", f"{bucket}/source/42/{SHA}.zip")
        assert "auth" not in source
    assert (town.archives, town.tokens) == ([SHA], 0)
    with zipfile.ZipFile(io.BytesIO(await stored(town, bucket, f"source/42/{SHA}.zip"))) as kept:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in kept.infolist()}
        assert modes == {
            "buildspec.yml": "0o100644",
            "bin/run": "0o100755",
            "latest": "0o120777",
            "größe/ü.txt": "0o100644",
        }
        assert {name: kept.read(name).decode() for name in kept.namelist()} == {
            name.rstrip("*@"): content for name, content in FILES.items()
        }


async def test_an_archive_that_is_soon_removed_is_stored_again(town: Town, bucket: str) -> None:
    sources = Sources(bucket=bucket, archive=town.fetch)
    uploads = []
    for hours in (0, 11, 13):
        await Deliveries(town.clients, sources, later(hours)).deliver(town.order(private=True))
        uploads.append(len(town.archives))
    assert uploads == [1, 1, 2]


async def test_code_from_outside_has_an_archive_of_its_own(town: Town, bucket: str) -> None:
    order = town.order(trusted=False)
    run = await town.runner(source={"bucket": bucket}).start(order)
    assert source_of(town, run)["location"] == f"{bucket}/source/untrusted/{order.token}.zip"


async def test_the_version_in_the_bucket_is_pinned(town: Town, bucket: str) -> None:
    await asyncio.to_thread(
        town.clients.s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    runner = town.runner(source={"bucket": bucket})
    first = await runner.start(town.order(private=True))
    second = await runner.start(town.order("b2-0", private=True))
    versions = [town.build(run).settings["sourceVersion"] for run in (first, second)]
    listed = await asyncio.to_thread(town.clients.s3.list_object_versions, Bucket=bucket)
    assert versions == [listed["Versions"][0]["VersionId"]] * 2


async def test_a_bucket_that_is_not_there_is_named(town: Town) -> None:
    town.content = archive(FILES)
    with pytest.raises(Permanent, match="The bucket for sources does not exist; look at CODEBUILD_SOURCE_BUCKET"):
        await town.runner(source={"bucket": "nowhere-at-all"}).start(town.order(private=True))
    assert "StartBuild" not in town.operations


async def test_a_secret_holds_a_token_for_the_repository_alone(town: Town) -> None:
    runner = town.runner(source={"how": "secret"})
    number = 1000 + int(town.project.removeprefix("web-"))
    run = await runner.start(town.order(id=number, private=True))
    auth = source_of(town, run)["auth"]
    assert auth["type"] == "SECRETS_MANAGER"
    manager = town.clients.secretsmanager
    kept = await asyncio.to_thread(manager.describe_secret, SecretId=f"interlock/source/{number}")
    assert kept["ARN"] == auth["resource"]
    assert {tag["Key"]: tag["Value"] for tag in kept["Tags"]} == {
        "codebuild:source:provider": "github",
        "codebuild:source:type": "personal_access_token",
    }
    value = await asyncio.to_thread(manager.get_secret_value, SecretId=auth["resource"])
    assert json.loads(value["SecretString"]) == {
        "ServerType": "GITHUB",
        "AuthType": "PERSONAL_ACCESS_TOKEN",
        "Token": TOKEN,
    }
    assert TOKEN not in json.dumps(town.asked("StartBuild"))


async def test_a_secret_that_is_fresh_serves_the_next_build_and_a_lost_build_gets_another(town: Town) -> None:
    runner = town.runner(source={"how": "secret"})
    number = 1000 + int(town.project.removeprefix("web-"))
    for token in ("b1-0", "b2-0", "b3-0"):
        await runner.start(town.order(token, id=number, private=True))
    assert town.tokens == 1
    await runner.start(replace(town.order("b3-1", id=number, private=True), lost=1))
    assert town.tokens == 2


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/passwd", "a\\..\\evil"])
async def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    given, made = tmp_path / "given.zip", tmp_path / "made.zip"
    root = "" if name.startswith("/") else "acme-web/"
    given.write_bytes(archive({name: "x"}, root=root))
    with pytest.raises(Permanent, match="has a file outside of its folder"):
        archives.repack(given, made)


async def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    given = tmp_path / "given.zip"
    given.write_bytes(b"<html>Whoa there</html>")
    with pytest.raises(Permanent, match="GitHub's archive of the commit cannot be read"):
        archives.repack(given, tmp_path / "made.zip")


async def test_an_archive_that_was_garbled_on_the_way_is_refused(tmp_path: Path) -> None:
    given, name = tmp_path / "given.zip", "acme-web-4f2a91c/buildspec.yml"
    with zipfile.ZipFile(given, "w", zipfile.ZIP_DEFLATED) as source:
        source.writestr(name, "version: 0.2\n")
    data = given.read_bytes()
    begin = data.index(name.encode()) + len(name)
    given.write_bytes(data[:begin] + b"\xff" + data[begin + 1 :])
    with pytest.raises(Permanent, match="cannot be read"):
        archives.repack(given, tmp_path / "made.zip")


async def test_a_machine_without_room_is_tried_again(tmp_path: Path) -> None:
    given = tmp_path / "given.zip"
    given.write_bytes(archive({"large": "x" * 100_000}))
    with pytest.raises(Transient, match="This machine cannot keep the archive of the commit: No space left on device"):
        archives.repack(given, Path("/dev/full"))


async def test_the_same_commit_gives_the_same_archive(tmp_path: Path) -> None:
    digests = set()
    for number in range(2):
        given = tmp_path / f"given{number}.zip"
        given.write_bytes(archive(FILES, root=f"acme-web-{number}/"))
        digests.add(archives.repack(given, tmp_path / f"made{number}.zip"))
    assert len(digests) == 1
