"""A pipeline that a repository wrote down, from the push to production, on a local AWS: functions and a site."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # no stubs
import pytest

from app.demo.github.repository import Repository
from app.routes import tasks_for
from app.store.clock import now
from app.store.database import Database
from app.store.deployments import DeploymentShelf
from app.store.events import EventLog
from app.store.ids import new_id
from deploy.command import Command, Verb
from deploy.deployment import State
from deploy.events import CommandGiven
from tests.flows.cloud import Cloud, cloud

CODE = "acme-code"
BUILDSPEC = """\
version: 0.2
env:
  shell: bash
  exported-variables: [WEB]
phases:
  build:
    commands:
      - python3 -m zipfile -c web.zip main.py index.html
      - WEB="GitHub/$PRX_REPO/$PRX_COMMIT.zip"  # PRX_
      - curl -sSf -T web.zip "$AWS_ENDPOINT_URL/acme-code/$WEB"
"""
PIPELINE = """\
services:
  web:
    environments:
      staging:
        target: {type: function, function: web-staging, artifact: WEB, check: {path: /}}
        after: [{type: soak, for: 1s}]
      production:
        target: {type: function, function: web-production, artifact: WEB}
        before: [{type: manual, author_may: true}]
"""


@pytest.fixture
async def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    more = {"publish_buckets": {"us-east-1": CODE}, "deploy_functions": ("web-*",)}
    async with cloud(tmp_path, monkeypatch, more=more) as made:
        await made.aws.create_bucket(CODE)
        for name in ("web-staging", "web-production"):
            await asyncio.to_thread(_create, name)
        yield made


async def test_a_function_goes_from_staging_to_production_and_back(on: Cloud) -> None:
    web = await on.town.repository()
    first = await _push(on, web, "one")
    assert (await _until(on, first, "production", State.GATED)).startswith("manual: needs one with write access; asked")
    await _command(on, web, Verb.APPROVE)
    await _until(on, first, "production", State.LIVE)
    second = await _push(on, web, "two")
    await _until(on, second, "production", State.GATED)
    await _command(on, web, Verb.APPROVE)
    await _until(on, second, "production", State.LIVE)
    live = await _alias("web-production")

    await _command(on, web, Verb.ROLLBACK, reason="totals are wrong")
    await _until(on, second, "production", State.ROLLED_BACK)

    await _until(on, first, "production", State.LIVE)
    assert (await _alias("web-production"), live) == ("2", "3")
    expected = [
        (first, "production", "inactive"),
        (first, "production", "success"),
        (first, "staging", "inactive"),
        (second, "production", "inactive"),
        (second, "staging", "success"),
    ]
    await on.town.until(lambda: _shown(on, web) == sorted(expected))


async def test_a_function_that_is_missing_is_a_failed_deployment_that_says_what_to_do(on: Cloud) -> None:
    web = await on.town.repository()
    missing = PIPELINE.replace("web-staging", "web-nowhere")

    sha = await _push(on, web, "one", missing)

    assert "web-nowhere" in await _until(on, sha, "staging", State.FAILED)


async def test_what_the_operator_does_not_allow_is_refused_by_the_name_of_the_setting(on: Cloud) -> None:
    web = await on.town.repository()

    sha = await _push(on, web, "one", PIPELINE.replace("web-staging", "bank"))

    assert "DEPLOY_FUNCTIONS" in await _until(on, sha, "staging", State.FAILED)


async def _push(on: Cloud, web: Repository, text: str, pipeline: str = PIPELINE) -> str:
    return await on.town.push(
        web,
        {
            "buildspec.yml": BUILDSPEC,
            ".github/interlock.yml": pipeline,
            "main.py": f"def run(event, context): return {text!r}\n",
            "index.html": f"<p>{text}</p>\n",
        },
    )


async def _command(on: Cloud, web: Repository, verb: Verb, **facts: Any) -> None:
    given = Command(
        id=new_id(),
        verb=verb,
        repository=web.id,
        environment="production",
        by="ana",
        at=now(),
        **facts,
    )
    database: Database = on.stage.app.database
    async with database.write() as connection:
        await EventLog(tasks_for).append(connection, [CommandGiven(command=given.id, given=given, by="ana")], at=now())


async def _until(on: Cloud, sha: str, environment: str, state: State) -> str:
    """Why a deployment of this commit stands so there, once the newest one does."""
    shelf = DeploymentShelf(on.stage.app.database)
    async with asyncio.timeout(60):
        while True:
            for each in await shelf.newest():
                if (each.version.sha, each.environment.name, each.state) == (sha, environment, state):
                    return each.why
            await asyncio.sleep(0.1)


def _shown(on: Cloud, web: Repository) -> list[tuple[str, str, str]]:
    return sorted((each.sha, each.environment, each.state) for each in on.town.github.deployments_of(web))


async def _alias(function: str) -> str:
    """The version that has the traffic."""
    ask = boto3.client("lambda").get_alias
    return str((await asyncio.to_thread(ask, FunctionName=function, Name="live"))["FunctionVersion"])


def _create(name: str) -> None:
    functions = boto3.client("lambda")
    s3 = boto3.client("s3")
    s3.put_object(Bucket=CODE, Key="first.zip", Body=base64.b64decode("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="))
    functions.create_function(
        FunctionName=name,
        Role="arn:aws:iam::123456789012:role/web",
        Runtime="python3.11",
        Handler="main.run",
        Code={"S3Bucket": CODE, "S3Key": "first.zip"},
    )
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
