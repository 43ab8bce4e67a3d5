"""How two commits lie to each other in the history of a repository, and whether a branch holds one."""

from collections.abc import Sequence

import msgspec

from app.github.cache import ContentCache
from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository
from deploy.order import Relation
from deploy.ports import Ancestry
from deploy.revert import Commit

COMPARE = "/repos/{owner}/{repo}/compare/{basehead}{?per_page}"
PAGES = "/repos/{owner}/{repo}/compare/{basehead}{?per_page,page}"
PAGE, MOST_PAGES = 100, 10
ONE = "1"
"""One commit a page: the status is all that is read."""

REVERSED = {Relation.AHEAD: Relation.BEHIND, Relation.BEHIND: Relation.AHEAD}


class GitHubAncestry(Ancestry):
    """What two SHAs are to each other never changes, so it is asked once; where a branch
    points does, so that is asked each time. A commit that GitHub does not know may be known a moment later:
    that answer is not kept."""

    def __init__(self, calls: RepositoryCalls, cache: ContentCache | None = None) -> None:
        self._calls = calls
        self._cache = cache or ContentCache()

    async def relation(self, repository: Repository, live: str, candidate: str) -> Relation:
        if live == candidate:
            return Relation.IDENTICAL
        key = (repository.id, "relation", f"{live}...{candidate}")
        if known := self._cache.get(key):
            return Relation(known[0])
        found = await self._compare(repository, live, candidate)
        if found is not Relation.UNKNOWN:
            self._cache.put(key, found)
            self._cache.put((repository.id, "relation", f"{candidate}...{live}"), REVERSED.get(found, found))
        return found

    async def is_on_default_branch(self, repository: Repository, sha: str) -> bool:
        return await self._compare(repository, sha, repository.default_branch) in (
            Relation.AHEAD,
            Relation.IDENTICAL,
        )

    async def between(self, repository: Repository, base: str, head: str) -> Sequence[Commit]:
        """What is between two SHAs never changes either. GitHub lists the commits of a comparison page by page."""
        if base == head:
            return ()
        key = (repository.id, "between", f"{base}...{head}")
        if known := self._cache.get(key):
            return msgspec.json.decode(known[0], type=list[Commit])
        found = await self._commits(repository, base, head)
        if found is None:
            return ()
        self._cache.put(key, msgspec.json.encode(found).decode())
        return found

    async def _commits(self, repository: Repository, base: str, head: str) -> list[Commit] | None:
        found: list[Commit] = []
        for page in range(1, MOST_PAGES + 1):
            variables = {"basehead": f"{base}...{head}", "per_page": str(PAGE), "page": str(page)}
            try:
                answer = await self._calls.send(repository, Request(method="GET", path=PAGES, variables=variables))
                told = msgspec.convert(answer.data, _Comparison)
            except NotFound:
                return None
            except msgspec.ValidationError as error:
                raise Transient(f"GitHub's list of the commits between {base} and {head} cannot be read") from error
            found += [_commit(each) for each in told.commits]
            if len(found) >= told.total_commits or not told.commits:
                break
        return found

    async def _compare(self, repository: Repository, base: str, head: str) -> Relation:
        """https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
        request = Request(method="GET", path=COMPARE, variables={"basehead": f"{base}...{head}", "per_page": ONE})
        try:
            answer = await self._calls.send(repository, request)
        except NotFound:  # a commit is gone, or the two share no history: GitHub says 404 to both
            return Relation.UNKNOWN
        match answer.data:
            case {"status": "identical" | "ahead" | "behind" | "diverged" as status}:
                return Relation(status)
            case _:
                raise Transient(f"GitHub did not say how {base} and {head} lie to each other")


class _Login(msgspec.Struct):
    login: str = ""


class _Told(msgspec.Struct):
    message: str


class _Commit(msgspec.Struct):
    sha: str
    commit: _Told
    author: _Login | None = None
    committer: _Login | None = None


class _Comparison(msgspec.Struct):
    total_commits: int
    commits: list[_Commit]


def _commit(one: _Commit) -> Commit:
    return Commit(
        sha=one.sha,
        message=one.commit.message,
        author=one.author.login if one.author else "",
        committer=one.committer.login if one.committer else "",
    )
