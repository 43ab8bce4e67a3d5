"""Who may use the API: whoever has the operator's token. Whatever goes wrong inside is told in JSON."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from app.web.api.answer import Refusal, refused
from checks.errors import Permanent, Transient

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPEN_TO_ALL = "/api/openapi.json"
"""What the description says is no secret."""


def guarded(tokens: Sequence[str]) -> Middleware:
    """Every request of the API, also those that no route takes, comes through here."""
    known = [token.encode() for token in tokens]

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path != OPEN_TO_ALL:
                _check(request, known)
            return await handler(request)
        except Refusal as refusal:
            return refused(refusal)
        except web.HTTPException as refusal:
            return refused(_told(refusal))
        except Transient as trouble:
            log.warning("not answered at /api", reason=str(trouble))
            message = f"it cannot be answered now, try again: {trouble}"
            return refused(Refusal(HTTPStatus.SERVICE_UNAVAILABLE, message, {"Retry-After": "5"}))
        except Permanent as refusal:
            return refused(Refusal(HTTPStatus.CONFLICT, str(refusal)))

    return guard


def _check(request: web.Request, known: Sequence[bytes]) -> None:
    if not known:
        log.warning("refused at /api", reason="API_TOKEN is not set")
        raise _closed()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    offered = given.strip().encode(errors="replace")
    if scheme.lower() != "bearer" or not any(hmac.compare_digest(token, offered) for token in known):
        log.warning("refused at /api", reason="the token is missing or wrong")
        raise _unknown()


def _closed() -> Refusal:
    message = "API_TOKEN is not set where Interlock runs, so the API is closed: ask the operator"
    return Refusal(HTTPStatus.FORBIDDEN, message)


def _unknown() -> Refusal:
    message = (
        "the token is missing or wrong: send `Authorization: Bearer …` with what API_TOKEN is where Interlock runs"
    )
    return Refusal(HTTPStatus.UNAUTHORIZED, message, {"WWW-Authenticate": 'Bearer realm="interlock"'})


def _told(refusal: web.HTTPException) -> Refusal:
    """aiohttp's own refusals: an address that there is not, or a method that it has not."""
    if isinstance(refusal, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(refusal.allowed_methods))
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"use {allowed} here", {"Allow": allowed})
    if isinstance(refusal, web.HTTPNotFound):
        return Refusal(HTTPStatus.NOT_FOUND, "there is nothing at this address; /api/openapi.json tells what there is")
    return Refusal(HTTPStatus(refusal.status), refusal.reason)
