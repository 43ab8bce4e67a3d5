"""The App is killed around its calls to CodeBuild: what was started is found again, and nothing is started twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.demo.aws.server import LocalAWS
from app.demo.cloud import prepare
from tests import moto
from tests.flows.app_process import AppProcess, place
from tests.flows.town import WAITS, Town


@dataclass
class Lives:
    town: Town
    aws: LocalAWS
    app: AppProcess


@pytest.fixture
async def lives(tmp_path: Path) -> AsyncIterator[Lives]:
    async with (
        LocalAWS(tmp_path / "aws", moto=moto.shared()) as aws,
        place(tmp_path, f"sqlite:///{tmp_path}/interlock/interlock.sqlite3") as at,
    ):
        settings = {name.upper(): str(value) for name, value in (await prepare(aws)).items()}
        environment = {**at.environment, **aws.environment, **settings, "CODEBUILD_POLL_SECONDS": "1"}
        app = AppProcess("serve", environment, at.url)
        await app.start()
        at.town.github.release_webhooks()
        yield Lives(at.town, aws, app)
        await app.kill()


async def test_a_build_that_was_started_when_the_app_was_killed_is_adopted(lives: Lives, tmp_path: Path) -> None:
    """Killed as soon as CodeBuild has the build: most likely before the App has heard of it."""
    web = await lives.town.repository()
    gate = tmp_path / "gate"
    pushing = asyncio.create_task(lives.town.push(web, {"buildspec.yml": WAITS.format(gate=gate)}))
    await lives.town.until(lambda: lives.aws.count("StartBuild") == 1)
    await lives.app.kill()
    sha = await pushing

    await lives.app.start()
    gate.touch()

    assert (await lives.town.check(web, sha)).conclusion == "success"
    assert len(lives.aws.builds) == 1


async def test_a_start_that_nobody_heard_the_answer_of_is_looked_for_after_the_tokens_time(
    lives: Lives, tmp_path: Path
) -> None:
    web = await lives.town.repository()
    gate = tmp_path / "gate"
    lives.aws.faults.lose_answer("StartBuild", times=20)
    lives.aws.faults.fail("ListBuildsForProject", times=1000)
    pushing = asyncio.create_task(lives.town.push(web, {"buildspec.yml": WAITS.format(gate=gate)}))
    await lives.town.until(lambda: len(lives.aws.builds) == 1)
    await lives.app.kill()
    sha = await pushing
    lives.aws.faults.clear()
    lives.aws.forget_tokens()

    await lives.app.start()
    gate.touch()

    assert (await lives.town.check(web, sha)).conclusion == "success"
    assert len(lives.aws.builds) == 1


async def test_an_end_that_came_while_the_app_was_away_is_heard(lives: Lives, tmp_path: Path) -> None:
    web = await lives.town.repository()
    gate = tmp_path / "gate"
    sha = await lives.town.push(web, {"buildspec.yml": WAITS.format(gate=gate)})
    await lives.town.check(web, sha, "in_progress")
    await lives.app.kill()

    gate.touch()
    await lives.aws.settled()
    await lives.app.start()

    assert (await lives.town.check(web, sha)).conclusion == "success"
    assert len(lives.aws.builds) == 1
