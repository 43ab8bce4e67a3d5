"""What people wrote down about delivery, in a repository and in its organisation's."""

from collections.abc import Mapping

from app.github.repository import RepositoryCalls
from app.github.source import GitHubSource
from checks.repository import Repository
from deploy.configuration import FILES


class GitHubConfiguration:
    def __init__(self, calls: RepositoryCalls) -> None:
        self._source = GitHubSource(calls)

    async def text(self, repository: Repository, sha: str) -> str | None:
        for path in FILES:
            if (found := await self._source.file(repository, sha, path)) is not None:
                return found
        return None

    async def defaults(self, owner_repository: Repository) -> Mapping[str, str]:
        raise NotImplementedError(owner_repository.full_name)
