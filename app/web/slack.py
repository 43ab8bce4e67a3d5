"""The door `/slack`: what somebody says in Slack is verified, kept, and only then acknowledged."""

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from aiohttp import ClientPayloadError, web

from app.slack import payload
from app.slack.hearing import HEARD, Heard, Hearing
from app.slack.payload import Garbage
from app.store.delivery import OF_SLACK, Delivery, Inbox

MOST_BYTES = 1024 * 1024
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Keeper:
    """Keeps what Slack told beside what GitHub did."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def keep(self, heard: Heard) -> bool:
        return await self._inbox.put(
            Delivery(
                guid=heard.guid,
                event=OF_SLACK,
                action=heard.action,
                repository_id=None,
                installation_id=None,
                headers=heard.headers,
                body=heard.body,
                received_at=heard.at,
            )
        )


class Refusal(Exception):
    """What is refused before Slack's words are looked at: `outcome` is for counters and logs."""

    def __init__(
        self, status: HTTPStatus, outcome: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome
        self.headers = headers or {}


class SlackDoor:
    """Every method of `/slack`."""

    def __init__(self, hearing: Hearing, *, patience: float = 2.0) -> None:
        """`patience`: seconds that a body may take to arrive."""
        self._hearing = hearing
        self._patience = patience

    def route(self) -> web.RouteDef:
        return web.route("*", "/slack", self.receive)

    async def receive(self, request: web.Request) -> web.Response:
        try:
            return await self._take(request)
        except Refusal as refusal:
            HEARD.labels(refusal.outcome).inc()
            log.warning("slack_delivery", outcome=refusal.outcome, status=int(refusal.status))
            return web.Response(text=f"{refusal}\n", status=refusal.status, headers=refusal.headers)

    async def _take(self, request: web.Request) -> web.Response:
        _check_form(request)
        raw = await self._body(request)
        try:
            text = raw.decode()
            body = payload.read(text, request.content_type)
        except UnicodeDecodeError:
            raise Refusal(HTTPStatus.BAD_REQUEST, "not_understood", "The body is not text.") from None
        except Garbage as garbage:
            raise Refusal(HTTPStatus.BAD_REQUEST, "not_understood", f"Not understood: {garbage}.") from None
        if body.get("ssl_check") != "1":  # of which Slack does not say that it is signed
            _check_signature(request)
        reaction = await self._hearing.hear(text, body, _readable(request.headers))
        kind = "application/json" if reaction.is_json else "text/plain"
        return web.Response(text=reaction.text, status=reaction.status, content_type=kind)

    async def _body(self, request: web.Request) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise _too_large()
        except TimeoutError:
            message = f"The body did not arrive within {self._patience:g} s."
            raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "slow_body", message, {"Connection": "close"}) from None
        except (ConnectionError, ClientPayloadError, web.RequestPayloadError):
            message = "The connection broke off before the body was complete."
            raise Refusal(HTTPStatus.BAD_REQUEST, "broken_off", message, {"Connection": "close"}) from None
        return bytes(body)


def _check_form(request: web.Request) -> None:
    """Everything that can be refused before the body is read."""
    if request.method != "POST":
        message = "Use POST: this is where Slack delivers commands and presses."
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "wrong_method", message, {"Allow": "POST"})
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_large()


def _check_signature(request: web.Request) -> None:
    """Only its form: what is none would make bolt's verification fall over."""
    signature, timestamp = (request.headers.get(f"X-Slack-{name}", "") for name in ("Signature", "Request-Timestamp"))
    if not SIGNATURE.fullmatch(signature) or not TIMESTAMP.fullmatch(timestamp):
        message = "The header X-Slack-Signature or X-Slack-Request-Timestamp is missing or malformed."
        raise Refusal(HTTPStatus.UNAUTHORIZED, "unsigned", message)


def _too_large() -> Refusal:
    message = f"The body is larger than {MOST_BYTES} bytes, more than Slack ever sends."
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message, {"Connection": "close"})


def _readable(headers: Mapping[str, str]) -> dict[str, str]:
    """Bytes outside ASCII could not be stored as text."""
    return {name.title(): value.encode("ascii", "replace").decode() for name, value in headers.items()}
