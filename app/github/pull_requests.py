"""The pull requests that a commit came with."""

from collections import OrderedDict

import msgspec

from app.github.cache import ContentCache
from app.github.clock import Clock
from app.github.errors import NotFound, Unprocessable
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository

REMEMBERED = 600.0
"""Seconds: who pushes without pull requests is not asked about them with every step of a deployment."""

MOST_REMEMBERED = 10_000
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
    """What a merged commit came with never changes, so it is asked once; of what came with none a while later again."""

    def __init__(self, calls: RepositoryCalls, cache: ContentCache | None = None, clock: Clock | None = None) -> None:
        self._calls = calls
        self._cache = cache or ContentCache()
        self._clock = clock or Clock()
        self._alone: OrderedDict[tuple[int, str], float] = OrderedDict()

    async def of_commit(self, repository: Repository, sha: str) -> tuple[Proposal, ...]:
        """Those that brought a commit into the default branch, be it by merge, squash or rebase.

        For a commit that is not there, open and merged ones that hold it; nothing for one that GitHub does not know.
        https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit
        """
        key = (repository.id, "pull requests", sha)
        if known := self._cache.get(key):
            return msgspec.json.decode(known[0], type=tuple[Proposal, ...])
        if self._clock.elapsed() - self._alone.get((repository.id, sha), float("-inf")) < REMEMBERED:
            return ()
        found = await self._of_commit(repository, sha)
        if any(each.merged for each in found):
            self._cache.put(key, msgspec.json.encode(found).decode())
        elif not found:
            self._remember_alone(repository.id, sha)
        return found

    def _remember_alone(self, repository: int, sha: str) -> None:
        self._alone[repository, sha] = self._clock.elapsed()
        self._alone.move_to_end((repository, sha))
        if len(self._alone) > MOST_REMEMBERED:
            self._alone.popitem(last=False)

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
