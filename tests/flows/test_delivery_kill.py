"""The App is killed around its writes into environments: what was begun is finished, and nothing goes backwards."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app.demo.github.repository import Repository
from app.store.database import Database
from app.store.tables import deployments
from deploy.deployment import Deployment, State
from tests.flows.app_process import AppProcess, place
from tests.flows.town import Town

BUILDSPEC = """\
version: 0.2
env:
  exported-variables: [WEB]
phases:
  build:
    commands:
      - python3 -m zipfile -c web.zip page.html weight.bin
      - WEB="GitHub/$PRX_REPO/$PRX_COMMIT.zip"  # PRX_
      - install -D web.zip "$INTERLOCK_DEPOT/$WEB"
"""
PIPELINE = """\
services:
  web:
    environments:
      staging:
        target: {type: local, artifact: WEB}
"""
WEIGHT = 4 * 2**20
"""Bytes that take a moment to unpack: long enough to be killed meanwhile."""


@dataclass
class Lives:
    town: Town
    app: AppProcess
    database: Database
    live: Path
    """Where the environment of `acme/web` is."""

    async def push(self, web: Repository, text: str) -> str:
        weight = "".join(f"{text} {number:08} " for number in range(WEIGHT // 16))
        files = {"page.html": text, "weight.bin": weight, "buildspec.yml": BUILDSPEC}
        return await self.town.push(web, {**files, ".github/interlock.yml": PIPELINE})

    async def until_shown(self, web: Repository, *expected: tuple[str, str]) -> None:
        """(commit, state) of each deployment on GitHub, the oldest first."""

        def shown() -> bool:
            listed = reversed(self.town.github.deployments_of(web))
            return [(each.sha, each.state) for each in listed] == list(expected)

        await self.town.until(shown)

    async def records(self) -> Sequence[Deployment]:
        async with self.database.read() as connection:
            rows = (await connection.execute(select(deployments.c.data).order_by(deployments.c.id))).scalars()
            return [msgspec.json.decode(row, type=Deployment) for row in rows]

    @property
    def page(self) -> str:
        page = self.live / "current" / "page.html"
        return page.read_text() if page.exists() else ""

    @property
    def is_unpacking(self) -> bool:
        return any(self.live.glob("releases/.unfinished-*"))

    @property
    def releases(self) -> Sequence[Path]:
        return [each for each in self.live.glob("releases/*") if not each.name.startswith(".")]


@pytest.fixture
async def lives(tmp_path: Path) -> AsyncIterator[Lives]:
    url = f"sqlite:///{tmp_path}/interlock/interlock.sqlite3"
    targets = tmp_path / "targets"
    async with place(tmp_path, url) as at:
        local = {"LOCAL_DEPOT": str(tmp_path / "depot"), "LOCAL_TARGETS": str(targets)}
        app = AppProcess("serve", {**at.environment, **local}, at.url)
        await app.start()
        at.town.github.release_webhooks()
        database = Database(url)
        yield Lives(at.town, app, database, targets / "acme" / "web" / "web" / "staging")
        await app.kill()
        await database.close()


async def test_a_write_that_the_killed_app_had_begun_is_finished_by_the_next(lives: Lives) -> None:
    web = await lives.town.repository()
    first = await lives.push(web, "one")
    await lives.until_shown(web, (first, "success"))
    second = await lives.push(web, "two")
    await lives.town.until(lambda: lives.is_unpacking or lives.page == "two")

    await lives.app.kill()
    await lives.app.start()

    await lives.until_shown(web, (first, "inactive"), (second, "success"))
    assert (lives.page, await _told(lives)) == ("two", [(first, State.SUPERSEDED), (second, State.LIVE)])
    one, two = await lives.records()
    assert two.before
    assert (two.before.values, two.replaces) == ({"current": one.version.id}, one.id)


async def test_a_write_that_arrived_before_the_app_was_killed_is_found_to_be_there(lives: Lives) -> None:
    """Killed as soon as the environment has it: most likely before the App has said so anywhere."""
    web = await lives.town.repository()
    first = await lives.push(web, "one")
    await lives.until_shown(web, (first, "success"))
    second = await lives.push(web, "two")
    await lives.town.until(lambda: lives.page == "two")

    await lives.app.kill()
    await lives.app.start()

    await lives.until_shown(web, (first, "inactive"), (second, "success"))
    assert await _told(lives) == [(first, State.SUPERSEDED), (second, State.LIVE)]
    one, two = await lives.records()
    assert two.before
    assert (two.before.values, two.live) == ({"current": one.version.id}, {"current": two.version.id})


async def test_what_came_while_the_app_was_away_goes_over_what_was_cut_off(lives: Lives) -> None:
    web = await lives.town.repository()
    first = await lives.push(web, "one")
    await lives.town.until(lambda: lives.is_unpacking or lives.page == "one")

    await lives.app.kill()
    lives.town.github.hold_webhooks()
    second = await lives.push(web, "two")

    await lives.app.start()
    lives.town.github.release_webhooks()

    await lives.until_shown(web, (first, "inactive"), (second, "success"))
    assert (lives.page, await _told(lives)) == ("two", [(first, State.SUPERSEDED), (second, State.LIVE)])


async def test_a_deployment_that_github_heard_of_before_the_kill_is_the_only_one_there(lives: Lives) -> None:
    web = await lives.town.repository()
    lives.town.github.faults.lose_answer(method="POST", path="/deployments$")
    sha = await lives.push(web, "one")
    await lives.town.until(lambda: len(lives.town.github.deployments_of(web)) == 1)

    await lives.app.kill()
    await lives.app.start()

    await lives.until_shown(web, (sha, "success"))
    assert (lives.page, len(lives.releases)) == ("one", 1)


async def _told(lives: Lives) -> list[tuple[str, State]]:
    return [(each.version.sha, each.state) for each in await lives.records()]
