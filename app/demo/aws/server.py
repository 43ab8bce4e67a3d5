"""The local AWS as it is started: one port on loopback for every service."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

from app.demo.aws.account import Account
from app.demo.aws.build import Build
from app.demo.aws.bus import Bus, Target
from app.demo.aws.codebuild import CodeBuild
from app.demo.aws.faults import Faults
from app.demo.aws.fleets import Fleet
from app.demo.aws.fleets.local import LocalFleet
from app.demo.aws.fleets.scripted import Script, ScriptedFleet
from app.demo.aws.functions import Functions
from app.demo.aws.life import Lives, Pace
from app.demo.aws.logs import Logs
from app.demo.aws.moto import Moto
from app.demo.aws.reports import Reports
from app.demo.aws.shapes import model
from app.demo.aws.site import Asked, Site
from app.demo.aws.source import Sources

Json = dict[str, Any]

HOST = "127.0.0.1"
MINUTE = 60.0
MANY = 1_000
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


class LocalAWS:
    """`async with LocalAWS(directory) as aws:` and it answers at `aws.url`; `aws.environment` is all a client needs.

    Builds run for real, `places` at once, below `directory`; with a `script` they are only played. A build that has
    the project's role gets `variables` beside the AWS_ ones, and its programs from `path`. `minute` is how many
    seconds a minute of a timeout takes, `provisioning` how many pass before a machine is there. `moto` is the address
    of a moto server to use, which is emptied; else one is started.
    """

    def __init__(  # noqa: PLR0913  each is a fact about this AWS that a test or the demo may want otherwise
        self,
        directory: Path,
        *,
        port: int = 0,
        region: str = "us-east-1",
        script: Script | None = None,
        places: int | None = None,
        variables: Mapping[str, str] | None = None,
        path: str = "",
        minute: float = MINUTE,
        provisioning: float = 0.0,
        seed: int = 0,
        moto: str = "",
    ) -> None:
        self.directory = directory.absolute()
        self.port = port
        self.account = Account(region)
        self.faults = Faults(seed)
        self._script = script
        places = places or (os.cpu_count() or 1 if script is None else MANY)
        self._pace = Pace(places=places, minute=minute, provisioning=provisioning)
        self._variables = dict(variables or {})
        self._path = path
        self._behind = moto
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            self._moto = await stack.enter_async_context(Moto(self.directory, self.account.region, self._behind))
            await asyncio.to_thread(model, "codebuild")
            self.functions = Functions(self.account, self._moto)
            self._site = Site(self._moto, self.faults, self.functions)
            self.port = await stack.enter_async_context(self._site.open(HOST, self.port))
            self._build_services()
            stack.push_async_callback(self._bus.close)
            stack.push_async_callback(self._codebuild.close)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def url(self) -> str:
        return self._site.url

    @property
    def asked(self) -> list[Asked]:
        """The requests for operations that are answered here."""
        return self._site.asked

    @property
    def environment(self) -> dict[str, str]:
        """The AWS_ variables with which boto3, the AWS CLI and builds find this AWS."""
        region = self.account.region
        return {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": region, "AWS_DEFAULT_REGION": region, **CREDENTIALS}

    @property
    def builds(self) -> Mapping[str, Build]:
        """Every build by its id, in the order of their starts."""
        return self._codebuild.builds

    @property
    def events(self) -> list[Json]:
        """Every event that happened, those that were lost on the way too."""
        return self._bus.said

    def count(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(each.operation == operation for each in self.asked)

    def create_project(self, name: str, **members: Any) -> Json:
        """A project of CreateProject, with a role, an image and no source unless `members` say otherwise."""
        defaults = {
            "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2\nphases: {build: {commands: ['true']}}\n"},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": self.account.role_arn(name),
        }
        return self._codebuild.projects.create({"name": name, **defaults, **members})

    async def create_queue(self, name: str) -> str:
        """A queue of SQS; returns its URL, at this address."""
        await self._moto.ask("sqs", "AmazonSQS.CreateQueue", {"QueueName": name})
        return f"{self.url}/{self.account.number}/{name}"

    async def create_bucket(self, name: str) -> None:
        await self._moto.create_bucket(name)

    def send_events_to(self, target: Target) -> None:
        self._bus.targets.append(target)

    def forget_tokens(self) -> None:
        """As if more than five minutes had passed since every StartBuild."""
        self._codebuild.forget_tokens()

    async def settled(self) -> None:
        """Returns once every build has ended and every event has left."""
        await self._lives.settled()
        await self._bus.settled()

    def _build_services(self) -> None:
        self._bus = Bus(self._moto, self.faults)
        self._logs = Logs(self.faults)
        reports = Reports(self.account, self._moto)
        self._lives = Lives(self._fleet(reports), self._logs, self.faults, self._pace)
        self._codebuild = CodeBuild(self.account, self._bus, self._lives, self.faults)
        self._site.operations["codebuild"] = {**self._codebuild.operations, **reports.operations}
        self._site.operations["logs"] = {"GetLogEvents": self._logs.get_log_events}

    def _fleet(self, reports: Reports) -> Fleet:
        if self._script is not None:
            return ScriptedFleet(self._script, reports)
        return LocalFleet(
            self.directory / "fleet",
            Sources(self._moto, self.directory / "sources"),
            reports,
            variables={**self.environment, **self._variables},
            path=self._path,
            minute=self._pace.minute,
        )
