"""Where the source of a build comes from: git at a commit, git with a secret, an archive on S3, nowhere."""

import io
import json
import stat
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.demo.github.server import LocalGitHub
from tests.app.demo.aws.world import CheckedAWS
from tests.app.demo.github.clone import commit, new_clone

SHOW = "version: 0.2\nphases:\n  build:\n    commands: ['cat word; echo $CODEBUILD_RESOLVED_SOURCE_VERSION']\n"


@dataclass(frozen=True)
class Shop:
    """A private repository with two commits on main, and a third one in pull request 1."""

    url: str
    first: str
    second: str
    third: str


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with LocalGitHub(tmp_path / "github") as github:
        await github.create_user("bo", "token-of-bo")
        repository = await github.create_repository("bo/shop", private=True)
        clone = new_clone(tmp_path / "clone")
        await clone.git("init", "--quiet", "--initial-branch=main")
        first = await commit(clone, "word", "one\n")
        second = await commit(clone, "word", "two\n")
        third = await commit(clone, "word", "three\n")
        url = github.clone_url(repository)
        address = url.replace("://", "://bo:token-of-bo@")
        await clone.git("push", "--quiet", address, f"{second}:refs/heads/main", "main:topic")
        await github.open_pull_request(repository, "Count to three", head="topic", by="bo")
        yield Shop(url, first, second, third)


async def with_secret(aws: CheckedAWS, url: str) -> dict[str, Any]:
    """The overrides that clone with a token from a secret."""
    secret = {"ServerType": "GITHUB", "AuthType": "PERSONAL_ACCESS_TOKEN", "Token": "token-of-bo"}
    client = aws.client("secretsmanager")
    created = await aws.ask(client, "create_secret", Name="source", SecretString=json.dumps(secret))
    return {
        "sourceTypeOverride": "GITHUB",
        "sourceLocationOverride": url,
        "sourceAuthOverride": {"type": "SECRETS_MANAGER", "resource": created["ARN"]},
    }


async def test_a_pinned_commit_is_built_whatever_the_branch_is_at(aws: CheckedAWS, codebuild: Any, shop: Shop) -> None:
    source = await with_secret(aws, shop.url)
    version = f"refs/heads/main^{{{shop.first}}}"
    build = await aws.built(codebuild, SHOW, sourceVersion=version, **source)
    said = (await aws.log(aws.client("logs"), build)).splitlines()

    assert (build["buildStatus"], build["sourceVersion"]) == ("SUCCEEDED", version)
    assert build["resolvedSourceVersion"] == shop.first
    assert said[said.index("one") + 1] == shop.first
    assert [line for line in said if "token-of-bo" in line] == []


@pytest.mark.parametrize(
    ("version", "commit"),
    [("", "second"), ("main", "second"), ("refs/heads/main", "second"), ("pr/1", "third"), ("topic", "third")],
)
async def test_a_name_is_resolved_when_the_source_is_downloaded(
    aws: CheckedAWS, codebuild: Any, shop: Shop, version: str, commit: str
) -> None:
    source = await with_secret(aws, shop.url)
    named = {"sourceVersion": version} if version else {}
    build = await aws.built(codebuild, SHOW, **named, **source)

    assert (build["buildStatus"], build["resolvedSourceVersion"]) == ("SUCCEEDED", getattr(shop, commit))


async def test_a_commit_that_is_not_part_of_the_ref_fails_the_download(
    aws: CheckedAWS, codebuild: Any, shop: Shop
) -> None:
    source = await with_secret(aws, shop.url)
    build = await aws.built(codebuild, SHOW, sourceVersion=f"refs/heads/main^{{{'a' * 40}}}", **source)

    assert failed_download(build) == ("FAILED", "CLIENT_ERROR")


async def test_a_private_repository_cannot_be_cloned_without_the_secret(
    aws: CheckedAWS, codebuild: Any, shop: Shop
) -> None:
    source = {"sourceTypeOverride": "GITHUB", "sourceLocationOverride": shop.url}
    pinned = await aws.built(codebuild, SHOW, sourceVersion=f"refs/heads/main^{{{shop.first}}}", **source)
    named = await aws.built(codebuild, SHOW, sourceVersion="main", **source)
    auth = {"type": "SECRETS_MANAGER", "resource": "none"}
    missing = await aws.built(codebuild, SHOW, sourceVersion="main", sourceAuthOverride=auth, **source)

    assert [failed_download(each) for each in (pinned, named, missing)] == [("FAILED", "CLIENT_ERROR")] * 3


async def test_a_commit_without_a_buildspec_fails_where_the_source_is_downloaded(
    aws: CheckedAWS, codebuild: Any, shop: Shop
) -> None:
    source = await with_secret(aws, shop.url)
    aws.create_project("git", source={"type": "GITHUB", "location": shop.url, "auth": source["sourceAuthOverride"]})
    started = await aws.ask(codebuild, "start_build", projectName="git", sourceVersion="main")
    await aws.settled()

    assert failed_download(await aws.get(codebuild, started["build"]["id"])) == ("FAILED", "YAML_FILE_ERROR")


async def test_an_archive_on_s3_is_built_with_its_rights_and_its_own_buildspec(aws: CheckedAWS, codebuild: Any) -> None:
    await put_archive(aws, {"buildspec.yml": SHOW.replace("cat word", "./say"), "say": "#!/bin/sh\necho three\n"})
    aws.create_project("zipped", source={"type": "S3", "location": "sources-of-ci/web/source.zip"})
    started = await aws.ask(codebuild, "start_build", projectName="zipped")
    await aws.settled()
    build = await aws.get(codebuild, started["build"]["id"])

    assert build["buildStatus"] == "SUCCEEDED"
    assert "resolvedSourceVersion" not in build
    assert "three\n" in await aws.log(aws.client("logs"), build)


async def test_an_archive_that_is_not_there_or_is_none_fails_the_download(aws: CheckedAWS, codebuild: Any) -> None:
    await put_archive(aws, {"word": "three"})
    s3 = aws.client("s3")
    await aws.ask(s3, "put_object", Bucket="sources-of-ci", Key="torn.zip", Body=b"PK")
    names = ("none.zip", "torn.zip")
    built = [
        await aws.built(codebuild, SHOW, sourceTypeOverride="S3", sourceLocationOverride=f"sources-of-ci/{name}")
        for name in names
    ]

    assert [failed_download(each) for each in built] == [("FAILED", "CLIENT_ERROR")] * 2


def failed_download(build: Any) -> tuple[str, str]:
    phase = next(phase for phase in build["phases"] if phase["phaseType"] == "DOWNLOAD_SOURCE")
    return build["buildStatus"], phase["contexts"][0]["statusCode"]


async def put_archive(aws: CheckedAWS, files: dict[str, str]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, content)
    s3 = aws.client("s3")
    await aws.ask(s3, "create_bucket", Bucket="sources-of-ci")
    await aws.ask(s3, "put_object", Bucket="sources-of-ci", Key="web/source.zip", Body=buffer.getvalue())
