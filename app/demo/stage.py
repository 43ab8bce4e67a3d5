"""Everything on one machine: a GitHub, the App installed on it, and a directory that goes when they go."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from app.demo.github.auth import new_key_pair
from app.demo.github.installation import App
from app.demo.github.server import LocalGitHub
from app.demo.registration import registration
from app.github.lane import Limits
from app.interlock import Interlock
from app.main import interlock
from app.settings import Settings

UNHURRIED = Limits(between_writes=0.1)
"""The local GitHub has no other customers, so a tenth of a second between writes is polite enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an App gets when it is registered, and keeps to itself."""

    key: str
    public_key: str
    webhook_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`registered` is the App as GitHub knows it, `app` the App itself."""

    github: LocalGitHub
    registered: App
    app: Interlock


def new_identity() -> Identity:
    private, public = new_key_pair()
    return Identity(key=private, public_key=public, webhook_secret=secrets.token_urlsafe(24))


async def register(github: LocalGitHub, identity: Identity, app_url: str, owner: str) -> App:
    said = registration(owner, app_url, public_key=identity.public_key, webhook_secret=identity.webhook_secret)
    return await github.register_app(said)


def settings_for(github: LocalGitHub, app: App, identity: Identity, home: Path, port: int) -> Settings:
    return Settings(
        github_app_id=app.id,
        github_private_key=SecretStr(identity.key),
        github_webhook_secret=(SecretStr(identity.webhook_secret),),
        github_client_id=app.client_id,
        github_client_secret=SecretStr(app.client_secret),
        github_api_url=github.api_url,
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        database_url=f"sqlite:///{home}/interlock.sqlite3",
        home=home,
    )


@asynccontextmanager
async def stage(
    directory: Path,
    *,
    owner: str,
    settle: Callable[[LocalGitHub], Awaitable[None]],
    ports: tuple[int, int] = (0, 0),
    limits: Limits = UNHURRIED,
    more: Mapping[str, object] | None = None,
) -> AsyncIterator[Stage]:
    """Both up and speaking to each other. `settle` creates the people, among them the App's `owner`.

    `ports` are the wanted ones of GitHub and the App. `more` are settings beside those that the stage makes, by
    the names of their fields.
    """
    async with LocalGitHub(directory / "github", port=free_port(ports[0])) as github:
        await settle(github)
        github.hold_webhooks()
        port = free_port(ports[1])
        identity = await asyncio.to_thread(new_identity)
        registered = await register(github, identity, f"http://127.0.0.1:{port}", owner)
        settings = settings_for(github, registered, identity, directory / "interlock", port)
        async with interlock(settings.model_copy(update=more), limits=limits) as app, _running(app):
            github.release_webhooks()
            yield Stage(github=github, registered=registered, app=app)


@asynccontextmanager
async def _running(app: Interlock) -> AsyncIterator[None]:
    stop = asyncio.Event()
    parts = [asyncio.create_task(app.serve_web(stop)), asyncio.create_task(app.work(stop))]
    try:
        yield
    finally:
        stop.set()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*parts)


def free_port(wanted: int = 0) -> int:
    """The wanted port if it is free, else any."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            # As servers do: what is left of a demo that has just ended is no reason for other addresses.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise OSError("there is no free port on 127.0.0.1")
