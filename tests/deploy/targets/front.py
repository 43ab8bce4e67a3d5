"""A door before moto, where answers can be withheld, refused, and preceded by what somebody else does."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import boto3  # type: ignore[import-untyped]  # no stubs
from aiohttp import ClientSession, web
from botocore.config import Config  # type: ignore[import-untyped]  # no stubs
from yarl import URL

from app.demo.aws.account import Account
from app.demo.aws.functions import PATH, Functions
from app.demo.aws.proxy import pass_on

REGION = "us-east-1"
UNHEARD = "X-Unheard"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Front:
    """`lose[n]` says that the n-th request (from 0) gets no answer: "before" it is done, or "after" that."""

    behind: str
    session: ClientSession
    functions: Functions
    url: str = ""
    calls: list[str] = field(default_factory=list)
    lose: dict[int, str] = field(default_factory=dict)
    deny: set[int] = field(default_factory=set)
    """The numbers of requests that AWS denies."""
    meanwhile: Callable[[str], None] | None = None
    """Is told of each operation before it is done."""

    def reset(self) -> None:
        self.calls.clear()
        self.lose.clear()
        self.deny.clear()
        self.meanwhile = None

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith(("Get", "Head", "GET", "HEAD"))]

    async def serve(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if UNHEARD in request.headers:
            return await answer(request)
        operation = _operation(request)
        number = len(self.calls)
        self.calls.append(operation)
        if self.meanwhile:
            self.meanwhile(operation)
        if number in self.deny:
            return _denied(request)
        lost = self.lose.get(number)
        if lost == "after":
            await self._done_unheard(request)
        return _closed(request) if lost else await answer(request)

    async def _done_unheard(self, request: web.Request) -> None:
        """By way of this same door, as an answer that begins to leave cannot be withheld."""
        async with self.session.request(
            request.method, URL(self.url + request.raw_path, encoded=True), data=await request.read(),
            headers={**request.headers, UNHEARD: "1"}, allow_redirects=False, skip_auto_headers=("Content-Type",),
        ) as answer:  # fmt: skip
            await answer.read()


def _operation(request: web.Request) -> str:
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    return target or f"{request.method} {request.path}"


def _closed(request: web.Request) -> web.Response:
    assert request.transport
    request.transport.abort()
    return web.Response()


def _denied(request: web.Request) -> web.Response:
    if request.path.startswith(PATH) or "X-Amz-Target" in request.headers:
        body = json.dumps({"__type": "AccessDeniedException", "Message": "not allowed"})
        return web.Response(status=400, text=body, headers={"x-amzn-ErrorType": "AccessDeniedException"})
    return web.Response(
        status=403, text="<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    )


class Clients:
    """As the App has them, with one attempt a request."""

    def __init__(self, url: str, region: str = REGION) -> None:
        self._url = url
        self._region = region
        self._made: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        service = name.removesuffix("_")
        if service not in self._made:
            config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
            self._made[service] = boto3.client(
                service, endpoint_url=self._url, region_name=self._region, config=config,
                aws_access_key_id="testing", aws_secret_access_key="testing",
            )  # fmt: skip
        return self._made[service]


@dataclass
class _Behind:
    url: str
    session: ClientSession


@asynccontextmanager
async def front(moto: str) -> AsyncIterator[Front]:
    async with ClientSession(auto_decompress=False) as session:
        behind = _Behind(moto, session)
        door = Front(moto, session, Functions(Account(REGION), behind))

        async def answer(request: web.Request) -> web.StreamResponse:
            if request.path.startswith(PATH):
                return await door.functions.serve(request)
            return await pass_on(request, behind)

        async def serve(request: web.Request) -> web.StreamResponse:
            return await door.serve(request, answer)

        site = web.Application(client_max_size=1 << 28)
        site.router.add_route("*", "/{path:.*}", serve)
        runner = web.AppRunner(site, shutdown_timeout=0.5, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        door.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield door
        finally:
            await runner.cleanup()


@contextmanager
def front_in_a_thread(moto: str) -> Iterator[Front]:
    """So that a test may ask it with boto3 as it goes."""
    opened: Future[Front] = Future()
    loop = asyncio.new_event_loop()
    end = asyncio.Event()

    async def run() -> None:
        async with front(moto) as door:
            opened.set_result(door)
            await end.wait()

    thread = Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    yield opened.result(timeout=30)
    loop.call_soon_threadsafe(end.set)
    thread.join()
    loop.close()
