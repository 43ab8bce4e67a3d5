"""A town whose builds run on a local AWS, with a project, a bucket, a queue and a role for what comes from outside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # no stubs
import pytest

from app.demo.aws import bus
from app.demo.aws.fleets.scripted import Script
from app.demo.aws.server import LocalAWS
from app.demo.stage import UNHURRIED, Stage, stage
from app.github.lane import Limits
from tests.flows.town import Town, settle

BUCKET, PROJECT = "acme-artifacts", "ci"
UNTRUSTED_ROLE = "arn:aws:iam::123456789012:role/untrusted"


@dataclass
class Cloud:
    """The town, its AWS, and the App between them."""

    town: Town
    aws: LocalAWS
    stage: Stage

    @property
    def started(self) -> list[dict[str, Any]]:
        """What StartBuild was told, the oldest first."""
        return [asked.params for asked in self.aws.asked if asked.operation == "StartBuild"]


async def settings_of(aws: LocalAWS) -> dict[str, str]:
    """What an operator sets for this AWS, once its project, bucket and queue are made."""
    aws.create_project(PROJECT)
    await asyncio.to_thread(boto3.client("s3", **_client(aws)).create_bucket, Bucket=BUCKET)
    queue = await aws.create_queue("notices")
    aws.send_events_to(bus.Queue(url=queue))
    return {
        "RUNNER": "codebuild",
        "CODEBUILD_PROJECT": PROJECT,
        "CODEBUILD_SOURCE_BUCKET": BUCKET,
        "CODEBUILD_UNTRUSTED_ROLE": UNTRUSTED_ROLE,
        "CODEBUILD_UNTRUSTED_LOG_GROUP": "/interlock/untrusted",
        "AWS_NOTIFICATIONS_QUEUE_URL": queue,
    }


@asynccontextmanager
async def cloud(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    script: Script | None = None,
    poll: float = 1.0,
    limits: Limits = UNHURRIED,
    seed: int = 0,
) -> AsyncIterator[Cloud]:
    async with LocalAWS(directory / "aws", script=script, seed=seed) as aws:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        more: dict[str, object] = {name.lower(): value for name, value in (await settings_of(aws)).items()}
        more |= {"codebuild_poll_seconds": poll}
        async with stage(directory / "stage", owner="acme", settle=settle, limits=limits, more=more) as on:
            await on.github.install_app(on.registered, "acme", by="ana")
            yield Cloud(Town(on.github, directory / "people"), aws, on)


def _client(aws: LocalAWS) -> dict[str, str]:
    return {
        "endpoint_url": aws.url,
        "region_name": aws.account.region,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
