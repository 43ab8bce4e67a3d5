"""The App is killed with SIGKILL in the middle of things and started again: nothing is lost, nothing happens twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.app_process import AppProcess, place
from tests.flows.town import Town

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
class Lives:
    town: Town
    app: AppProcess


@pytest.fixture
async def lives(tmp_path: Path) -> AsyncIterator[Lives]:
    async with place(tmp_path, f"sqlite:///{tmp_path}/interlock/interlock.sqlite3") as at:
        app = AppProcess("serve", at.environment, at.url)
        await app.start()
        at.town.github.release_webhooks()
        yield Lives(at.town, app)
        await app.kill()


@pytest.mark.parametrize("requests", range(5))
async def test_a_killed_app_ends_every_build_with_one_completed_check(
    lives: Lives, tmp_path: Path, requests: int
) -> None:
    """Killed once GitHub has seen so many requests about the repository, with the build under way or about to be."""
    town, (began, gate) = lives.town, (tmp_path / "began", tmp_path / "gate")
    web = await town.repository()
    sha = await town.push(web, {"buildspec.yml": BUILD.format(began=began, gate=gate)})
    await town.github.settled()
    if requests > 2:
        await town.until(began.exists)
    await town.until(lambda: len(town.requests(web)) >= min(requests, 3))

    await lives.app.kill()
    await lives.app.start()
    gate.touch()

    check = await town.check(web, sha)
    assert check.conclusion == "success"
    assert len(town.checks(web, sha)) == 1
    assert began.read_text() == "began\n"


async def test_an_answer_that_the_killed_app_never_heard_is_not_asked_for_twice(lives: Lives, tmp_path: Path) -> None:
    town, gate = lives.town, tmp_path / "gate"
    gate.touch()
    web = await town.repository()
    town.github.faults.lose_answer(method="POST", path="/check-runs$")

    sha = await town.push(web, {"buildspec.yml": BUILD.format(began=tmp_path / "began", gate=gate)})
    await town.until(lambda: len(town.checks(web, sha)) == 1)
    await lives.app.kill()
    await lives.app.start()

    assert (await town.check(web, sha)).conclusion == "success"
    assert len(town.checks(web, sha)) == 1


async def test_a_build_goes_on_while_the_app_is_away(lives: Lives, tmp_path: Path) -> None:
    town, (began, gate, ended) = lives.town, (tmp_path / "began", tmp_path / "gate", tmp_path / "ended")
    web = await town.repository()
    sha = await town.push(web, {"buildspec.yml": BUILD.format(began=began, gate=gate) + f"      - touch {ended}\n"})
    await town.until(began.exists)

    await lives.app.kill()
    gate.touch()
    await town.until(ended.exists)
    await lives.app.start()

    assert (await town.check(web, sha)).conclusion == "success"
    assert began.read_text() == "began\n"
