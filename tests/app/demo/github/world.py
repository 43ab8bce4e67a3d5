"""An organisation on the local GitHub with an App that listens, and a client that is held to GitHub's description."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import jwt
from aiohttp import web

from app.demo.github.account import Permission
from app.demo.github.auth import new_key_pair
from app.demo.github.installation import App, Installation
from app.demo.github.installing import Registration
from app.demo.github.repository import Repository
from app.demo.github.server import LocalGitHub
from tests.published.openapi import openapi
from tests.published.webhooks import webhook_schema_errors

PRIVATE_KEY, PUBLIC_KEY = new_key_pair()
PERMISSIONS = {"checks": "write", "contents": "read", "pull_requests": "read", "merge_queues": "read"}
EVENTS = ("push", "pull_request", "merge_group", "repository")


@dataclass
class Received:
    event: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Listener:
    """The App's webhook address; answers with `status`."""

    url: str = ""
    status: int = 202
    received: list[Received] = field(default_factory=list)
    _awaited: dict[str, asyncio.Future[Received]] = field(default_factory=dict)

    def next(self, event: str) -> asyncio.Future[Received]:
        """The next webhook of this event, when it has come."""
        return self._awaited.setdefault(event, asyncio.get_running_loop().create_future())

    async def __aenter__(self) -> Self:
        site = web.Application(client_max_size=30 << 20)
        site.router.add_post("/github", self._take)
        self._runner = web.AppRunner(site, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/github"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        one = Received(request.headers["X-GitHub-Event"], dict(request.headers), body)
        self.received.append(one)
        if one.event in self._awaited:
            self._awaited.pop(one.event).set_result(one)
        return web.Response(status=self.status, text="heard")


class World:
    """`github` with Ana, who owns acme, Bo, who may write, and Eve, who may not; the App is installed on acme."""

    github: LocalGitHub
    app: App
    installation: Installation
    web: Repository

    def __init__(self, directory: Path) -> None:
        self.github = LocalGitHub(directory)
        self.listener = Listener()

    async def __aenter__(self) -> Self:
        await self.listener.__aenter__()
        await self.github.__aenter__()
        self.session = aiohttp.ClientSession()
        for login in ("ana", "bo", "eve"):
            await self.github.create_user(login, f"token-of-{login}")
        await self.github.create_organisation("acme", owners=["ana"])
        self.app = await self.github.register_app(
            Registration(
                name="Interlock",
                owner="acme",
                public_key=PUBLIC_KEY,
                webhook_url=self.listener.url,
                webhook_secret="s3cret",
                permissions=PERMISSIONS,
                events=EVENTS,
            )
        )
        self.installation = await self.github.install_app(self.app, "acme")
        self.web = await self.github.create_repository("acme/web")
        await self.github.allow("bo", self.web, Permission.WRITE)
        await self.heard()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()
        await self.github.__aexit__(kind, error, trace)
        await self.listener.__aexit__()

    async def heard(self) -> list[tuple[str, str | None]]:
        """(event, action) of what the App got since it was asked last; all of it fits GitHub's schemas."""
        return [(each.event, each.payload.get("action")) for each in await self.webhooks()]

    async def webhooks(self) -> list[Received]:
        await self.github.settled()
        found, self.listener.received = self.listener.received, []
        for each in found:
            assert webhook_schema_errors(each.event, _known(each)) == []
        return found

    def jwt(self, *, ago: int = 60, ahead: int = 540, key: str = PRIVATE_KEY) -> str:
        now = int(self.github.clock().timestamp())
        claims = {"iss": str(self.app.id), "iat": now - ago, "exp": now + ahead}
        return jwt.encode(claims, key, algorithm="RS256")

    async def token(self, body: dict[str, Any] | None = None) -> str:
        answer = await self.ask(
            "POST", f"/app/installations/{self.installation.id}/access_tokens", self.jwt(), body, 201
        )
        token: str = answer["token"]
        return token

    async def ask(self, method: str, path: str, token: str, body: object = None, status: int = 200) -> Any:
        """One request and its answer, both held to GitHub's description; `raw` asks without that."""
        async with await self.raw(method, path, token, body) as answer:
            raw = await answer.read()
            assert answer.status == status, raw
        found = json.loads(raw) if raw else None
        place, _, query = path.partition("?")
        pairs = dict(each.split("=", 1) for each in query.split("&") if each)
        assert openapi().request_errors(method, place, pairs, body) == []
        assert openapi().response_errors(method, place, status, found) == []
        return found

    async def raw(
        self, method: str, path: str, token: str, body: object = None, headers: dict[str, str] | None = None
    ) -> aiohttp.ClientResponse:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.session.request(
            method, self.github.api_url + path, json=body, headers={**sent, **(headers or {})}, allow_redirects=False
        )


def _known(one: Received) -> dict[str, Any]:
    """The published schemas are older than the merge queue, than repositories that organisations give away, and than
    the times of signatures."""
    payload = one.payload
    if one.event == "status":
        payload["commit"]["commit"]["verification"].pop("verified_at")
    if one.event == "ping":
        payload["hook"]["events"] = [name for name in payload["hook"]["events"] if name != "merge_group"]
    if payload.get("action") == "transferred":
        payload["changes"]["owner"]["from"].pop("organization", None)
    return payload
