"""The site of the local AWS: what is known here is answered here, and all else goes to moto."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from yarl import URL

from app.demo.aws.faults import Faults, Lost
from app.demo.aws.functions import PATH, Functions
from app.demo.aws.moto import Moto
from app.demo.aws.proxy import pass_on
from app.demo.aws.refusal import Refusal
from app.demo.aws.shapes import check, model
from app.demo.aws.wire import Call, called

Json = dict[str, Any]
Operation = Callable[[Json], Json]

LARGEST_REQUEST = 1 << 30
WRONG = {"codebuild": "ValidationException", "logs": "InvalidParameterException"}
"""What the services call a request that is against their model."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came for an operation, whether it was granted or not."""

    operation: str
    params: Json


class Site:
    """`operations` are those that are known here, by service; `asked` is every request for one of them."""

    def __init__(self, moto: Moto, faults: Faults, functions: Functions) -> None:
        self.url = ""
        self.operations: dict[str, dict[str, Operation]] = {"codebuild": {}, "logs": {}}
        self.asked: list[Asked] = []
        self._moto = moto
        self._faults = faults
        self._functions = functions

    @asynccontextmanager
    async def open(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen there, at a free port for 0; the port."""
        site = web.Application(client_max_size=LARGEST_REQUEST)
        site.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(site, handler_cancellation=True, shutdown_timeout=0.5, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            port = runner.addresses[0][1]
            self.url = f"http://{host}:{port}"
            yield port
        finally:
            await runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self._require_program(request)
        if request.path.startswith(PATH):
            return await self._functions.serve(request)
        call = called(request)
        if call is None or (call.service == "logs" and call.operation not in self.operations["logs"]):
            return await pass_on(request, self._moto)
        try:
            return call.answer(self._do(call, await request.read()))
        except Lost:
            if request.transport:
                request.transport.abort()
            return web.Response()
        except Refusal as refusal:
            return call.refuse(refusal)

    def _require_program(self, request: web.Request) -> None:
        """A page in a browser is a stranger here: moto would let any site in, and a build here is a shell.

        https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_rebinding
        """
        host = request.url.host or ""
        known = host in {URL(self.url).host, "localhost"} or host.endswith(".localhost")  # a bucket may go before it
        if not known or "Origin" in request.headers:
            raise web.HTTPForbidden(text=f"This AWS is at {self.url}, and not for web pages.\n")

    def _do(self, call: Call, body: bytes) -> Json:
        params = call.params(body)
        self.asked.append(Asked(call.operation, params))
        operation = self.operations[call.service].get(call.operation)
        if operation is None:
            raise Refusal("UnknownOperationException", f"This CodeBuild does not know {call.operation}.")
        check(model(call.service).operation_model(call.operation).input_shape, params, WRONG[call.service])
        lost = self._faults.strike(call.operation)
        if lost and not lost.done:
            raise lost
        answer = operation(params)
        if lost:
            raise lost
        return answer
