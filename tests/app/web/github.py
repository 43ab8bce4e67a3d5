"""GitHub's side of the door `/github`, over real HTTP, and an inbox in memory behind the door."""

import asyncio
import hashlib
import hmac
import io
import json
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web
from prometheus_client import REGISTRY
from yarl import URL

from app.store.delivery import Delivery
from app.web.github import GitHubDoor
from app.web.http import http_runner
from checks.errors import Transient

SECRET = "the present secret"
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
Headers = dict[str, str | None]
OPENED = {"action": "opened", "repository": {"id": 42}, "installation": {"id": 7}}


class Memory:
    """An inbox that keeps deliveries while it lives."""

    def __init__(self) -> None:
        self.kept: dict[str, Delivery] = {}
        self.is_full = False

    async def put(self, delivery: Delivery) -> bool:
        if self.is_full:
            raise Transient("the disk is full")
        return self.kept.setdefault(delivery.guid, delivery) is delivery


class Sender:
    """GitHub's side of the door."""

    def __init__(self, session: ClientSession, url: URL, inbox: Memory) -> None:
        self.session = session
        self.url = url
        self.inbox = inbox

    async def send(
        self, body: bytes | dict[str, Any], headers: Headers | None = None, *, data: Any = None
    ) -> tuple[int, Any]:
        """Status and answer. A header that is None is left out."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        present = {name: value for name, value in (signed(raw) | (headers or {})).items() if value is not None}
        async with self.session.post(self.url, data=data or io.BytesIO(raw), headers=present) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def raw(self, *parts: bytes, hang_up: bool = False) -> int:
        """The status that comes back on a connection of our own; `hang_up` leaves without listening."""
        reader, writer = await asyncio.open_connection(self.url.host, self.url.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
        status = 0 if hang_up else int((await reader.readuntil(b"\r\n")).split()[1])
        writer.close()
        return status


def signed(raw: bytes, secret: str = SECRET) -> Headers:
    return {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Delivery": GUID,
        "X-GitHub-Event": "pull_request",
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest(),
    }


def head(raw: bytes, *more: str) -> bytes:
    """The first lines of a request as bytes, without a length."""
    lines = [f"{name}: {value}" for name, value in signed(raw).items()]
    return "\r\n".join(["POST /github HTTP/1.1", "Host: localhost", *lines, *more, "", ""]).encode()


@asynccontextmanager
async def opened(secrets: Iterable[str] = (SECRET,), patience: float = 10.0) -> AsyncIterator[Sender]:
    inbox = Memory()
    app = web.Application()
    app.add_routes([GitHubDoor(tuple(secrets), inbox, patience=patience).route()])
    runner = http_runner(app)
    await runner.setup()
    site = web.SockSite(runner, sock := socket.create_server(("127.0.0.1", 0)))
    await site.start()
    async with ClientSession() as session:
        yield Sender(
            session, URL.build(scheme="http", host="127.0.0.1", port=sock.getsockname()[1], path="/github"), inbox
        )
    await runner.cleanup()


def count(outcome: str) -> float:
    return REGISTRY.get_sample_value("interlock_github_deliveries_total", {"outcome": outcome}) or 0.0
