"""The pull requests that a commit came with."""

import msgspec

from app.github.cache import ContentCache
from app.github.errors import NotFound, Unprocessable
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository

OF_COMMIT = "/repos/{owner}/{repo}/commits/{sha}/pulls{?per_page}"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request as far as delivery cares; `author` is a login, "" of somebody who left GitHub."""

    number: int
    title: str
    author: str
    base: str
    merged: bool
    url: str


class GitHubPullRequests:
    """What a merged commit came with never changes, so it is asked once; what came with none may be told later."""

    def __init__(self, calls: RepositoryCalls, cache: ContentCache | None = None) -> None:
        self._calls = calls
        self._cache = cache or ContentCache()

    async def of_commit(self, repository: Repository, sha: str) -> tuple[Proposal, ...]:
        """Those that brought a commit into the default branch, be it by merge, squash or rebase.

        For a commit that is not there, open and merged ones that hold it; nothing for one that GitHub does not know.
        https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit
        """
        key = (repository.id, "pull requests", sha)
        if known := self._cache.get(key):
            return msgspec.json.decode(known[0], type=tuple[Proposal, ...])
        found = await self._of_commit(repository, sha)
        if any(each.merged for each in found):
            self._cache.put(key, msgspec.json.encode(found).decode())
        return found

    async def _of_commit(self, repository: Repository, sha: str) -> tuple[Proposal, ...]:
        request = Request(method="GET", path=OF_COMMIT, variables={"sha": sha})
        try:
            listed = [each async for each in self._calls.items(repository, request, "")]
            return tuple(_proposal(each) for each in msgspec.convert(listed, list[_Pull]))
        except NotFound:
            return ()
        except Unprocessable as refused:
            if refused.is_of_unknown_commit:
                return ()
            raise
        except msgspec.ValidationError as error:
            raise Transient(f"GitHub's list of pull requests with {sha} cannot be read: {error}") from None


class _Login(msgspec.Struct):
    login: str


class _Base(msgspec.Struct):
    ref: str


class _Pull(msgspec.Struct):
    number: int
    title: str
    base: _Base
    html_url: str
    user: _Login | None = None
    merged_at: str | None = None


def _proposal(one: _Pull) -> Proposal:
    return Proposal(
        number=one.number,
        title=one.title,
        author=one.user.login if one.user else "",
        base=one.base.ref,
        merged=one.merged_at is not None,
        url=one.html_url,
    )
