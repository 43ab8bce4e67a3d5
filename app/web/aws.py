"""The door for AWS: notices of builds that an API destination of EventBridge posts here."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

import structlog
from aiohttp import web

from app.aws.notification import NotForUs, translate
from checks.errors import Permanent, Transient
from checks.events import RunNoticed

log = structlog.get_logger()

HEADER = "X-Interlock-Secret"

Keep = Callable[[Sequence[RunNoticed]], Awaitable[None]]


class AWSDoor:
    """Verify, keep, answer, within the five seconds that EventBridge waits.

    It sends again what is answered with 401, 429 or 5xx, and drops what is answered with another 4xx.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
    """

    def __init__(self, secrets: Sequence[str], keep: Keep, woke: asyncio.Event) -> None:
        self._secrets = [secret.encode() for secret in secrets]
        self._keep = keep
        self._woke = woke

    def route(self) -> web.RouteDef:
        return web.post("/aws", self.receive)

    async def receive(self, request: web.Request) -> web.Response:
        if not self._secrets:
            return _said(HTTPStatus.NOT_FOUND, "AWS_NOTIFICATIONS_SECRET is not set, so nothing is taken here")
        if not self._knows(request.headers.get(HEADER, "")):
            log.warning("refused at /aws", reason=f"{HEADER} is missing or wrong")
            return _said(HTTPStatus.UNAUTHORIZED, f"{HEADER} is missing or wrong")
        try:
            return await self._take(await request.read())
        except Permanent as garbage:
            log.warning("refused at /aws", reason=str(garbage))
            return _said(HTTPStatus.BAD_REQUEST, str(garbage))
        except Transient as trouble:
            log.warning("not kept at /aws", reason=str(trouble))
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, "it cannot be kept now; send it again")

    async def _take(self, body: bytes) -> web.Response:
        said = translate(body)
        if isinstance(said, NotForUs):
            return _said(HTTPStatus.OK, said.reason)
        await self._keep([said])
        self._woke.set()
        return _said(HTTPStatus.OK, "kept")

    def _knows(self, given: str) -> bool:
        offered = given.encode(errors="replace")
        return any(hmac.compare_digest(secret, offered) for secret in self._secrets)


def _said(status: HTTPStatus, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n")
