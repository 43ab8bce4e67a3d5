"""What a commit holds that CI has to know before it builds: the buildspec and the commit's message."""

import base64
import binascii
from pathlib import PurePosixPath
from typing import Any

from app.github.cache import ContentCache
from app.github.clock import Clock
from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.payload import BUILDSPEC
from app.github.repository import RepositoryCalls
from checks.change import short
from checks.errors import Permanent, Transient
from checks.repository import Repository

CONTENTS = "/repos/{owner}/{repo}/contents/"

SOON = 5.0
"""Seconds until a commit that GitHub does not know yet is asked for again."""
PATIENCE = 600.0
"""Seconds after which a commit that GitHub still does not know will not come: it was pushed away."""


class GitHubSource:
    """The GitHub part of `Source`; `sha` is always a full commit SHA."""

    def __init__(self, calls: RepositoryCalls, cache: ContentCache | None = None, clock: Clock | None = None) -> None:
        self._calls = calls
        self._cache = cache or ContentCache()
        self._clock = clock or Clock()

    async def buildspec(self, repository: Repository, sha: str) -> tuple[str | None, str]:
        """The root `buildspec.yml` at a commit and the SHA of its content; (None, "") where there is none.

        One request. That a file is missing is said by GitHub with the same status as that a commit is
        missing, which may only mean that the push has not reached all of its machines: the message differs.
        """
        request = Request(method="GET", path=CONTENTS + BUILDSPEC + "{?ref}", variables={"ref": sha})
        return await self._content(repository, sha, BUILDSPEC, request)

    async def file(self, repository: Repository, sha: str, path: str) -> str | None:
        """The text of a file at a commit, None if there is none. One request. `path` is from the root, without `..`."""
        parts = {f"part{number}": part for number, part in enumerate(PurePosixPath(path).parts)}
        template = CONTENTS + "/".join(f"{{{name}}}" for name in parts) + "{?ref}"
        request = Request(method="GET", path=template, variables={**parts, "ref": sha})
        text, _ = await self._content(repository, sha, str(PurePosixPath(path)), request)
        return text

    async def _content(self, repository: Repository, sha: str, name: str, request: Request) -> tuple[str | None, str]:
        key = (repository.id, f"file {name}", sha)
        if known := self._cache.get(key):
            return known[0], known[1]
        try:
            data = await self._at_commit(repository, sha, request)
        except NotFound:
            return None, ""
        if not isinstance(data, dict) or data.get("type") != "file":
            return None, ""
        text, blob = _text(data, name, repository, sha), str(data.get("sha", ""))
        self._cache.put(key, text, blob)
        return text, blob

    async def message(self, repository: Repository, sha: str) -> str:
        """A commit's message. One request."""
        key = (repository.id, "message", sha)
        if known := self._cache.get(key):
            return known[0]
        request = Request(method="GET", path="/repos/{owner}/{repo}/git/commits/{sha}", variables={"sha": sha})
        try:
            data = await self._at_commit(repository, sha, request)
        except NotFound:
            raise self._unknown(repository, sha) from None
        text = str(data.get("message", "")) if isinstance(data, dict) else ""
        self._cache.put(key, text)
        return text

    async def _at_commit(self, repository: Repository, sha: str, request: Request) -> Any:
        """Raises `NotFound` if the commit is there without what is asked for, `Transient` if it is not there."""
        try:
            return (await self._calls.send_once(repository, request)).data
        except NotFound as missing:
            if not missing.is_of_unknown_commit:
                raise
        try:
            return (await self._calls.send(repository, request)).data
        except NotFound as missing:
            if not missing.is_of_unknown_commit:
                raise
        raise self._unknown(repository, sha)

    def _unknown(self, repository: Repository, sha: str) -> Transient | Permanent:
        now, key = self._clock.now(), (repository.id, "unknown since", sha)
        self._cache.put(key, repr(now))
        what = f"GitHub does not know commit {short(sha)} of {repository.full_name}"
        [since] = self._cache.get(key) or (repr(now),)
        if now - float(since) > PATIENCE:
            return Permanent(f"{what}; it was probably pushed away")
        return Transient(f"{what} (yet)", not_before=self._clock.after(SOON))


def _text(data: dict[str, Any], name: str, repository: Repository, sha: str) -> str:
    # Above 1 MB GitHub answers without the content. https://docs.github.com/en/rest/repos/contents
    if data.get("encoding") != "base64":
        raise Permanent(
            f"{name} of {repository.full_name} at {short(sha)} has {data.get('size')} bytes; "
            "GitHub gives out 1 MB at most"
        )
    try:
        return base64.b64decode(data["content"]).decode("utf-8", errors="replace")
    except (KeyError, TypeError, binascii.Error):
        raise Transient(f"GitHub sent {name} of {repository.full_name} damaged") from None
