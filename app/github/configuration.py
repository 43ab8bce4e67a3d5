"""What people wrote down about delivery, in a repository and in its organisation's."""

import base64
import binascii
from collections import OrderedDict
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from app.github.cache import ContentCache
from app.github.errors import NotFound, Refused
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from app.github.source import GitHubSource
from checks.document import MOST_CHARACTERS
from checks.errors import Permanent, Transient
from checks.repository import Repository
from deploy.configuration import FILES, is_of_organisation

TREE = "/repos/{owner}/{repo}/git/trees/{tree}{?recursive}"
BLOB = "/repos/{owner}/{repo}/git/blobs/{blob}"
LINK = "120000"
"""The mode that git gives to a symbolic link."""

MOST_FILES = 300
MOST_REMEMBERED = 1_000


class GitHubConfiguration:
    """Content is remembered by its SHA: an organisation's files that have not changed cost nothing of the limit."""

    def __init__(self, calls: RepositoryCalls, cache: ContentCache | None = None) -> None:
        self._calls = calls
        self._cache = cache or ContentCache()
        self._source = GitHubSource(calls, self._cache)
        self._listed: OrderedDict[int, tuple[str, Mapping[str, str]]] = OrderedDict()

    async def text(self, repository: Repository, sha: str) -> str | None:
        """The repository's own file at a commit. One request, two where there is none."""
        for path in FILES:
            if (found := await self._source.file(repository, sha, path)) is not None:
                return found
        return None

    async def defaults(self, owner_repository: Repository) -> Mapping[str, str] | None:
        """The files at the head of the default branch of the organisation's repository, all of one commit; None if
        GitHub does not show it."""
        listed = await self._list(owner_repository)
        if listed is None:
            return None
        return {path: await self._blob(owner_repository, path, sha) for path, sha in listed.items()}

    async def _list(self, repository: Repository) -> Mapping[str, str] | None:
        """The SHA of each file's content by the file's path."""
        etag, known = self._listed.get(repository.id, ("", {}))
        variables = {"tree": "HEAD", "recursive": "1"}
        try:
            answer = await self._calls.send(
                repository, Request(method="GET", path=TREE, variables=variables, etag=etag)
            )
        except NotFound:
            return None
        except Refused as refused:
            if refused.status == HTTPStatus.CONFLICT:  # which is how GitHub tells of a repository without any commit
                return {}
            raise
        if answer.unchanged:
            return known
        found = _files(answer.data, repository.full_name)
        self._listed[repository.id] = (answer.headers.get("etag", ""), found)
        self._listed.move_to_end(repository.id)
        if len(self._listed) > MOST_REMEMBERED:
            self._listed.popitem(last=False)
        return found

    async def _blob(self, repository: Repository, path: str, sha: str) -> str:
        key = (repository.id, "blob", sha)
        if known := self._cache.get(key):
            return known[0]
        data = (await self._calls.send(repository, Request(method="GET", path=BLOB, variables={"blob": sha}))).data
        try:
            text = base64.b64decode(data["content"]).decode("utf-8", errors="replace")
        except (KeyError, TypeError, binascii.Error):
            raise Transient(f"GitHub sent {path} of {repository.full_name} damaged") from None
        self._cache.put(key, text)
        return text


class _Entry(msgspec.Struct):
    path: str
    mode: str
    type: str
    sha: str
    size: int = 0


class _Tree(msgspec.Struct):
    tree: list[_Entry]
    truncated: bool


def _files(data: Any, where: str) -> Mapping[str, str]:
    try:
        told = msgspec.convert(data, _Tree)
    except msgspec.ValidationError as error:
        raise Transient(f"GitHub listed the files of {where} in a way that cannot be read: {error}") from None
    if told.truncated:
        raise Permanent(f"{where} has more files than GitHub lists at once: keep those about delivery by themselves")
    found = [each for each in told.tree if _is_wanted(each)]
    if len(found) > MOST_FILES:
        raise Permanent(f"{where} has {len(found)} files about delivery, and {MOST_FILES} are the most that are read")
    for each in found:
        if each.size > MOST_CHARACTERS:
            raise Permanent(f"{each.path} of {where} has {each.size} bytes, and {MOST_CHARACTERS} are the most")
    return {each.path: each.sha for each in found}


def _is_wanted(entry: _Entry) -> bool:
    return entry.type == "blob" and entry.mode != LINK and is_of_organisation(entry.path)
