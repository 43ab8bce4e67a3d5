"""The door `/github`: a webhook is verified, kept, and only then answered.

GitHub waits ten seconds and never delivers again by itself, so nothing else happens in between.
https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import ClientPayloadError, HttpVersion11, web
from prometheus_client import Counter, Gauge

from app.github.payload import Summary, summary
from app.github.webhook import SIGNATURE, is_routed, verify
from app.store.delivery import Delivery, Inbox
from checks.errors import Transient

MOST_BYTES = 25 * 1024 * 1024
"""GitHub sends up to 25 MB."""

NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
KEPT_HEADERS = ("x-github-", "content-type", "user-agent")

DELIVERIES = Counter("interlock_github_deliveries", "Requests at the door /github by what became of them.", ["outcome"])
LAST_STORED = Gauge("interlock_github_last_delivery_timestamp_seconds", "When GitHub's last delivery was stored.")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Answer(Exception):
    """What the sender hears: `outcome` for counters and logs, `message` for whoever reads GitHub's delivery log."""

    def __init__(self, status: HTTPStatus, outcome: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome
        self.message = message
        self.headers = headers or {}


class GitHubDoor:
    """Every method of `/github`. Several secrets are valid while one replaces another."""

    def __init__(self, secrets: Sequence[str], inbox: Inbox, *, patience: float = 10.0) -> None:
        """`patience`: seconds that a body may take to arrive."""
        if not secrets or not all(secrets):
            raise ValueError("there is no webhook secret, or one is empty: set GITHUB_WEBHOOK_SECRET")
        self._secrets = tuple(secrets)
        self._inbox = inbox
        self._patience = patience

    def route(self) -> web.RouteDef:
        return web.route("*", "/github", self.receive, expect_handler=_continue)

    async def receive(self, request: web.Request) -> web.Response:
        known: dict[str, Any] = {"guid": _name(request, "X-GitHub-Delivery"), "kind": _name(request, "X-GitHub-Event")}
        try:
            answer = await self._take(request, known)
        except Answer as refusal:
            answer = refusal
        DELIVERIES.labels(answer.outcome).inc()
        write = log.warning if answer.status >= HTTPStatus.BAD_REQUEST else log.info
        write("github_delivery", outcome=answer.outcome, status=int(answer.status), **known)
        body = {"delivery": known["guid"], "outcome": answer.outcome, "message": answer.message}
        return web.json_response(body, status=answer.status, headers=answer.headers)

    async def _take(self, request: web.Request, known: dict[str, Any]) -> Answer:
        """Cheap refusals first, then the body, the signature, the content; `known` gathers what the log tells."""
        _check_form(request)
        guid, event = _required(request, "X-GitHub-Delivery"), _required(request, "X-GitHub-Event")
        signature = _signature(request)
        body = await self._body(request)
        if not verify(self._secrets, body, signature):
            raise Answer(
                HTTPStatus.UNAUTHORIZED,
                "wrong_signature",
                "The signature does not match: the App's webhook secret and GITHUB_WEBHOOK_SECRET have to be the same.",
            )
        told = _summary(body)
        known |= {"action": told.action, "repository": told.repository and told.repository.id}
        if not is_routed(event, told.action):
            name = f"{event} {told.action}" if told.action else event
            return Answer(HTTPStatus.OK, "not_for_us", f"Not for us: nothing here reacts to {name}.")
        return await self._keep(
            Delivery(
                guid=guid,
                event=event,
                action=told.action or "",
                repository_id=told.repository.id if told.repository else None,
                installation_id=told.installation.id if told.installation else None,
                headers=_kept(request),
                body=body,
                received_at=datetime.now(UTC),
            )
        )

    async def _body(self, request: web.Request) -> bytes:
        """The raw bytes, counted while they come: aiohttp's own limit is 1 MiB and holds for the whole application."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise _too_large()
        except TimeoutError:
            message = f"The body did not arrive within {self._patience:g} s."
            raise Answer(HTTPStatus.REQUEST_TIMEOUT, "slow_body", message, {"Connection": "close"}) from None
        except (ConnectionError, ClientPayloadError, web.RequestPayloadError):
            message = "The connection broke off before the body was complete."
            raise Answer(HTTPStatus.BAD_REQUEST, "broken_off", message, {"Connection": "close"}) from None
        return bytes(body)

    async def _keep(self, delivery: Delivery) -> Answer:
        try:
            is_new = await self._inbox.put(delivery)
        except Transient:
            message = "The delivery could not be stored now. Deliver it again."
            raise Answer(HTTPStatus.SERVICE_UNAVAILABLE, "not_stored", message, {"Retry-After": "5"}) from None
        if not is_new:
            return Answer(HTTPStatus.ACCEPTED, "known", "This delivery was stored before; nothing changes.")
        LAST_STORED.set_to_current_time()
        return Answer(HTTPStatus.ACCEPTED, "stored", "Stored; the work begins.")


async def _continue(request: web.Request) -> None:
    """Let the body come; other expectations are ignored, where aiohttp repeats them in text that may not encode."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


def _check_form(request: web.Request) -> None:
    """Everything that can be refused before the body is read."""
    if request.method != "POST":
        message = "Use POST: this is where GitHub delivers webhooks."
        raise Answer(HTTPStatus.METHOD_NOT_ALLOWED, "wrong_method", message, {"Allow": "POST"})
    if request.content_type != "application/json":
        message = "Send JSON: set the content type of the App's webhook to application/json."
        raise Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", message)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        message = "Send the body without Content-Encoding: the signature covers the bytes as they are sent."
        raise Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "encoded", message, {"Accept-Encoding": "identity"})
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_large()


def _too_large() -> Answer:
    message = f"The body is larger than {MOST_BYTES} bytes, more than GitHub ever sends."
    return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message, {"Connection": "close"})


def _name(request: web.Request, header: str) -> str | None:
    value = request.headers.get(header, "")
    return value if NAME.fullmatch(value) else None


def _required(request: web.Request, header: str) -> str:
    if name := _name(request, header):
        return name
    fault = (
        "is not a name of at most 100 letters, digits, dots and dashes" if header in request.headers else "is missing"
    )
    raise Answer(HTTPStatus.BAD_REQUEST, "bad_header", f"The header {header} {fault}.")


def _signature(request: web.Request) -> str:
    signature = request.headers.get("X-Hub-Signature-256", "")
    if SIGNATURE.fullmatch(signature):
        return signature
    message = "The header X-Hub-Signature-256 is missing or malformed: set a webhook secret in the App's settings."
    raise Answer(HTTPStatus.UNAUTHORIZED, "unsigned", message)


def _summary(body: bytes) -> Summary:
    try:
        return summary(body)
    except ValueError as error:
        message = f"The body is not the JSON object of a webhook: {error}."
        raise Answer(HTTPStatus.BAD_REQUEST, "not_an_object", message) from None


def _kept(request: web.Request) -> dict[str, str]:
    """GitHub's own headers; bytes outside ASCII could not be stored as text."""
    return {
        name: value.encode("ascii", "replace").decode()
        for name, value in request.headers.items()
        if name.lower().startswith(KEPT_HEADERS)
    }
