"""What every REST request goes through: who asks, how often, refusals, redirects, ETags, planned faults."""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from email.utils import format_datetime

from aiohttp import web

from app.demo.github.auth import Caller
from app.demo.github.documents.fields import Json
from app.demo.github.faults import Answer
from app.demo.github.platform import GITHUB, Asked
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository
from app.demo.github.rest.call import REPO, VERSIONS, Call, Handler, Moved, Route, reply

PREFIX = "/api/v3"
DOCUMENTATION = "https://docs.github.com/rest"


def mount(table: Sequence[Route]) -> list[web.RouteDef]:
    """Every address under a repository's name is also one under its number."""
    numbered = [
        (method, "/repositories/{repository_id}" + path.removeprefix(REPO), handler)
        for method, path, handler in table
        if path.startswith(REPO)
    ]
    return [web.route(method, PREFIX + path, _served(handler)) for method, path, handler in (*table, *numbered)]


def _served(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        github, path = request.app[GITHUB], request.path_qs.removeprefix(PREFIX)
        fault = github.faults.take(request.method, path)
        if fault is not None and not fault.done:
            return await _fail(request, fault)
        answer = await github.finish(_answer(handler, request))
        return answer if fault is None else await _fail(request, fault)

    return serve


async def _answer(handler: Handler, request: web.Request) -> web.Response:
    github = request.app[GITHUB]
    caller = Caller(key="")
    try:
        _check_version(request)
        caller = github.doorkeeper.caller(request.headers.get("Authorization", ""))
        github.limits.spend(caller)
        answer = await handler(Call(request, caller))
        _revalidate(request, caller, answer)
    except Moved as moved:
        answer = _redirect(request, moved.repository)
    except Refusal as refusal:
        answer = _refused(refusal)
    path = request.path_qs.removeprefix(PREFIX)
    github.asked.append(Asked(method=request.method, path=path, status=answer.status))
    answer.headers.update(github.limits.quota(caller).headers())
    answer.headers.update(
        {
            "Date": format_datetime(github.clock(), usegmt=True),
            "Server": "github.com",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Request-Id": secrets.token_hex(8).upper(),
            "X-GitHub-Api-Version-Selected": request.headers.get("X-GitHub-Api-Version", VERSIONS[0]),
        }
    )
    return answer


def _check_version(request: web.Request) -> None:
    version = request.headers.get("X-GitHub-Api-Version", VERSIONS[0])
    if version not in VERSIONS:
        raise Refusal(400, f"The requested API version {version!r} is not supported.")


def _revalidate(request: web.Request, caller: Caller, answer: web.Response) -> None:
    """ETags belong to one token; an answer that has not changed is 304 and free."""
    body = answer.body
    if request.method != "GET" or answer.status != web.HTTPOk.status_code or not isinstance(body, bytes):
        return
    tag = f'W/"{hashlib.sha256(caller.key.encode() + body).hexdigest()}"'
    answer.headers["ETag"] = tag
    if request.headers.get("If-None-Match") == tag:
        answer.set_status(web.HTTPNotModified.status_code)
        answer.body = None
        request.app[GITHUB].limits.give_back(caller)


def _refused(refusal: Refusal) -> web.Response:
    document: Json = {
        "message": refusal.message,
        "documentation_url": DOCUMENTATION,
        "status": str(refusal.status),
    }
    if refusal.errors:
        document["errors"] = list(refusal.errors)
    return reply(document, refusal.status)


def _redirect(request: web.Request, repo: Repository) -> web.Response:
    """301 for reading; 307 for writing, so that a POST stays one."""
    tail = "/".join(request.rel_url.raw_path.removeprefix(f"{PREFIX}/repos/").split("/")[2:])
    url = request.app[GITHUB].api_url + f"/repositories/{repo.id}" + (f"/{tail}" if tail else "")
    url += f"?{request.query_string}" if request.query_string else ""
    reading = request.method in {"GET", "HEAD"}
    words = "Moved Permanently" if reading else "Temporary Redirect"
    document = {"message": words, "url": url, "documentation_url": DOCUMENTATION}
    return reply(document, 301 if reading else 307, {"Location": url})


async def _fail(request: web.Request, fault: Answer) -> web.Response:
    if fault.silent:
        await asyncio.Event().wait()
    if not fault.status and request.transport is not None:
        request.transport.abort()
    return web.Response(status=fault.status or 500, body=fault.body.encode(), headers=fault.headers)


async def nowhere(call: Call) -> web.Response:
    raise not_found()
