"""One comment of ours on a pull request, kept up to date."""

from http import HTTPStatus
from typing import Any

from msgspec import Struct

from app.github.errors import NotFound, Refused
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository

COMMENTS = "/repos/{owner}/{repo}/issues/{number}/comments"
EVERY_COMMENT = "/repos/{owner}/{repo}/issues/{number}/comments{?per_page}"
COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment}"
LONGEST = 65_536


class Commented(Struct, frozen=True, kw_only=True):
    """A comment's number on GitHub, and what it says; 0 where GitHub takes none from us."""

    number: int
    text: str


class GitHubComments:
    """`app_id` is our own App: whoever copies the hidden mark of our comments does not get theirs changed."""

    def __init__(self, calls: RepositoryCalls, app_id: int) -> None:
        self._calls = calls
        self._app_id = app_id

    async def show(
        self,
        repository: Repository,
        pull_request: int,
        mark: str,
        text: str,
        known: Commented | None,
        *,
        repeated: bool,
    ) -> Commented:
        """Say this in the one comment with this mark, with one effect at most.

        `known` is what was said last; `repeated` says that this was begun before, so that a comment of ours is looked
        for first. A comment that somebody deleted stays deleted, and a locked conversation silent.
        """
        if known and known.text == text:
            return known
        body = {"body": marked(mark, text)}
        found = known or (await self._find(repository, pull_request, mark) if repeated else None)
        try:
            if found is None:
                return await self._create(repository, pull_request, text, body)
            if found.number and found.text != text:
                await self._calls.send(repository, _update(found.number, body))
        except NotFound:
            return Commented(number=0, text=text)
        except Refused as refused:
            if refused.status != HTTPStatus.FORBIDDEN or "locked" not in refused.said:
                raise
            return Commented(number=found.number if found else 0, text=text)
        return Commented(number=found.number, text=text)

    async def _create(self, repository: Repository, number: int, text: str, body: dict[str, str]) -> Commented:
        request = Request(method="POST", path=COMMENTS, variables={"number": str(number)}, body=body)
        match (await self._calls.send(repository, request)).data:
            case {"id": int(made)}:
                return Commented(number=made, text=text)
            case _:
                raise Transient("GitHub described a comment without its number")

    async def _find(self, repository: Repository, number: int, mark: str) -> Commented | None:
        request = Request(method="GET", path=EVERY_COMMENT, variables={"number": str(number)})
        async for each in self._calls.items(repository, request, ""):
            if self._is_ours(each, mark):
                said = each["body"].removeprefix(hidden(mark)).lstrip("\n")
                return Commented(number=int(each["id"]), text=said)
        return None

    def _is_ours(self, comment: Any, mark: str) -> bool:
        match comment:
            case {"id": int(), "body": str(body), "performed_via_github_app": {"id": self._app_id}}:
                return body.startswith(hidden(mark))
            case _:
                return False


def hidden(mark: str) -> str:
    """A line that Markdown does not show."""
    return f"<!-- interlock:{mark} -->"


def marked(mark: str, text: str) -> str:
    return f"{hidden(mark)}\n{text}"[:LONGEST]


def _update(number: int, body: dict[str, str]) -> Request:
    return Request(method="PATCH", path=COMMENT, variables={"comment": str(number)}, body=body, repeatable=True)
