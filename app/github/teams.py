"""Whether somebody belongs to a team of an organisation, asked at the moment when it matters."""

from app.github.client import Client
from app.github.errors import NotFound, NotInstalled
from app.github.exchange import Request
from checks.errors import Transient

INSTALLATION = "/orgs/{org}/installation"
MEMBERSHIP = "/orgs/{org}/teams/{team}/memberships/{login}"


class GitHubTeams:
    """Of who belongs where nothing is remembered: who left a moment ago is gone."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._installations: dict[str, int] = {}

    async def is_member(self, organisation: str, team: str, login: str) -> bool:
        """Whether this login is in the team (by its slug) or in a team under it, and has accepted.

        A team that is not there, or that the App may not see, has no members. Raises `Transient` or `Permanent`.
        """
        if not (organisation and team and login):
            return False
        try:
            return await self._ask(organisation, team, login)
        except NotInstalled:
            # Whoever installs the App again has a new installation.
            if self._installations.pop(organisation.lower(), None) is None:
                raise
        return await self._ask(organisation, team, login)

    async def _ask(self, organisation: str, team: str, login: str) -> bool:
        try:
            installation = await self._installation(organisation)
            request = Request(
                method="GET",
                path=MEMBERSHIP,
                variables={"org": organisation, "team": team, "login": login},
                installation=installation,
            )
            told = (await self._client.send(request)).data
        except NotFound:
            return False
        if not isinstance(told, dict) or "state" not in told:
            raise Transient(f"GitHub did not say whether {login} is in the team {organisation}/{team}")
        return bool(told["state"] == "active")

    async def _installation(self, organisation: str) -> int:
        known = self._installations.get(organisation.lower())
        if known is not None:
            return known
        request = Request(method="GET", path=INSTALLATION, variables={"org": organisation})
        match (await self._client.send(request)).data:
            case {"id": int(number)}:
                self._installations[organisation.lower()] = number
                return number
            case _:
                raise Transient(f"GitHub described the installation in {organisation} without its number")
