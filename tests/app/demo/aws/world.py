"""A local AWS whose answers are all held to botocore's models, and clients of boto3 for it."""

import asyncio
import json
from pathlib import Path
from typing import Any, Self

import boto3  # type: ignore[import-untyped]  # no stubs
import botocore.session  # type: ignore[import-untyped]  # no stubs
from botocore.config import Config  # type: ignore[import-untyped]  # no stubs
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # no stubs

from app.demo.aws.server import LocalAWS
from app.demo.aws.site import Operation
from tests.published.aws import answer_errors

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=30)
PATIENCE = 60.0
PAUSE = 0.05

GREEN = "version: 0.2\nphases:\n  build:\n    commands: ['true']\n"


class CheckedAWS(LocalAWS):
    """With a project `ci`, whose role is `builder`."""

    def __init__(self, directory: Path, **options: Any) -> None:
        super().__init__(directory, **options)
        self.wrong: list[str] = []

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._hold_answers()
        self.create_project("ci")
        return self

    def client(self, service: str, data: Path | None = None) -> Any:
        """`data` is a directory of service models that go before botocore's own."""
        core = botocore.session.get_session()
        if data:
            core.get_component("data_loader").search_paths.insert(0, str(data))
        session = boto3.session.Session(
            botocore_session=core,
            region_name=self.account.region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        return session.client(service, endpoint_url=self.url, config=ONCE)

    async def ask(self, client: Any, operation: str, **params: Any) -> Any:
        answer = await asyncio.to_thread(getattr(client, operation), **params)
        answer.pop("ResponseMetadata", None)
        return answer

    async def start(self, client: Any, buildspec: str = GREEN, **params: Any) -> str:
        started = await self.ask(client, "start_build", projectName="ci", buildspecOverride=buildspec, **params)
        return str(started["build"]["id"])

    async def get(self, client: Any, build: str) -> Any:
        return (await self.ask(client, "batch_get_builds", ids=[build]))["builds"][0]

    async def reaches(self, client: Any, build: str, phase: str) -> Any:
        async with asyncio.timeout(PATIENCE):
            while (found := await self.get(client, build))["currentPhase"] != phase:  # noqa: ASYNC110  as a client has to
                await asyncio.sleep(PAUSE)
        return found

    async def built(self, client: Any, buildspec: str = GREEN, **params: Any) -> Any:
        """Start a build and wait for its end."""
        build = await self.start(client, buildspec, **params)
        await self.settled()
        return await self.get(client, build)

    async def log(self, client: Any, build: Any) -> str:
        logs = build["logs"]
        where = {"logGroupName": logs["groupName"], "logStreamName": logs["streamName"]}
        page = await self.ask(client, "get_log_events", startFromHead=True, **where)
        return "".join(event["message"] for event in page["events"])

    async def received(self, client: Any, queue: str) -> list[Any]:
        """All messages of a queue, which is empty afterwards."""
        found: list[Any] = []
        while messages := (await self.ask(client, "receive_message", QueueUrl=queue, MaxNumberOfMessages=10)).get(
            "Messages"
        ):
            for message in messages:
                await self.ask(client, "delete_message", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def _hold_answers(self) -> None:
        for service, operations in self._site.operations.items():
            for name, operation in operations.items():
                operations[name] = self._held(service, name, operation)

    def _held(self, service: str, name: str, operation: Operation) -> Operation:
        def ask(asked: Any) -> Any:
            answer = operation(asked)
            self.wrong += answer_errors(service, name, answer)
            return answer

        return ask


async def refusal(work: Any) -> tuple[str, str]:
    """The code and the message with which AWS refuses; fails if it does not."""
    try:
        await work
    except ClientError as error:
        said = error.response["Error"]
        return said["Code"], said["Message"]
    raise AssertionError("it was not refused")


def phases(build: Any) -> list[tuple[str, str]]:
    return [(phase["phaseType"], phase.get("phaseStatus", "")) for phase in build["phases"]]
