"""A private repository on a local GitHub, and the pages of its builds with the real way to sign in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from msgspec.structs import replace

from app.demo.github.installation import App, Installation
from app.demo.github.repository import Repository
from app.demo.github.server import LocalGitHub
from app.demo.registration import registration
from app.demo.stage import free_port
from app.github.auth import AppKey
from app.github.authorization import Authorization
from app.github.client import Client
from app.github.clock import Clock
from app.github.people import GitHubPeople
from app.github.repository import RepositoryCalls
from app.github.secret import Secret
from app.github.transport import Transport
from app.web.session import Seal
from app.web.sign_in import Visitors
from tests.app.demo.github.world import PRIVATE_KEY, PUBLIC_KEY
from tests.app.web.build_site import SHOP, World, build_site

LOG = b"the secret sauce\n"
SIGN_IN_FIRST = (401, "Sign in with GitHub to see this build")


class Hands:
    """The clocks of the site, moved by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> float:
        return 1_800_000_000.0 + self.passed

    def elapsed(self) -> float:
        return asyncio.get_running_loop().time() + self.passed


@dataclass
class PrivateSite:
    """`ana` owns the organisation, `sam` has no right; build `b` is of the private repository and has ended."""

    github: LocalGitHub
    registered: App
    installation: Installation
    repository: Repository
    world: World
    hands: Hands
    seal: Seal

    @property
    def link(self) -> str:
        return self.world.link("b")

    def asked(self, login: str) -> int:
        """How often GitHub was asked what somebody may do."""
        path = f"/repos/{self.repository.full_name}/collaborators/{login}/permission"
        return sum(1 for each in self.github.asked if each.path == path)


class Browser:
    """Cookies, and nothing followed by itself."""

    def __init__(self, site: PrivateSite) -> None:
        self.site = site
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def get(self, url: str, **sent: str) -> aiohttp.ClientResponse:
        return await self._read("GET", url, sent)

    async def post(self, url: str, form: dict[str, str], **headers: str) -> aiohttp.ClientResponse:
        return await self._read("POST", url, headers, form)

    async def _read(
        self, method: str, url: str, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> aiohttp.ClientResponse:
        whole = url if "://" in url else self.site.world.url + url
        answer = await self.http.request(method, whole, headers=headers, data=form, allow_redirects=False)
        await answer.read()
        return answer

    async def begin(self, to: str = "/builds/b") -> str:
        """Where the App sends one at GitHub."""
        answer = await self.get(f"/sign-in?to={to}")
        assert answer.status == 303
        return answer.headers["Location"]

    async def authorize(self, address: str, login: str, answer: str = "yes") -> str:
        """Presses the button on GitHub's page; returns where GitHub sends one then."""
        origin = self.site.github.url
        await self.post(f"{origin}/-/sign-in", {"login": login, "to": "/"}, Origin=origin)
        found = await self.post(address, {"authorize": answer}, Origin=origin)
        assert found.status == 302
        return found.headers["Location"]

    async def sign_in(self, login: str, to: str = "/builds/b") -> aiohttp.ClientResponse:
        return await self.get(await self.authorize(await self.begin(to), login))


@asynccontextmanager
async def private_site(directory: Path) -> AsyncIterator[PrivateSite]:
    async with AsyncExitStack() as stack:
        github = await stack.enter_async_context(LocalGitHub(directory))
        for login in ("ana", "sam"):
            await github.create_user(login)
        await github.create_organisation("acme", owners=["ana"])
        repo = await github.create_repository("acme/secret", private=True)
        port, hands = free_port(), Hands()
        url = f"http://127.0.0.1:{port}"
        app = await github.register_app(registration("acme", url, public_key=PUBLIC_KEY, webhook_secret="x"))
        installation = await github.install_app(app, "acme")
        clock = Clock(elapsed=hands.elapsed)
        transport = Transport(github.api_url, _uncounted)
        client = await stack.enter_async_context(Client(transport, AppKey(app.id, PRIVATE_KEY)))
        authorization = Authorization(github.api_url, app.client_id, Secret(app.client_secret), _uncounted)
        seal = Seal(["secret"], hands.now)
        visitors = Visitors(seal, url, await stack.enter_async_context(authorization))
        people = GitHubPeople(RepositoryCalls(client), clock)
        world = await stack.enter_async_context(build_site(port=port, visitors=visitors, people=people))
        world.repository = replace(
            SHOP, id=repo.id, full_name=repo.full_name, installation=installation.id, private=True
        )
        world.add_failed("b", LOG)
        yield PrivateSite(github, app, installation, repo, world, hands, seal)


def _uncounted(_method: str, _path: str, _status: int) -> None:
    return None


async def title(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.text()).partition("<title>")[2].partition(" · Interlock</title>")[0]
