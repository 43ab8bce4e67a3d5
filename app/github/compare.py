"""How two commits lie to each other in the history of a repository, and whether a branch holds one."""

from app.github.cache import ContentCache
from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository
from deploy.order import Relation
from deploy.ports import Ancestry

COMPARE = "/repos/{owner}/{repo}/compare/{basehead}{?per_page}"
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
