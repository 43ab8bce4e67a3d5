"""How a commit stands on GitHub: its check runs and commit statuses, whoever reported them, by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.github.errors import Unprocessable
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository

RUNS = "/repos/{owner}/{repo}/commits/{sha}/check-runs{?filter,per_page}"
STATUS = "/repos/{owner}/{repo}/commits/{sha}/status{?per_page}"

OF_DELIVERY = "delivery:"
"""What the `external_id` of the check begins with that shows the way of a version: promotions are a part of it, and
would wait for themselves."""


class GitHubCommitStatus:
    """Nothing is remembered. `app_id` is our own App."""

    def __init__(self, calls: RepositoryCalls, app_id: int) -> None:
        self._calls = calls
        self._app_id = app_id

    async def of(self, repository: Repository, sha: str) -> Mapping[str, str]:
        """The newest of each name: the conclusion of a check run, its status while it has none, or a status' state."""
        try:
            runs = await self._listed(repository, sha, RUNS, "check_runs")
            statuses = await self._listed(repository, sha, STATUS, "statuses")
        except Unprocessable as refused:
            if refused.is_of_unknown_commit:
                raise Transient(str(refused)) from None
            raise
        found = [*self._of_runs(runs), *_of_statuses(statuses)]
        return {name: said for _, name, said in sorted(found)}

    async def _listed(self, repository: Repository, sha: str, path: str, key: str) -> list[dict[str, Any]]:
        # GitHub says "latest" of each App, and two Apps may use one name.
        variables = {"sha": sha, "filter": "latest"} if path == RUNS else {"sha": sha}
        request = Request(method="GET", path=path, variables=variables)
        return [each async for each in self._calls.items(repository, request, key) if isinstance(each, dict)]

    def _of_runs(self, runs: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, int], str, str]]:
        for each in runs:
            is_ours = (each.get("app") or {}).get("id") == self._app_id
            if not (is_ours and str(each.get("external_id") or "").startswith(OF_DELIVERY)):
                at = (str(each.get("started_at") or ""), int(each["id"]))
                yield at, str(each["name"]), str(each.get("conclusion") or each.get("status") or "")


def _of_statuses(statuses: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, int], str, str]]:
    for each in statuses:
        yield (str(each.get("created_at") or ""), int(each["id"])), str(each["context"]), str(each.get("state") or "")
