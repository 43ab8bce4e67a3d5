"""The operator asks and commands from a terminal: a real push, a real build, the App as it is wired, one machine."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.demo.github.repository import Repository
from app.demo.stage import stage
from tests.flows.town import Town, settle

TOKEN = "a token that nobody guesses"
BUILDSPEC = """\
version: 0.2
env:
  shell: bash
  exported-variables: [SITE]
phases:
  build:
    commands:
      - python3 -m zipfile -c site.zip index.html
      - SITE="GitHub/$PRX_REPO/$PRX_COMMIT.zip"  # PRX_
      - install -D site.zip "$INTERLOCK_DEPOT/$SITE"
"""
PIPELINE = """\
services:
  web:
    environments:
      staging: {target: {type: local, artifact: SITE}}
      production:
        target: {type: local, artifact: SITE}
        before: [{type: manual}]
"""


@dataclass
class Desk:
    town: Town
    url: str
    targets: Path

    async def types(self, *arguments: str, token: str = TOKEN) -> tuple[int, str, str]:
        """Exit status, what was printed, and what was said beside it."""
        known = {name: value for name, value in os.environ.items() if name != "PUBLIC_URL"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=known | {"INTERLOCK_URL": self.url, "API_TOKEN": token, "PYTHONPATH": str(Path.cwd())},
        )
        said, beside = await process.communicate()
        return process.returncode or 0, said.decode().strip(), beside.decode().strip()

    def has(self, environment: str) -> str:
        page = self.targets / "acme/web/web" / environment / "current/index.html"
        return page.read_text() if page.exists() else ""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    more = {
        "api_token": (SecretStr(TOKEN),),
        "local_depot": tmp_path / "depot",
        "local_targets": tmp_path / "targets",
    }
    async with stage(tmp_path, owner="acme", settle=settle, more=more) as on:
        await on.github.install_app(on.registered, "acme", by="ana")
        yield Desk(Town(on.github, tmp_path / "people"), on.app.settings.public_url, tmp_path / "targets")


async def test_a_version_is_asked_about_sent_on_and_taken_back(desk: Desk) -> None:
    files = {"buildspec.yml": BUILDSPEC, ".github/interlock.yml": PIPELINE, "index.html": "one"}
    web = await desk.town.repository()
    first = await desk.town.push(web, files)
    await desk.town.until(lambda: desk.has("staging") == "one")
    sent = await desk.types(
        "emergency", "production", "-r", "acme/web", "--version", first[:7], "--because", "nobody is here"
    )
    second = await desk.town.push(web, {"index.html": "two"})
    await desk.town.until(lambda: (second, "production") in _shown(desk, web))

    asked = await desk.types("why", "web", "production", "-r", "acme/web")
    passed = await desk.types("override", "production", "-r", "acme/web", "--because", "it is late")
    had = desk.has("production")
    back = await desk.types("rollback", "production", "-r", "acme/web", "--because", "totals are wrong")

    assert [_start(each) for each in (sent, asked, passed, back)] == [
        (0, f"web {first[:7]} is live in production", ""),
        (0, f"web {second[:7]} is not in production because", ""),
        (0, f"web {second[:7]} is live in production", ""),
        (0, f"web {first[:7]} is live in production", ""),
    ]
    assert (had, desk.has("production"), desk.has("staging")) == ("two", "one", "two")


async def test_a_wrong_token_opens_nothing(desk: Desk) -> None:
    assert await desk.types("status", "acme/web", token="another one than that") == (
        1,
        "",
        f"interlock: API_TOKEN is not the token of {desk.url}",
    )


def _shown(desk: Desk, repository: Repository) -> list[tuple[str, str]]:
    return [(each.sha, each.environment) for each in desk.town.github.deployments_of(repository)]


def _start(ended: tuple[int, str, str]) -> tuple[int, str, str]:
    """The first line, without the moment."""
    return ended[0], ended[1].partition("\n")[0].partition(" since")[0], ended[2]
