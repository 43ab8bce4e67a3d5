"""A Slack that a test scripts: it answers what was laid down and remembers what it was asked."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from pydantic import SecretStr

from app.slack.client import SlackClient
from app.slack.workspace import Owners, SlackWorkspaces
from checks.repository import Repository

TOKEN = "xoxb-1111111111-acme"
BETA = "xoxb-2222222222-beta"
ME = {"ok": True, "team": "Acme", "team_id": "T1", "user_id": "U0BOT", "bot_id": "B0BOT"}
THEM = {"ok": True, "team": "Beta", "team_id": "T2", "user_id": "U9BOT", "bot_id": "B9BOT"}


@dataclass(frozen=True)
class Asked:
    method: str
    token: str
    said: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """`raw` instead of JSON; `drop` cuts the connection instead of answering."""

    data: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: str | None = None
    drop: bool = False


Answerer = Callable[[Asked], Reply]


def refused(code: str, **more: Any) -> Reply:
    return Reply({"ok": False, "error": code, **more})


class Endpoint:
    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.heard: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sockets: list[web.WebSocketResponse] = []
        self.connected = asyncio.Event()
        self._scripts: dict[str, list[Reply | Answerer]] = defaultdict(list)
        self.on("auth.test", lambda asked: Reply(THEM if asked.token == BETA else ME))
        self.on("respond", Reply({"ok": True}))
        self.on("apps.connections.open", lambda _: Reply({"ok": True, "url": f"{self.url}/link".replace("http", "ws")}))

    def on(self, method: str, *replies: Reply | Answerer) -> None:
        """Answer this with each of the replies in turn; the last one stays."""
        self._scripts[method] = list(replies)

    @property
    def methods(self) -> list[str]:
        """What was asked, apart from who we are."""
        return [each.method for each in self.asked if each.method != "auth.test"]

    def last(self, method: str) -> dict[str, Any]:
        return [each.said for each in self.asked if each.method == method][-1]

    @property
    def response_url(self) -> str:
        return f"{self.url}/respond/hush-hush"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            "respond" if request.path.startswith("/respond/") else request.path.removeprefix("/api/"),
            request.headers.get("Authorization", "").removeprefix("Bearer "),
            await _read(request),
        )
        self.asked.append(asked)
        script = self._scripts.get(asked.method) or [refused("unknown_method")]
        step = script.pop(0) if len(script) > 1 else script[0]
        reply = step if isinstance(step, Reply) else step(asked)
        self.heard[asked.method].set()
        if reply.drop:
            assert request.transport
            request.transport.abort()
        if reply.raw is not None:
            return web.Response(status=reply.status, text=reply.raw, headers=reply.headers)
        return web.json_response(reply.data, status=reply.status, headers=reply.headers)

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        """One connection of Socket Mode; what the App says on it is in `said`."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        self.connected.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.said.put_nowait(json.loads(message.data))
        return socket


async def _read(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json" and request.can_read_body:
        return dict(await request.json())
    return {**request.query, **await request.post()}


@asynccontextmanager
async def slack() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    site = web.Application()
    site.router.add_get("/link", endpoint.link)
    site.router.add_route("*", "/{path:.*}", endpoint.handle)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    door = web.TCPSite(runner, "127.0.0.1", 0)
    await door.start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield endpoint
    for socket in endpoint.sockets:
        await socket.close()
    await runner.cleanup()


class Shelf:
    def __init__(self, *names: str) -> None:
        self.kept = [repository(name, at) for at, name in enumerate(names, 1)]

    async def all(self) -> Sequence[Repository]:
        return self.kept


def repository(name: str, number: int = 1) -> Repository:
    return Repository(id=number, full_name=name, installation=7)


@asynccontextmanager
async def workspaces(
    endpoint: Endpoint, tokens: Sequence[str] = (TOKEN,), owners: Owners | None = None, names: Sequence[str] = ()
) -> AsyncIterator[SlackWorkspaces]:
    counted: list[tuple[str, str]] = []
    async with SlackClient(f"{endpoint.url}/api", lambda *each: counted.append(each), timeout=2) as client:
        yield SlackWorkspaces(client, [SecretStr(token) for token in tokens], owners or {}, Shelf(*names))
