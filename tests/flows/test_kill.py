"""The App is killed with SIGKILL in the middle of things and started again: nothing is lost, nothing happens twice."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from app.demo.github.server import LocalGitHub
from app.demo.stage import Identity, free_port, new_identity, register
from tests.flows.town import Town, settle

BUILD = """\
version: 0.2
# PRX_
phases:
  build:
    commands:
      - echo began >> {began}
      - while [ ! -e {gate} ]; do sleep 0.05; done
"""


@dataclass
class AppProcess:
    """`interlock serve`, as an operator runs it."""

    environment: dict[str, str]
    url: str
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "serve", env=self.environment, stderr=asyncio.subprocess.DEVNULL
        )
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientConnectionError:
                    assert self.process.returncode is None, "interlock serve did not start"
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass
class Place:
    town: Town
    app: AppProcess


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with LocalGitHub(tmp_path / "github") as github:
        await settle(github)
        github.hold_webhooks()
        identity, port = new_identity(), free_port()
        app = AppProcess({}, f"http://127.0.0.1:{port}")
        registered = await register(github, identity, app.url, "acme")
        app.environment = _environment(github, registered.id, identity, tmp_path / "interlock", port)
        await app.start()
        github.release_webhooks()
        await github.install_app(registered, "acme", by="ana")
        yield Place(Town(github, tmp_path / "people"), app)
        await app.kill()


@pytest.mark.parametrize("requests", range(5))
async def test_a_killed_app_ends_every_build_with_one_completed_check(
    place: Place, tmp_path: Path, requests: int
) -> None:
    """Killed once GitHub has seen so many requests about the repository, with the build under way or about to be."""
    town, (began, gate) = place.town, (tmp_path / "began", tmp_path / "gate")
    web = await town.repository()
    sha = await town.push(web, {"buildspec.yml": BUILD.format(began=began, gate=gate)})
    await town.github.settled()
    if requests > 2:
        await town.until(began.exists)
    await town.until(lambda: len(town.requests(web)) >= min(requests, 3))

    await place.app.kill()
    await place.app.start()
    gate.touch()

    check = await town.check(web, sha)
    assert check.conclusion == "success"
    assert len(town.checks(web, sha)) == 1
    assert began.read_text() == "began\n"


async def test_an_answer_that_the_killed_app_never_heard_is_not_asked_for_twice(place: Place, tmp_path: Path) -> None:
    town, gate = place.town, tmp_path / "gate"
    gate.touch()
    web = await town.repository()
    town.github.faults.lose_answer(method="POST", path="/check-runs$")

    sha = await town.push(web, {"buildspec.yml": BUILD.format(began=tmp_path / "began", gate=gate)})
    await town.until(lambda: len(town.checks(web, sha)) == 1)
    await place.app.kill()
    await place.app.start()

    assert (await town.check(web, sha)).conclusion == "success"
    assert len(town.checks(web, sha)) == 1


async def test_a_build_goes_on_while_the_app_is_away(place: Place, tmp_path: Path) -> None:
    town, (began, gate, ended) = place.town, (tmp_path / "began", tmp_path / "gate", tmp_path / "ended")
    web = await town.repository()
    sha = await town.push(web, {"buildspec.yml": BUILD.format(began=began, gate=gate) + f"      - touch {ended}\n"})
    await town.until(began.exists)

    await place.app.kill()
    gate.touch()
    await town.until(ended.exists)
    await place.app.start()

    assert (await town.check(web, sha)).conclusion == "success"
    assert began.read_text() == "began\n"


def _environment(github: LocalGitHub, app_id: int, identity: Identity, home: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "GITHUB_APP_ID": str(app_id),
        "GITHUB_PRIVATE_KEY": identity.key,
        "GITHUB_WEBHOOK_SECRET": identity.webhook_secret,
        "GITHUB_API_URL": github.api_url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{home}/interlock.sqlite3",
        "INTERLOCK_HOME": str(home),
    }
