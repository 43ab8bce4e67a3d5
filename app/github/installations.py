"""Where the App is installed, and what it may see there."""

from collections.abc import AsyncIterator

from msgspec import Struct

from app.github.client import Client
from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.repository import read_repository
from checks.errors import Transient
from checks.repository import Repository


class Installation(Struct, frozen=True, kw_only=True):
    """An account that installed the App; while it is suspended nothing can be asked or told there."""

    id: int
    account: str
    suspended: bool = False


class Installations:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def all(self) -> AsyncIterator[Installation]:
        async for each in self._client.items(Request(method="GET", path="/app/installations{?per_page}")):
            try:
                yield Installation(
                    id=each["id"],
                    account=(each.get("account") or {}).get("login", ""),
                    suspended=bool(each.get("suspended_at")),
                )
            except (TypeError, KeyError, AttributeError):
                raise Transient("GitHub listed an installation without its number") from None

    async def repositories(self, installation: int) -> AsyncIterator[Repository]:
        """All repositories of an installation. Raises `NotInstalled` if it is suspended or gone."""
        request = Request(
            method="GET", path="/installation/repositories{?per_page}", installation=installation, urgency=2
        )
        async for each in self._client.items(request, "repositories"):
            yield read_repository(each, installation)

    async def of_repository(self, full_name: str) -> int | None:
        """The installation that has a repository now, after a transfer for example; None if the App lost it."""
        owner, _, repo = full_name.partition("/")
        request = Request(
            method="GET", path="/repos/{owner}/{repo}/installation", variables={"owner": owner, "repo": repo}
        )
        try:
            return int((await self._client.send(request)).data["id"])
        except NotFound:
            return None
        except (TypeError, KeyError, ValueError):
            raise Transient(f"GitHub described the installation of {full_name} without its number") from None
