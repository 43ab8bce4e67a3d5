"""What is measured: the town with an AWS of its own, and an App whose builds run there as a script says."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import boto3  # type: ignore[import-untyped]  # no stubs
from prometheus_client.parser import text_string_to_metric_families

from app.demo.aws import bus
from app.demo.aws.build import Build
from app.demo.aws.fleets.scripted import Script
from app.demo.aws.server import LocalAWS
from app.demo.github.repository import Repository
from bench.town import OWNER_LOGIN, Town, eventually, quiet, town

BUCKET, PROJECT = "acme-artifacts", "ci"
COUNTED_THERE = frozenset({"codebuild", "logs"})
"""These the stand-in answers itself and counts; what goes to the moto server behind it the App counts."""


@dataclass(frozen=True)
class Cloud:
    """`client` makes clients of this AWS as boto3 does."""

    on: Town
    aws: LocalAWS

    def client(self, service: str) -> Any:
        return _client(self.aws, service)

    async def build(self, sha: str) -> Build:
        """The first one of a commit, once it is there."""
        return await eventually(lambda: next((each for each in self.aws.builds.values() if commit(each) == sha), None))

    async def asked(self) -> Counter[str]:
        """What the App has asked of AWS so far, as `service Operation`, once it asks no more."""
        await self.aws.settled()
        return await quiet(self._asked)

    async def _asked(self) -> Counter[str]:
        names = (each.operation for each in self.aws.asked)
        counted = Counter(f"{'logs' if name == 'GetLogEvents' else 'codebuild'} {name}" for name in names)
        async with aiohttp.ClientSession() as session, session.get(f"{self.on.app_url}/metrics") as answer:
            families = list(text_string_to_metric_families(await answer.text()))
        for each in (sample for family in families for sample in family.samples):
            if each.name == "interlock_aws_requests_total" and each.labels["service"] not in COUNTED_THERE:
                counted[f"{each.labels['service']} {each.labels['operation']}"] += int(each.value)
        return counted


@asynccontextmanager
async def cloud(directory: Path, script: Script, *, seed: int = 0, **more: str) -> AsyncIterator[Cloud]:
    """`more` are settings of the App."""
    async with LocalAWS(directory / "aws", script=script, seed=seed) as aws:
        aws.create_project(PROJECT)
        await asyncio.to_thread(_client(aws, "s3").create_bucket, Bucket=BUCKET)
        queue = await aws.create_queue("notices")
        aws.send_events_to(bus.Queue(url=queue))
        settings = {
            "RUNNER": "codebuild",
            "CODEBUILD_PROJECT": PROJECT,
            "CODEBUILD_SOURCE_BUCKET": BUCKET,
            "AWS_NOTIFICATIONS_QUEUE_URL": queue,
            **aws.environment,
            **more,
        }
        async with town(directory / "town", "bench.hasty", **settings) as on:
            yield Cloud(on, aws)


async def push(on: Town, repository: Repository, mark: str, text: str, phases: str = "") -> str:
    """A commit that has `text`, and a build that a script knows by the mark. Returns the SHA."""
    spec = f"version: 0.2\n{marked(mark)}phases:\n{phases or '  build: {commands: []}'}\n"
    files: dict[str, str | bytes | None] = {"buildspec.yml": spec, "text.txt": f"{repository.name} {text}"}
    return await on.github.commit_files(repository, "main", files, "Go on", OWNER_LOGIN)


def marked(mark: str) -> str:
    """What is in the buildspecs with this mark, and in no other."""
    return f"# PRX_ {mark}.\n"


def commit(build: Build) -> str:
    """The commit that the App says a build is of."""
    return next(str(each["value"]) for each in build.variables if each["name"] == "PRX_COMMIT")


def _client(aws: LocalAWS, service: str) -> Any:
    given = aws.environment
    return boto3.client(
        service,
        endpoint_url=aws.url,
        region_name=given["AWS_REGION"],
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
    )
