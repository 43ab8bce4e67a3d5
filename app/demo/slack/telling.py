"""The App is told what people do: with signed requests to its address, or through Socket Mode if it is connected.

https://docs.slack.dev/authentication/verifying-requests-from-slack
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
from aiohttp import web

from app.demo.slack.message import Json
from app.demo.slack.viewing import Viewing

PATIENCE = 3.0
COMMANDS = "slash_commands"
INTERACTIVE = "interactive"
EVENTS = "events_api"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How the App took it. `status` is 0 if nothing came in time, `body` the acknowledgement, JSON or text.

    `error` is what Slack tells the person. `asks` is the confirmation of a button: then nothing was sent.
    """

    status: int = 0
    body: Any = None
    error: str = ""
    asks: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 (HTTP's own number)

    @property
    def document(self) -> Json:
        """What is to be shown or done, if anything."""
        if isinstance(self.body, str):
            return {"text": self.body} if self.body else {}
        return self.body if isinstance(self.body, dict) else {}


class Socket:
    """One connection in Socket Mode, and what it has not acknowledged yet."""

    def __init__(self, connection: web.WebSocketResponse) -> None:
        self.connection = connection
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    async def tell(self, kind: str, payload: Json, **more: Any) -> Any:
        """Returns what the acknowledgement says."""
        name = str(uuid4())
        acknowledged = self._waiting[name] = asyncio.get_running_loop().create_future()
        envelope = {"envelope_id": name, "type": kind, "payload": payload, "accepts_response_payload": kind != EVENTS}
        try:
            await self.connection.send_json(envelope | more)
            return await acknowledged
        finally:
            del self._waiting[name]

    def hear(self, said: Json) -> None:
        waiting = self._waiting.get(said.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(said.get("payload"))


class Telling(Viewing):
    """`patience` is how many seconds the App has to acknowledge."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.patience = PATIENCE
        self.sockets: list[Socket] = []
        self.client: aiohttp.ClientSession | None = None

    async def tell(self, kind: str, payload: Json, *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        """`headers` are for a request, `more` is for an envelope."""
        try:
            if self.sockets:
                return await self._through_socket(kind, payload, more)
            if not self.app.url:
                return Answer(error="dispatch_failed")
            body, content_type = _encoded(kind, payload)
            return await self.send(body, {"Content-Type": content_type, **self.signed(body), **(headers or {})})
        finally:
            self.stir()

    async def send(self, raw: bytes, headers: dict[str, str]) -> Answer:
        """One request as it is, to where the App is."""
        if self.client is None:
            raise RuntimeError("The local Slack has not been started.")
        limit = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with self.client.post(self.app.url, data=raw, headers=headers, timeout=limit) as answer:
                text = await answer.text()
                told = tuple((name, value) for name, value in answer.headers.items() if name.startswith("X-Slack"))
                error = "" if answer.ok else "dispatch_failed"
                body = _decoded(text) if answer.content_type == "application/json" else text
                return Answer(status=answer.status, body=body, error=error, headers=told)
        except TimeoutError:
            return Answer(error="operation_timeout")
        except aiohttp.ClientError:
            return Answer(error="dispatch_failed")

    def signed(self, body: bytes) -> dict[str, str]:
        moment = str(int(self.clock()))
        said = hmac.new(self.app.signing_secret.encode(), f"v0:{moment}:".encode() + body, hashlib.sha256)
        return {
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": f"v0={said.hexdigest()}",
        }

    async def disconnect_sockets(self, reason: str = "refresh_requested") -> None:
        """Slack does this every few hours; whoever wants to stay connects again."""
        leaving, self.sockets = self.sockets, []
        for each in leaving:
            await each.connection.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})
            await each.connection.close()

    async def _through_socket(self, kind: str, payload: Json, more: Json) -> Answer:
        self.sockets.append(self.sockets.pop(0))  # they take turns
        try:
            body = await asyncio.wait_for(self.sockets[-1].tell(kind, payload, **more), self.patience)
        except TimeoutError:
            return Answer(error="operation_timeout")
        except ConnectionError:
            return Answer(error="dispatch_failed")
        return Answer(status=200, body=body)


def _encoded(kind: str, payload: Json) -> tuple[bytes, str]:
    if kind == EVENTS:
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == COMMANDS else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _decoded(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
