"""The local AWS as it is started: one port on loopback for every service."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from app.demo.aws.account import Account
from app.demo.aws.build import Build
from app.demo.aws.bus import Bus, Target
from app.demo.aws.codebuild import CodeBuild, Pace
from app.demo.aws.faults import Faults, Lost
from app.demo.aws.fleets import Fleet
from app.demo.aws.fleets.local import LocalFleet
from app.demo.aws.fleets.scripted import Script, ScriptedFleet
from app.demo.aws.logs import Logs
from app.demo.aws.moto import Moto
from app.demo.aws.proxy import pass_on
from app.demo.aws.refusal import Refusal
from app.demo.aws.reports import Reports
from app.demo.aws.shapes import check, model
from app.demo.aws.source import Sources
from app.demo.aws.wire import Call, called

Json = dict[str, Any]

LARGEST_REQUEST = 1 << 30
MINUTE = 60.0
MANY = 1_000
WRONG = {"codebuild": "ValidationException", "logs": "InvalidParameterException"}
"""What the services call a request that is against their model."""

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came for an operation, whether it was granted or not."""

    operation: str
    params: Json


class LocalAWS:
    """`async with LocalAWS(directory) as aws:` and it answers at `aws.url`; `aws.environment` is all a client needs.

    Builds run for real, `places` at once, below `directory`; with a `script` they are only played. A build that has
    the project's role gets `variables` beside the AWS_ ones, and its programs from `path`. `minute` is how many
    seconds a minute of a timeout takes, `provisioning` how many pass before a machine is there.
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
    ) -> None:
        self.directory = directory.absolute()
        self.host = "127.0.0.1"
        self.port = port
        self.account = Account(region)
        self.faults = Faults(seed)
        self.asked: list[Asked] = []
        self._script = script
        places = places or (os.cpu_count() or 1 if script is None else MANY)
        self._pace = Pace(places=places, minute=minute, provisioning=provisioning)
        self._variables = dict(variables or {})
        self._path = path
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            self._moto = await stack.enter_async_context(Moto(self.directory, self.account.region))
            await asyncio.to_thread(model, "codebuild")
            runner = web.AppRunner(self._site(), handler_cancellation=True, shutdown_timeout=0.5, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, self.host, self.port).start()
            self.port = runner.addresses[0][1]
            self.url = f"http://{self.host}:{self.port}"
            self._build_services()
            stack.push_async_callback(self._bus.close)
            stack.push_async_callback(self._codebuild.close)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

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

    def send_events_to(self, target: Target) -> None:
        self._bus.targets.append(target)

    def forget_tokens(self) -> None:
        """As if more than five minutes had passed since every StartBuild."""
        self._codebuild.forget_tokens()

    async def settled(self) -> None:
        """Returns once every build has ended and every event has left."""
        await self._codebuild.settled()
        await self._bus.settled()

    def _build_services(self) -> None:
        self._bus = Bus(self._moto, self.faults)
        self._logs = Logs(self.faults)
        reports = Reports(self.account, self._moto)
        self._codebuild = CodeBuild(
            self.account,
            self._fleet(reports),
            self._bus,
            logs=self._logs,
            faults=self.faults,
            pace=self._pace,
        )
        self._operations = {**self._codebuild.operations, **reports.operations}

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

    def _site(self) -> web.Application:
        site = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[self._asked_by_programs])
        site.router.add_route("*", "/{path:.*}", self._serve)
        return site

    @web.middleware
    async def _asked_by_programs(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A page in a browser is a stranger here: moto would let any site in, and a build here is a shell.

        https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_rebinding
        """
        host = request.url.host or ""
        known = host in {self.host, "localhost"} or host.endswith(".localhost")  # a bucket may go before it
        if not known or "Origin" in request.headers:
            raise web.HTTPForbidden(text=f"This AWS is at {self.url}, and not for web pages.\n")
        return await handler(request)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        call = called(request)
        if call is None or (call.service == "logs" and call.operation != "GetLogEvents"):
            return await pass_on(request, self._moto)
        try:
            return call.answer(self._do(call, await request.read()))
        except Lost:
            if request.transport:
                request.transport.abort()
            return web.Response()
        except Refusal as refusal:
            return call.refuse(refusal)

    def _do(self, call: Call, body: bytes) -> Json:
        operations = {"GetLogEvents": self._logs.get_log_events} if call.service == "logs" else self._operations
        operation = operations.get(call.operation)
        params = call.params(body)
        self.asked.append(Asked(call.operation, params))
        if operation is None:
            raise Refusal("UnknownOperationException", f"This CodeBuild does not know {call.operation}.")
        check(model(call.service).operation_model(call.operation).input_shape, params, WRONG[call.service])
        lost = self.faults.strike(call.operation)
        if lost and not lost.done:
            raise lost
        answer = operation(params)
        if lost:
            raise lost
        return answer
