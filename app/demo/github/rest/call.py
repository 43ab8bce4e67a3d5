"""One REST request as a handler needs it, and the answer in JSON."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from aiohttp import web

from app.demo.github.auth import Caller, InstallationToken
from app.demo.github.documents.fields import Json
from app.demo.github.installation import App
from app.demo.github.platform import GITHUB
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository

REPO = "/repos/{owner}/{repo}"
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
            (name, page)
            for name, page in leads.items()
            if 1 <= page <= last and page != here and not (name == "last" and here > last)
        ]
        links = [f'<{self.request.url.update_query(page=page, per_page=size)}>; rel="{name}"' for name, page in wanted]
        headers = {"Link": ", ".join(links)} if links else {}
        return nouns[(here - 1) * size : here * size], headers


Handler = Callable[[Call], Awaitable[web.Response]]
Route = tuple[str, str, Handler]


def reply(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    raw = b"" if document is None else json.dumps(document).encode()
    content = {"Content-Type": "application/json; charset=utf-8"} if raw else {}
    return web.Response(body=raw, status=status, headers={**content, **(headers or {})})


def positive(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and int(text) > 0 else default
