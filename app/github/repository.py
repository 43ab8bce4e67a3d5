"""Calls on a repository, which may have been renamed since we last heard its name."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from yarl import URL

from app.github.client import Client
from app.github.errors import Hitch, NotFound
from app.github.exchange import Answer, Request
from checks.repository import Repository

MOST_NAMES = 10_000


class RepositoryCalls:
    """Addresses repositories by name and follows their renames.

    `/repositories/{id}/...` would never miss, but it is undocumented on purpose
    (https://github.com/github/docs/issues/45674), and many proxies and stand-ins do not know it. So a name
    is used, GitHub's own redirect is followed, and only when the name fails or has moved is the number
    looked up once: that form is older than the documentation and all large clients rely on it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names: OrderedDict[tuple[int, str], str] = OrderedDict()

    async def send(self, repository: Repository, request: Request) -> Answer:
        """Like `send_once`, but a 404 is believed only after the repository's number was looked up."""
        try:
            return await self.send_once(repository, request)
        except NotFound:
            if not await self._has_new_name(repository):
                raise
        return await self.send_once(repository, request)

    async def send_once(self, repository: Repository, request: Request) -> Answer:
        """`request.path` begins with `/repos/{owner}/{repo}`, which is filled in here."""
        answer = await self._client.send(self._addressed(repository, request))
        if answer.moved:
            await self._has_new_name(repository)
        return answer

    async def items(self, repository: Repository, request: Request, key: str) -> AsyncIterator[Any]:
        async for item in self._client.items(self._addressed(repository, request), key):
            yield item

    async def name_of(self, repository: int, installation: int) -> str:
        """What GitHub calls the repository now. Raises `NotFound` if the installation may not see it."""
        request = Request(
            method="GET",
            path="/repositories/{id}",
            variables={"id": str(repository)},
            installation=installation,
        )
        match (await self._client.send(request)).data:
            case {"full_name": str(name)}:
                return name
            case _:
                raise Hitch("GitHub described a repository without its name", harmless=True)

    def _addressed(self, repository: Repository, request: Request) -> Request:
        name = self._names.get((repository.id, repository.full_name), repository.full_name)
        owner, _, repo = name.partition("/")
        variables = {"owner": owner, "repo": repo, **request.variables}
        return replace(request, variables=variables, installation=repository.installation)

    async def _has_new_name(self, repository: Repository) -> bool:
        """Learn what the repository is called now; True if we did not know that yet."""
        said = (repository.id, repository.full_name)
        used = self._names.get(said, repository.full_name)
        now = await self.name_of(repository.id, repository.installation)
        if now == used:
            return False
        self._names[said] = now
        if len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)
        return True


def clones_from(clone_url: str, api_url: str) -> bool:
    """Whether git may be given a token for this address: it is at the GitHub whose API gave the token.

    That is https://github.com for https://api.github.com, and the same host for a GitHub Enterprise Server.
    """
    try:
        clone, api = URL(clone_url), URL(api_url)
    except ValueError:
        return False
    hosts = {api.host, (api.host or "").removeprefix("api.")}
    return clone.host in hosts and (clone.scheme, clone.port, clone.user) == (api.scheme, api.port, None)
