"""What is measured: a local GitHub with people in it, and the App in a process of its own, as an operator runs it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from app.demo.github.account import Permission
from app.demo.github.check_run import CheckRun
from app.demo.github.repository import Repository
from app.demo.github.server import LocalGitHub
from app.demo.stage import Identity, free_port, new_identity, register
from bench.delivery import OWNER, SECRET
from bench.process import PATIENCE, app_settings, running

EMPTY = "version: 0.2\n# PRX_\nphases:\n  build:\n    commands: []\n"
OWNER_LOGIN, WRITER, READER = "ana", "bo", "sam"

Found = TypeVar("Found")


@dataclass(frozen=True)
class Town:
    """`process` is the App's."""

    github: LocalGitHub
    process: asyncio.subprocess.Process

    async def repository(self, name: str) -> Repository:
        repository = await self.github.create_repository(f"{OWNER}/{name}")
        await self.github.allow(WRITER, repository, Permission.WRITE)
        await self.github.allow(READER, repository, Permission.READ)
        return repository

    async def check(self, repository: Repository, sha: str, *states: str) -> CheckRun:
        """The commit's check run, once it is in one of these states; any if none is named."""

        def find() -> CheckRun | None:
            runs = [run for suite in self.github.suites_of(repository, sha) for run in suite.runs]
            return next((run for run in runs if not states or (run.conclusion or run.status) in states), None)

        return await eventually(find)


@asynccontextmanager
async def town(directory: Path, *module: str) -> AsyncIterator[Town]:
    """`module` is what `python -m` starts as the App."""
    async with LocalGitHub(directory / "github") as github:
        for login in (OWNER_LOGIN, WRITER, READER):
            await github.create_user(login, login)
        await github.create_organisation(OWNER, owners=[OWNER_LOGIN])
        made = await asyncio.to_thread(new_identity)
        identity, port = Identity(key=made.key, public_key=made.public_key, webhook_secret=SECRET), free_port()
        registered = await register(github, identity, f"http://127.0.0.1:{port}", OWNER)
        settings = app_settings(
            directory / "interlock", port, identity, GITHUB_APP_ID=str(registered.id), GITHUB_API_URL=github.api_url
        )
        async with running(*module, port=port, **settings) as process:
            await github.install_app(registered, OWNER, by=OWNER_LOGIN)
            await github.settled()
            yield Town(github, process)


async def eventually(find: Callable[[], Found | None]) -> Found:
    """What `find` gives, once it gives something; asked every millisecond, as moments are measured with it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := find()):
        if time.monotonic() > deadline:
            raise SystemExit(f"what was to be measured did not happen within {PATIENCE:.0f} s")
        await asyncio.sleep(0.001)
    return found
