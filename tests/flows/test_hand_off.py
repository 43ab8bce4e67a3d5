"""What builds publish is handed to staging in the order of the commits, whatever order the builds end in."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # no stubs
import msgspec
import pytest
from sqlalchemy import select

from app.demo.github.repository import Repository
from app.store.tables import deployments
from deploy.deployment import Deployment
from tests.flows.cloud import Cloud, cloud

NAME = "/prx/stag/Spire/Web/pkg/s3-object-key"
CODE = "acme-code"
PUBLISHES = """\
version: 0.2
env:
  shell: bash
  variables:
    PRX_SPIRE_S3_PKG_PARAMETERS: WEB={name}
  exported-variables: [WEB, PRX_SPIRE_S3_PKG_PARAMETERS]
phases:
  build:
    commands:
      - while [ ! -e {gate} ]; do sleep 0.05; done
      - WEB="GitHub/$PRX_REPO/$PRX_COMMIT.zip"
      - echo "$PRX_COMMIT" | curl -sSf -X PUT --data-binary @- "$AWS_ENDPOINT_URL/acme-code/$WEB"
"""


@pytest.fixture
async def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    more = {"publish_buckets": {"us-east-1": CODE}, "hand_off_parameters": ("/prx/stag/Spire/",)}
    async with cloud(tmp_path, monkeypatch, more=more) as made:
        await made.aws.create_bucket(CODE)
        yield made


async def test_an_older_build_that_ends_last_does_not_replace_a_newer_one(on: Cloud, tmp_path: Path) -> None:
    web = await on.town.repository()
    older, newer = tmp_path / "older", tmp_path / "newer"
    first = await on.town.push(web, {"buildspec.yml": PUBLISHES.format(name=NAME, gate=older)})
    second = await on.town.push(web, {"buildspec.yml": PUBLISHES.format(name=NAME, gate=newer)})
    await on.town.check(web, second, "in_progress")

    newer.touch()
    await _until_staging_has(on, f"GitHub/acme/web/{second}.zip")
    older.touch()
    await on.town.check(web, first)
    await _until_told(on, "superseded: staging has", first)

    assert await _history(on) == [f"GitHub/acme/web/{second}.zip"]
    assert _shown(on, web) == [(second, "staging", "success")]


async def test_each_newer_commit_takes_over_and_github_shows_it(on: Cloud, tmp_path: Path) -> None:
    web = await on.town.repository()
    gate = tmp_path / "gate"
    gate.touch()
    pushed = []
    for number in range(2):
        files = {"buildspec.yml": PUBLISHES.format(name=NAME, gate=gate), "number.txt": f"{number}"}
        pushed.append(await on.town.push(web, files))
        await _until_staging_has(on, f"GitHub/acme/web/{pushed[-1]}.zip")
    expected = [(pushed[0], "staging", "inactive"), (pushed[1], "staging", "success")]
    await on.town.until(lambda: _shown(on, web) == expected)
    assert await _history(on) == [f"GitHub/acme/web/{sha}.zip" for sha in pushed]


async def test_a_name_that_may_not_be_written_is_a_failed_deployment_that_says_so(on: Cloud, tmp_path: Path) -> None:
    web = await on.town.repository()
    gate = tmp_path / "gate"
    gate.touch()
    sha = await on.town.push(web, {"buildspec.yml": PUBLISHES.format(name="/prx/prod/Web", gate=gate)})

    await on.town.until(lambda: _shown(on, web) == [(sha, "staging", "failure")])

    [*_, status] = on.town.github.deployments_of(web)[0].statuses
    assert status.description == (
        "/prx/prod/Web may not be changed: HAND_OFF_PARAMETERS lets acme/web change /prx/stag/Spire/*; ask the operator"
    )
    assert await _history(on, "/prx/prod/Web") == []


async def _until_staging_has(on: Cloud, value: str) -> None:
    async with asyncio.timeout(60):
        while (await _history(on))[-1:] != [value]:  # noqa: ASYNC110  it is asked over HTTP
            await asyncio.sleep(0.1)


async def _until_told(on: Cloud, what: str, sha: str) -> None:
    """The record has a deployment of this commit that says so."""
    async with asyncio.timeout(60):
        while not any(told.startswith(what) and sha == of for of, told in await _told(on)):  # noqa: ASYNC110  as above
            await asyncio.sleep(0.1)


async def _told(on: Cloud) -> list[tuple[str, str]]:
    async with on.stage.app.database.read() as connection:
        rows = (await connection.execute(select(deployments.c.data))).scalars()
        known = [msgspec.json.decode(data, type=Deployment) for data in rows]
    return [(each.version.sha, f"{each.state}: {each.why}") for each in known]


async def _history(on: Cloud, name: str = NAME) -> list[str]:
    """Every value that the parameter has had, the oldest first."""
    return await asyncio.to_thread(_values, boto3.client("ssm"), name)


def _values(ssm: Any, name: str) -> list[str]:
    try:
        return [each["Value"] for each in ssm.get_parameter_history(Name=name)["Parameters"]]
    except ssm.exceptions.ParameterNotFound:
        return []


def _shown(on: Cloud, repository: Repository) -> list[tuple[str, str, str]]:
    """(commit, environment, state) of every deployment on GitHub, the oldest first."""
    return [(each.sha, each.environment, each.state) for each in reversed(on.town.github.deployments_of(repository))]
