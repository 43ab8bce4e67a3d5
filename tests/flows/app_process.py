"""The App in processes of its own, started as an operator starts it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from app.demo.github.server import LocalGitHub
from app.demo.stage import Identity, free_port, new_identity, register
from tests.flows.town import Town, settle


@dataclass
class AppProcess:
    """`interlock` with one command; `start` waits until it answers at `url`, if it has one."""

    command: str
    environment: dict[str, str]
    url: str = ""
    process: asyncio.subprocess.Process | None = field(default=None)

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", self.command, env=self.environment, stderr=asyncio.subprocess.DEVNULL
        )
        if self.url:
            await self._until_ready(self.process)

    async def kill(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientConnectionError:
                    assert process.returncode is None, f"interlock {self.command} did not start"
                await asyncio.sleep(0.02)


@dataclass
class Place:
    """A town, and what an App needs to know to serve it: `environment` and `url`."""

    town: Town
    environment: dict[str, str]
    url: str


@asynccontextmanager
async def place(directory: Path, database_url: str) -> AsyncIterator[Place]:
    """The App is registered and installed; its webhooks wait until somebody releases them."""
    async with LocalGitHub(directory / "github") as github:
        await settle(github)
        github.hold_webhooks()
        identity, port = new_identity(), free_port()
        url = f"http://127.0.0.1:{port}"
        registered = await register(github, identity, url, "acme")
        await github.install_app(registered, "acme", by="ana")
        environment = _environment(github, registered.id, identity, port)
        environment |= {"DATABASE_URL": database_url, "INTERLOCK_HOME": str(directory / "interlock")}
        yield Place(Town(github, directory / "people"), environment, url)


def _environment(github: LocalGitHub, app_id: int, identity: Identity, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "GITHUB_APP_ID": str(app_id),
        "GITHUB_PRIVATE_KEY": identity.key,
        "GITHUB_WEBHOOK_SECRET": identity.webhook_secret,
        "GITHUB_API_URL": github.api_url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
    }
