"""Builds that really run, on a CodeBuild that stands in for AWS's: the source arrives as it is committed."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.demo.aws.server import LocalAWS
from checks.ports import Order
from checks.result import Outcome
from checks.runners.codebuild import CodeBuildRunner, Place, Sources
from tests import moto
from tests.checks.runners.aws_town import ROLE, TOKEN, Clients, archive, ended, order
from tests.checks.runners.git_server import git_server
from tests.checks.runners.workshop import phases, repository
from tests.needs import needs

BUCKET = "sources"
FAILING = """version: 0.2
phases:
  build:
    commands:
      - mkdir src && touch src/cart.py
      - |
        cat > junit.xml <<END
        <testsuite><testcase name="test_total"><failure message="expected 119"/></testcase></testsuite>
        END
        exit 3
reports:
  unit:
    files: [junit.xml]
"""


async def token_for(_: Order) -> str:
    return TOKEN


@pytest.fixture
async def aws(tmp_path: Path) -> AsyncIterator[LocalAWS]:
    async with LocalAWS(tmp_path / "aws", moto=moto.shared()) as aws:
        aws.create_project("web")
        yield aws


def runner(aws: LocalAWS, home: Path, **source: object) -> CodeBuildRunner:
    sources = Sources(**source)  # type: ignore[arg-type]  # the tests say the right ones
    place = Place(project="web", untrusted_role=ROLE)
    return CodeBuildRunner(home, clients=Clients(aws.url), place=place, source=sources, variables={})


async def test_an_archive_arrives_with_its_programs_and_links(aws: LocalAWS, tmp_path: Path) -> None:
    content = archive({"bin/hello*": "#!/bin/sh\necho hello from $(basename $0)\n", "latest@": "bin/hello"})

    async def fetch(_: Order, into: Path) -> None:
        await asyncio.to_thread(into.write_bytes, content)

    await asyncio.to_thread(Clients(aws.url).s3.create_bucket, Bucket=BUCKET)
    there = runner(aws, tmp_path / "home", how="s3", bucket=BUCKET, archive=fetch)
    wanted = order(private=True, buildspec=phases(build="./bin/hello && test -L latest && ./latest"))
    result = await ended(there, await there.start(wanted))
    assert result.outcome is Outcome.SUCCEEDED, result
    said = [line for line in result.log_tail.splitlines() if not line.startswith("[Container]")]
    assert said == ["hello from hello", "hello from latest"]


async def test_code_from_outside_reports_its_tests_apart_and_trusted_code_does_not(
    aws: LocalAWS, tmp_path: Path
) -> None:
    needs(shutil.which("bwrap") is not None, "the sandbox needs bubblewrap: apt-get install bubblewrap")
    content = archive({"README": "hello\n"})

    async def fetch(_: Order, into: Path) -> None:
        await asyncio.to_thread(into.write_bytes, content)

    clients = Clients(aws.url)
    await asyncio.to_thread(clients.s3.create_bucket, Bucket=BUCKET)
    there = runner(aws, tmp_path / "home", how="s3", bucket=BUCKET, archive=fetch)
    for trusted in (True, False):
        wanted = order(f"b{trusted:d}-0", trusted=trusted, buildspec=FAILING)
        result = await ended(there, await there.start(wanted))
        assert result.tests, result
        assert result.tests.failed == 1
    listed = (await asyncio.to_thread(clients.codebuild.list_report_groups))["reportGroups"]
    assert [arn.rpartition("/")[2] for arn in listed] == ["web-unit", "web-untrusted-unit"]
    kept = (await asyncio.to_thread(clients.s3.list_objects_v2, Bucket=BUCKET, Prefix="reports/"))["Contents"]
    assert [each["Key"].split("/")[:2] for each in kept] == [["reports", "web-unit"]]


async def test_a_private_repository_is_cloned_with_the_token_in_the_secret(aws: LocalAWS, tmp_path: Path) -> None:
    first, _ = repository(tmp_path / "git" / "acme" / "web", commits=2)

    there = runner(aws, tmp_path / "home", how="secret", token_for=token_for)
    with git_server(tmp_path / "git", TOKEN) as url:
        wanted = order(
            private=True,
            clone_url=f"{url}/acme/web/.git",
            sha=first,
            buildspec=phases(build="cat number", post_build="env"),
            variables={"PRX_COMMIT": first},
        )
        run = await there.start(wanted)
        result = await ended(there, run)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert "0" in result.log_tail.splitlines()
    assert TOKEN.encode() not in await there.log(run)


async def test_a_failing_test_and_command_come_back(aws: LocalAWS, tmp_path: Path) -> None:
    (sha,) = repository(tmp_path / "git" / "acme" / "web")
    there = runner(aws, tmp_path / "home", how="secret", token_for=token_for)
    with git_server(tmp_path / "git", TOKEN) as url:
        wanted = order(clone_url=f"{url}/acme/web/.git", sha=sha, buildspec=FAILING, variables={"PRX_COMMIT": sha})
        result = await ended(there, await there.start(wanted))
    assert result.failure, result
    assert (result.failure.phase, result.failure.exit_code) == ("BUILD", 3)
    assert result.tests
    assert (result.tests.failed, result.tests.failures[0].name) == (1, "test_total")
