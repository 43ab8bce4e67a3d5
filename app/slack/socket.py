"""Socket Mode: Slack tells by a connection that the App opens, for where no public address leads to it.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Self

import structlog
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.async_base_handler import AsyncBaseSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from app.slack import payload
from app.slack.client import Refused, SlackClient, silent
from app.slack.hearing import Hearing
from checks.errors import Transient

OPEN = "apps.connections.open"
PING = 10.0
"""Seconds between two looks whether the connection still is one."""
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds until Slack is asked again for an address; twice as many each time."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Socket:
    """Listens from when it is entered until it is left. Who it cannot reach is asked again, a wrong token said once."""

    def __init__(
        self,
        client: SlackClient,
        token: SecretStr,
        hearing: Hearing,
        *,
        ping: float = PING,
        pause: float = SHORTEST_PAUSE,
    ) -> None:
        self._client = client
        self._token = token
        self._hearing = hearing
        self._ping = ping
        self._pause = pause
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def run(self) -> None:
        """Until it is cancelled, or Slack refuses the token."""
        refused = asyncio.Event()
        handler = _Handler(self._hearing, _Line(self._address_until(refused), ping=self._ping))
        connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
        try:
            await refused.wait()
        finally:
            connecting.cancel()
            with suppress(asyncio.CancelledError):
                await connecting
            await handler.close_async()  # type: ignore[no-untyped-call]

    def _address_until(self, refused: asyncio.Event) -> Callable[[], Awaitable[str]]:
        async def address() -> str:
            pause = self._pause
            while not refused.is_set():
                try:
                    return str((await self._client.call(self._token, OPEN, {})).get("url") or "")
                except Refused as no:
                    _say_once(refused, no.code)
                    raise
                except Transient as trouble:
                    log.info("slack_socket_waits", reason=str(trouble))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            raise ConnectionAbortedError("Slack takes the token no more")  # and `run` is ending

        return address


def _say_once(refused: asyncio.Event, code: str) -> None:
    if not refused.is_set():
        log.warning(
            "slack_socket_refused",
            setting="SLACK_APP_TOKEN",
            reason=code,
            next="make an app-level token with connections:write, set SLACK_APP_TOKEN and start again",
        )
    refused.set()


class _Line(SocketModeClient):
    """Slack's own client, which connects anew by itself; only the address comes from ours, as it says what is wrong."""

    def __init__(self, address: Callable[[], Awaitable[str]], *, ping: float) -> None:
        super().__init__(app_token="", logger=silent(), ping_interval=ping)
        self._address = address

    async def issue_new_wss_url(self) -> str:
        return await self._address()


class _Handler(AsyncBaseSocketModeHandler):
    """Bolt's way from an envelope to its acknowledgement, with our log line and count for each."""

    def __init__(self, hearing: Hearing, line: _Line) -> None:
        self.app = hearing.bolt
        self.client = line
        self._hearing = hearing
        line.socket_mode_request_listeners.append(self.handle)

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        began = asyncio.get_running_loop().time()
        if payload.kind(req.payload):
            request = AsyncBoltRequest(mode="socket_mode", body=req.payload, headers=build_headers(req))
            reaction = await self._hearing.dispatch(request)
            content_type = "application/json" if reaction.is_json else "text/plain"
            answer = BoltResponse(status=reaction.status, body=reaction.text, headers={"content-type": content_type})
        else:
            answer = BoltResponse(status=HTTPStatus.OK, body="")  # or Slack tells it again and again
        await send_async_response(client, req, answer, began)
