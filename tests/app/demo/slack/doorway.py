"""An App of somebody's: it keeps what it is told, checks that Slack said it, and answers what a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from app.demo.slack.server import LocalSlack


class Doorway:
    """`answers` are given in turn, each a status with a body; then 200 with nothing. `told` is what came."""

    def __init__(self, secret: str) -> None:
        self.verifier = SignatureVerifier(secret)
        self.told: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[tuple[int, Any]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.text()
        assert self.verifier.is_valid_request(body, dict(request.headers))
        self.told.append(_read(request.content_type, body))
        self.headers.append(dict(request.headers))
        status, said = self.answers.pop(0) if self.answers else (200, None)
        await self.open.wait()
        if isinstance(said, dict):
            return web.json_response(said, status=status)
        return web.Response(text=said or "", status=status)


def _read(content_type: str, body: str) -> dict[str, Any]:
    if content_type == "application/json":
        return dict(json.loads(body))
    form = dict(parse_qsl(body, keep_blank_values=True))
    return dict(json.loads(form["payload"])) if "payload" in form else dict(form)


@asynccontextmanager
async def open_doorway(slack: LocalSlack) -> AsyncIterator[Doorway]:
    doorway = Doorway(slack.app.signing_secret)
    site = web.Application()
    site.router.add_post("/slack", doorway.hear)
    runner = web.AppRunner(site, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.listen(f"http://127.0.0.1:{runner.addresses[0][1]}/slack")
    try:
        yield doorway
    finally:
        await runner.cleanup()
