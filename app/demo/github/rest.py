"""What every REST request has in common: who asks, how often, what is refused, pages, redirects, ETags."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from email.utils import format_datetime
from typing import Any, TypeVar

from aiohttp import web

from app.demo.github.account import User
from app.demo.github.auth import Caller, InstallationToken
from app.demo.github.documents import Json
from app.demo.github.faults import Answer
from app.demo.github.installation import App
from app.demo.github.platform import GITHUB, Asked
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository

PREFIX = "/api/v3"
DOCUMENTATION = "https://docs.github.com/rest"
VERSIONS = ("2022-11-28", "2026-03-10")
PER_PAGE = 30
MOST_PER_PAGE = 100

Noun = TypeVar("Noun")


class Moved(Exception):
    """The repository has another name now."""

    def __init__(self, repository: Repository) -> None:
        super().__init__(repository.full_name)
        self.repository = repository


class Call:
    """One request, as a handler needs it."""

    def __init__(self, request: web.Request, caller: Caller) -> None:
        self.request = request
        self.github = request.app[GITHUB]
        self.caller = caller

    def text(self, name: str) -> str:
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        text = self.text(name)
        if not text.isdecimal():
            raise not_found()
        return int(text)

    def query(self, name: str, default: str = "") -> str:
        return self.request.query.get(name, default)

    async def body(self) -> Json:
        raw = await self.request.read()
        try:
            found = json.loads(raw or b"{}")
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None
        if not isinstance(found, dict):
            raise Refusal(400, "Body should be a JSON object")
        return found

    def app(self) -> App:
        """Only an App with its JWT may ask this."""
        if self.caller.app is None:
            raise Refusal(401, "A JSON web token could not be decoded")
        return self.caller.app

    def token(self) -> InstallationToken:
        if self.caller.token is None:
            raise Refusal(403, "You must authenticate with an installation access token in order to use this endpoint")
        return self.caller.token

    def person(self) -> User:
        if self.caller.user is None:
            raise Refusal(403, "Resource not accessible by integration")
        return self.caller.user

    def repository(self, permission: str = "metadata", level: str = "read") -> Repository:
        """The repository of the address, once the caller may do this there."""
        if self.caller.app is not None:
            raise Refusal(401, "Bad credentials")
        repo = self._addressed()
        self.github.doorkeeper.allow(self.caller, repo, permission, level)
        if level == "write" and repo.archived:
            raise Refusal(403, "Repository was archived so is read-only.")
        return repo

    def _addressed(self) -> Repository:
        if "repository_id" in self.request.match_info:
            found = self.github.repositories.get(self.number("repository_id"))
            if found is None:
                raise not_found()
            return found
        name = f"{self.text('owner')}/{self.text('repo')}"
        moved = self.github.renamed(name)
        if moved is not None:
            self.github.doorkeeper.allow(self.caller, moved, "metadata", "read")
            raise Moved(moved)
        return self.github.repository(name)

    def page(self, nouns: Sequence[Noun]) -> tuple[Sequence[Noun], dict[str, str]]:
        """The part that is asked for, and the Link header that leads to the others."""
        size = min(positive(self.query("per_page"), PER_PAGE), MOST_PER_PAGE)
        here, last = positive(self.query("page"), 1), max(1, -(-len(nouns) // size))
        leads = {"prev": here - 1, "next": here + 1, "last": last, "first": 1}
        wanted = [
            (name, page) for name, page in leads.items()
            if 1 <= page <= last and page != here and not (name == "last" and here > last)
        ]  # fmt: skip
        links = [f'<{self.request.url.update_query(page=page, per_page=size)}>; rel="{name}"' for name, page in wanted]
        headers = {"Link": ", ".join(links)} if links else {}
        return nouns[(here - 1) * size : here * size], headers


Handler = Callable[[Call], Awaitable[web.Response]]
Route = tuple[str, str, Handler]


def reply(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    raw = b"" if document is None else json.dumps(document).encode()
    content = {"Content-Type": "application/json; charset=utf-8"} if raw else {}
    return web.Response(body=raw, status=status, headers={**content, **(headers or {})})


def mount(table: Sequence[Route]) -> list[web.RouteDef]:
    """Every address under a repository's name is also one under its number."""
    named = "/repos/{owner}/{repo}"
    numbered = [
        (method, "/repositories/{repository_id}" + path.removeprefix(named), handler)
        for method, path, handler in table
        if path.startswith(named)
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
    answer.headers.update({
        "Date": format_datetime(github.clock(), usegmt=True),
        "Server": "github.com",
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Request-Id": secrets.token_hex(8).upper(),
        "X-GitHub-Api-Version-Selected": request.headers.get("X-GitHub-Api-Version", VERSIONS[0]),
    })  # fmt: skip
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
        "message": refusal.message, "documentation_url": DOCUMENTATION, "status": str(refusal.status),
    }  # fmt: skip
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


def positive(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and int(text) > 0 else default


async def nowhere(call: Call) -> web.Response:
    raise not_found()
