"""The workspaces of Slack that the App is installed in: who each token is, and which repositories each may see."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from msgspec import Struct
from pydantic import SecretStr

from app.slack.client import Answer, Refused, SlackClient
from checks.errors import Permanent, Transient
from checks.repository import Repository
from deploy.ports import Workspaces

WITHDRAWN = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
"""With these words Slack says that a token is no good, whatever is asked with it, and will not become so."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Owners = Mapping[str, frozenset[str]]
"""The GitHub owners, in lower case, that each workspace may see, by its id."""


class Catalogue(Protocol):
    """The repositories that the App has."""

    async def all(self) -> Sequence[Repository]: ...


class Workspace(Struct, frozen=True, kw_only=True):
    """`id` is the team's; `organisation` is the Enterprise's if the App is installed for all of it, with `teams`."""

    id: str
    name: str
    organisation: str = ""
    teams: frozenset[str] = frozenset()
    bot_user: str = ""
    bot: str = ""

    @property
    def ids(self) -> frozenset[str]:
        return self.teams | {self.id, self.organisation}

    def is_it(self, team: str, organisation: str = "") -> bool:
        if team and team in self.teams | {self.id}:
            return True
        return bool(self.organisation) and self.organisation in (team, organisation)


@dataclass(eq=False)
class _Entry:
    """A token of the settings, and what Slack said of it; `gone` is why it counts no more."""

    place: str
    token: SecretStr
    workspace: Workspace | None = None
    gone: str = ""
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class SlackWorkspaces(Workspaces):
    """Each token is asked who it is once, when somebody needs to know, and again after trouble."""

    def __init__(self, client: SlackClient, tokens: Sequence[SecretStr], owners: Owners, catalogue: Catalogue) -> None:
        self.client = client
        self._entries = [_Entry(_place(at, len(tokens)), token) for at, token in enumerate(tokens, 1)]
        self._owners = owners
        self._catalogue = catalogue

    async def find(self, team: str, organisation: str = "") -> Workspace | None:
        """The workspace with this id. Raises `Transient` if it may be one that Slack does not tell now."""
        entry = await self._find(lambda workspace: workspace.is_it(team, organisation))
        return entry.workspace if entry else None

    async def repositories(self, workspace: str) -> Sequence[Repository]:
        found = await self.find(workspace)
        if found is None:
            return ()
        ids = {workspace, found.organisation} if found.organisation else {found.id}
        visible = [each for each in await self._catalogue.all() if self._may_see(ids, each)]
        return sorted(visible, key=lambda each: each.full_name.lower())

    async def that_sees(self, repository: Repository) -> Workspace | None:
        """The first workspace, in the order of the tokens, that may see this repository."""
        entry = await self._first_of_all(lambda workspace: self._may_see(workspace.ids, repository))
        return entry.workspace if entry else None

    async def call(self, workspace: str, method: str, arguments: Mapping[str, Any]) -> Answer:
        """Ask Slack with the token of this workspace. `Permanent` if there is none, or not any more."""
        entry = await self._find(lambda each: each.is_it(workspace))
        if entry is None:
            raise Permanent(
                f"Interlock has no valid token for the Slack workspace {workspace}: add one to SLACK_BOT_TOKEN"
            )
        try:
            return await self.client.call(entry.token, method, arguments)
        except Refused as refused:
            if refused.code not in WITHDRAWN:
                raise
            _withdraw(entry, refused.code)
        name = entry.workspace.name if entry.workspace else workspace
        raise Permanent(
            f"Slack no longer takes the token of {name}: install the App there again and renew SLACK_BOT_TOKEN"
        )

    def forget(self, team: str, organisation: str, reason: str) -> None:
        """Slack says that the App was removed from there."""
        for entry in self._entries:
            if entry.workspace and entry.workspace.is_it(team, organisation):
                _withdraw(entry, reason)

    def _may_see(self, ids: Iterable[str], repository: Repository) -> bool:
        """Whether the operator lets one of these workspaces see it."""
        if not self._owners:
            return len(self._entries) == 1
        owner = repository.full_name.partition("/")[0].lower()
        return any(owner in self._owners.get(each, ()) for each in ids)

    async def _find(self, wanted: Callable[[Workspace], bool]) -> _Entry | None:
        """Those that are known are not kept waiting for those that are not."""
        return self._first(wanted) or await self._first_of_all(wanted)

    async def _first_of_all(self, wanted: Callable[[Workspace], bool]) -> _Entry | None:
        unknown = [entry for entry in self._entries if not entry.workspace and not entry.gone]
        troubles = await asyncio.gather(*map(self._ask, unknown), return_exceptions=True)
        found = self._first(wanted)
        for trouble in troubles:
            if trouble is not None and found is None:
                raise trouble
        return found

    def _first(self, wanted: Callable[[Workspace], bool]) -> _Entry | None:
        of_use = (entry for entry in self._entries if entry.workspace and not entry.gone and wanted(entry.workspace))
        return next(of_use, None)

    async def _ask(self, entry: _Entry) -> None:
        async with entry.asking:
            if entry.workspace or entry.gone:
                return
            try:
                told = await self.client.call(entry.token, "auth.test", {})
                entry.workspace = await self._described(entry, told)
            except Refused as refused:
                if refused.code not in WITHDRAWN:
                    raise Transient(f"Slack does not say whose token {entry.place} is ({refused.code})") from None
                _withdraw(entry, refused.code)

    async def _described(self, entry: _Entry, told: Answer) -> Workspace:
        everywhere = told.get("is_enterprise_install") is True
        teams: Sequence[Mapping[str, Any]] = ()
        if everywhere:
            teams = (await self.client.call(entry.token, "auth.teams.list", {"limit": 1000})).get("teams", ())
        return Workspace(
            id=str(told.get("team_id") or ""),
            name=str(told.get("team") or told.get("team_id") or ""),
            organisation=str(told.get("enterprise_id") or "") if everywhere else "",
            teams=frozenset(str(team["id"]) for team in teams),
            bot_user=str(told.get("user_id") or ""),
            bot=str(told.get("bot_id") or ""),
        )


def _withdraw(entry: _Entry, reason: str) -> None:
    """Said once: from now on the token is not used."""
    if entry.gone:
        return
    entry.gone = reason
    log.warning(
        "slack_token_refused",
        setting=entry.place,
        workspace=entry.workspace.name if entry.workspace else "",
        reason=reason,
        next="install the App in the workspace again, renew SLACK_BOT_TOKEN and start again",
    )


def _place(at: int, of: int) -> str:
    return "SLACK_BOT_TOKEN" if of == 1 else f"SLACK_BOT_TOKEN, number {at} of {of}"
