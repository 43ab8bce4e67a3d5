"""Slack's side of the door `/slack`, over real HTTP, with a scripted Slack and an inbox in memory behind it."""

import io
import json
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, web
from prometheus_client import REGISTRY
from slack_sdk.signature import SignatureVerifier

from app.slack.hearing import Hearing
from app.web.http import http_runner
from app.web.slack import Keeper, SlackDoor
from tests.app.slack.endpoint import TOKEN, Endpoint, slack, workspaces
from tests.app.slack.test_payload import command, press
from tests.app.web.github import Memory

SECRET = "the signing secret"
FORM = "application/x-www-form-urlencoded"


def signed(raw: str, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=raw)
    assert signature
    return {"Content-Type": FORM, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}


@dataclass
class Sender:
    """What Slack does with the App."""

    session: ClientSession
    url: str
    inbox: Memory
    endpoint: Endpoint

    async def send(self, raw: str | bytes | io.BytesIO, headers: dict[str, str]) -> tuple[int, str]:
        async with self.session.post(self.url, data=raw, headers=headers) as response:
            return response.status, await response.text()

    async def form(self, form: dict[str, Any], **more: str) -> tuple[int, str]:
        raw = urlencode(form)
        return await self.send(raw, signed(raw) | more)

    async def command(self, text: str, **more: Any) -> tuple[int, str]:
        return await self.form(command(text) | {"response_url": self.endpoint.response_url, "token": "old"} | more)

    async def interaction(self, body: dict[str, Any]) -> tuple[int, str]:
        return await self.form({"payload": json.dumps(body | {"token": "old"})})

    async def press(self, action_id: str = "say:0", **more: Any) -> tuple[int, str]:
        return await self.interaction(press(action_id=action_id, response_url=self.endpoint.response_url) | more)

    async def event(self, **event: Any) -> tuple[int, str]:
        body = {"type": "event_callback", "token": "old", "team_id": "T1", "event_id": "Ev1", "event": event}
        raw = json.dumps(body)
        return await self.send(raw, signed(raw) | {"Content-Type": "application/json"})

    def kept(self) -> list[tuple[str, str, Any]]:
        return [(each.event, each.action, json.loads(each.body)) for each in self.inbox.kept.values()]


@asynccontextmanager
async def opened(
    *, tokens: Sequence[str] = (TOKEN,), inbox: Memory | None = None, patience: float = 2.5
) -> AsyncIterator[Sender]:
    kept = inbox or Memory()
    async with (
        slack() as endpoint,
        workspaces(endpoint, tokens) as known,
        Hearing(known, Keeper(kept).keep, SECRET, patience=patience) as hearing,
        ClientSession() as session,
    ):
        site = web.Application()
        site.add_routes([SlackDoor(hearing, patience=0.2).route()])
        runner = http_runner(site)
        await runner.setup()
        await web.SockSite(runner, listening := socket.create_server(("127.0.0.1", 0))).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/slack"
        yield Sender(session, url, kept, endpoint)
        await runner.cleanup()


def count(outcome: str) -> float:
    return REGISTRY.get_sample_value("interlock_slack_deliveries_total", {"outcome": outcome}) or 0.0
