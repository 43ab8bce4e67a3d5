"""What every request of the App goes through: planned faults, rate limits, who asks, and refusals in Slack's form."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from app.demo.slack.api import chat, conversations, identity, views
from app.demo.slack.api.call import SLACK, Call, Method, admitted, arguments_of, reply, token_of
from app.demo.slack.api.hooks import hear
from app.demo.slack.api.socket import open_connection
from app.demo.slack.faults import Fault
from app.demo.slack.message import Json
from app.demo.slack.platform import Asked, Platform
from app.demo.slack.refusal import Refusal

METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    **chat.METHODS,
    **conversations.METHODS,
    **identity.METHODS,
    **views.METHODS,
}
OUTAGE_PAGE = "<!DOCTYPE html><html><body><h1>Slack is not available</h1></body></html>"
TOO_MANY = 429

Work = Callable[[web.Request], Awaitable[web.Response]]


async def method(request: web.Request) -> web.StreamResponse:
    return await _with_faults(request, request.match_info["method"], _ask)


async def hook(request: web.Request) -> web.StreamResponse:
    return await _with_faults(request, "response_url", hear)


async def _with_faults(request: web.Request, name: str, work: Work) -> web.StreamResponse:
    """What is to be done is done before the fault strikes, or not at all."""
    slack = request.app[SLACK]
    fault = slack.faults.take(name)
    if fault is None:
        return await work(request)
    await asyncio.sleep(fault.seconds)
    if not fault.done:
        slack.record(Asked(method=name, arguments={}, error=fault.error or f"status {fault.status}"))
    answer = await work(request) if fault.done else _failed(fault)
    if not fault.status and request.transport is not None:
        request.transport.abort()
    return answer


def _failed(fault: Fault) -> web.Response:
    if fault.error:
        return reply({"ok": False, "error": fault.error})
    if fault.status == TOO_MANY:
        return _too_many(fault.retry_after)
    return web.Response(text=OUTAGE_PAGE, content_type="text/html", status=fault.status or 503)


def _too_many(retry_after: int) -> web.Response:
    return reply({"ok": False, "error": "ratelimited"}, TOO_MANY, {"Retry-After": str(retry_after)})


async def _ask(request: web.Request) -> web.Response:
    slack, name = request.app[SLACK], request.match_info["method"]
    arguments: Json = {}
    headers = {"X-Slack-Req-Id": secrets.token_hex(16), "Cache-Control": "private, no-cache, no-store, must-revalidate"}
    error = ""
    try:
        arguments = await arguments_of(request)
        token = token_of(request, arguments)
        if wait := slack.limits.retry_after(name, token, arguments):
            slack.record(Asked(method=name, arguments=arguments, error="ratelimited"))
            return _too_many(wait)
        document = {"ok": True, **_answer(slack, name, token, arguments, headers)}
    except Refusal as no:
        error = no.error
        document = {"ok": False, "error": no.error, **no.more}
    slack.record(Asked(method=name, arguments=arguments, error=error))
    return reply(document, headers=headers)


def _answer(slack: Platform, name: str, token: str, arguments: Json, headers: dict[str, str]) -> Json:
    if name == "apps.connections.open":
        return open_connection(slack, token)
    if name not in METHODS:
        raise Refusal("unknown_method", req_method=name)
    work, scopes = METHODS[name]
    installation = admitted(slack, token, scopes)
    headers["X-OAuth-Scopes"] = ",".join(sorted(installation.scopes))
    return work(Call(slack, arguments, installation))


ROUTES = [
    web.post("/api/{method}", method),
    web.get("/api/{method}", method),
    web.post("/{kind:actions|commands}/{team}/{secret}", hook),
]
