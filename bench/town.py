"""What is measured: a local GitHub with people in it, and the App in a process of its own, as an operator runs it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
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
SETTLED = 3
"""Looks in a row that have to find nothing new before something counts as done."""
PAUSE = 0.3

Found = TypeVar("Found")


@dataclass(frozen=True)
class Town:
    """`process` is the App's."""

    github: LocalGitHub
    process: asyncio.subprocess.Process
    app_url: str

    async def repository(self, name: str, *, private: bool = False) -> Repository:
        repository = await self.github.create_repository(f"{OWNER}/{name}", private=private)
        await self.github.allow(WRITER, repository, Permission.WRITE)
        await self.github.allow(READER, repository, Permission.READ)
        return repository

    async def requests(self) -> int:
        """How many were asked of GitHub so far, once nothing more is: webhooks may lead to requests, too."""

        async def look() -> int:
            await self.github.settled()
            return len(self.github.asked)

        return await quiet(look)

    async def check(self, repository: Repository, sha: str, *states: str) -> CheckRun:
        """The commit's check run, once it is in one of these states; any if none is named."""

        def find() -> CheckRun | None:
            runs = [run for suite in self.github.suites_of(repository, sha) for run in suite.runs]
            return next((run for run in runs if not states or (run.conclusion or run.status) in states), None)

        return await eventually(find)


@asynccontextmanager
async def town(directory: Path, *module: str, **more: str) -> AsyncIterator[Town]:
    """`module` is what `python -m` starts as the App, `more` its settings beside those of every App."""
    async with LocalGitHub(directory / "github") as github:
        for login in (OWNER_LOGIN, WRITER, READER):
            await github.create_user(login, login)
        await github.create_organisation(OWNER, owners=[OWNER_LOGIN])
        made = await asyncio.to_thread(new_identity)
        identity, port = Identity(key=made.key, public_key=made.public_key, webhook_secret=SECRET), free_port()
        url = f"http://127.0.0.1:{port}"
        registered = await register(github, identity, url, OWNER)
        more |= {"GITHUB_APP_ID": str(registered.id), "GITHUB_API_URL": github.api_url}
        settings = app_settings(directory / "interlock", port, identity, **more)
        async with running(*module, port=port, **settings) as process:
            await github.install_app(registered, OWNER, by=OWNER_LOGIN)
            await github.settled()
            yield Town(github, process, url)


async def eventually(find: Callable[[], Found | None]) -> Found:
    """What `find` gives, once it gives something; asked every millisecond, as moments are measured with it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := find()):
        if time.monotonic() > deadline:
            raise SystemExit(f"what was to be measured did not happen within {PATIENCE:.0f} s")
        await asyncio.sleep(0.001)
    return found


async def quiet(look: Callable[[], Awaitable[Found]]) -> Found:
    """What `look` gives, once it gives the same several times in a row."""
    same, seen = 0, await look()
    while same < SETTLED:
        await asyncio.sleep(PAUSE)
        before, seen = seen, await look()
        same = same + 1 if seen == before else 0
    return seen
