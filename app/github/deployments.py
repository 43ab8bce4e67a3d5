"""Deployments on GitHub: each of ours appears exactly once, and says what became of it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace as with_

from app.github.errors import NotFound, Unprocessable
from app.github.exchange import Request
from app.github.payload import OURS, token_of
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository
from deploy.announcement import Announced, Announcement, State

TASK = "deploy"
DEPLOYMENTS = "/repos/{owner}/{repo}/deployments"
DEPLOYMENTS_OF_COMMIT = "/repos/{owner}/{repo}/deployments{?sha,task,environment,per_page}"
STATUSES = "/repos/{owner}/{repo}/deployments/{deployment}/statuses"
NEWEST_STATUS = "/repos/{owner}/{repo}/deployments/{deployment}/statuses{?per_page}"
FULL = "maximum number of statuses"
"""GitHub takes only so many statuses for a deployment. https://github.com/manifoldco/heighliner/pull/63"""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class GitHubDeployments:
    """`app_id` is our own App: what carries our id but came through somebody else is not ours."""

    def __init__(self, calls: RepositoryCalls, app_id: int) -> None:
        self._calls = calls
        self._app_id = app_id

    async def show(
        self, repository: Repository, wanted: Announcement, known: Announced | None, *, repeated: bool
    ) -> Announced:
        """Bring GitHub one step nearer to what is wanted, with one effect at most.

        A deployment is created first and spoken of afterwards: as long as `is_told` denies it, ask again. `known` is
        what was shown last; `repeated` says that this was begun before, so that the effect is looked for first.
        Raises `Transient` or `Permanent`.
        """
        if known is None:
            found = await self._find(repository, wanted) if repeated else None
            return found or await self._create(repository, wanted)
        if is_told(wanted, known) or (repeated and await self._says(repository, wanted, known)):
            return with_(known, digest=digest(wanted))
        try:
            await self._say(repository, wanted, known)
        except NotFound:
            # Somebody deleted it; what still has something to say gets another one.
            if wanted.state is not State.INACTIVE:
                return await self.show(repository, wanted, None, repeated=repeated)
        return with_(known, digest=digest(wanted))

    async def _create(self, repository: Repository, wanted: Announcement) -> Announced:
        """We gate, not GitHub: by default it would wait for all checks, our own among them, or merge something."""
        told = {
            "ref": wanted.sha,
            "task": TASK,
            "environment": wanted.environment,
            "production_environment": wanted.production,
            "payload": {OURS: wanted.deployment},
            "auto_merge": False,
            "required_contexts": [],
        }
        try:
            answer = await self._calls.send(repository, Request(method="POST", path=DEPLOYMENTS, body=told))
        except Unprocessable as refused:
            if refused.is_of_unknown_commit:
                raise Transient(str(refused)) from None
            raise
        return _announced(wanted, answer.data)

    async def _say(self, repository: Repository, wanted: Announcement, known: Announced) -> None:
        request = Request(
            method="POST", path=STATUSES, variables={"deployment": str(known.number)}, body=_status(wanted)
        )
        try:
            await self._calls.send(repository, request)
        except Unprocessable as refused:
            if FULL not in refused.said:
                raise
            log.warning("deployment_full", repository=repository.full_name, deployment=known.deployment)

    async def _says(self, repository: Repository, wanted: Announcement, known: Announced) -> bool:
        """Whether GitHub shows this already, although its answer never came."""
        request = Request(
            method="GET", path=NEWEST_STATUS, variables={"deployment": str(known.number), "per_page": "1"}
        )
        try:
            listed = (await self._calls.send(repository, request)).data
        except NotFound:
            return False
        if not isinstance(listed, list):
            raise Transient("GitHub did not list the statuses of a deployment")
        newest = listed[0] if listed else None
        return isinstance(newest, dict) and _shown(newest) == _shown(_status(wanted))

    async def _find(self, repository: Repository, wanted: Announcement) -> Announced | None:
        request = Request(
            method="GET",
            path=DEPLOYMENTS_OF_COMMIT,
            variables={"sha": wanted.sha, "task": TASK, "environment": wanted.environment},
        )
        ours = [
            each
            async for each in self._calls.items(repository, request, "")
            if isinstance(each, dict) and token_of(each.get("payload")) == wanted.deployment and self._is_ours(each)
        ]
        found = [_announced(wanted, each) for each in ours]
        return min(found, key=lambda each: each.number, default=None)

    def _is_ours(self, deployment: Mapping[str, Any]) -> bool:
        via = deployment.get("performed_via_github_app")
        return isinstance(via, dict) and via.get("id") == self._app_id


def is_told(wanted: Announcement, known: Announced | None) -> bool:
    """Whether GitHub shows it already, as far as we know."""
    return known is not None and known.digest == digest(wanted)


def digest(wanted: Announcement) -> str:
    """Equal for what GitHub would show in the same way."""
    return sha256(msgspec.json.encode(_status(wanted), order="deterministic")).hexdigest()


def _status(wanted: Announcement) -> dict[str, Any]:
    links = {"environment_url": wanted.environment_url, "log_url": wanted.log_url}
    return {
        "state": str(wanted.state),
        "description": wanted.description,
        # GitHub would retire older ones by itself, but none of production, and not by what our record says.
        "auto_inactive": False,
        **{name: url for name, url in links.items() if url.startswith(("http://", "https://"))},
    }


def _shown(status: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(status.get(name) or "" for name in ("state", "description", "environment_url", "log_url"))


def _announced(wanted: Announcement, made: Any) -> Announced:
    try:
        return Announced(deployment=wanted.deployment, number=int(made["id"]))
    except (TypeError, KeyError, ValueError):
        raise Transient("GitHub described a deployment without its number") from None
