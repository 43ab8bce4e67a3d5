"""The demo's story of delivery, without a browser: out to staging, on to production, broken, taken back, mended."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from app.demo.cloud import TOLD, prepare, publish
from app.demo.scenario import ENVIRONMENTS, ORGANISATION, WRITER, Scenario, delivering, places, play, settle
from app.demo.showcase import Showcase
from app.demo.stage import Stage, stage
from app.demo.working_copy import WorkingCopy
from app.store.deployments import DeploymentShelf
from checks.change import short
from deploy.delivery_check import NAME as DELIVERY
from tests import moto
from tests.flows.town import PATIENCE, eventually

BREAKING = [("health.json", '"ok"', '"out of order"'), (".github/interlock.yml", "deadline: 10s", "deadline: 2s")]
"""The second is for those who wait for this test."""


class Demo:
    """The stage, what is shown, and Ana's clone of the clock."""

    def __init__(self, on: Stage, shown: Showcase, scenario: Scenario, people: Path) -> None:
        self.on = on
        self.shown = shown
        self.scenario = scenario
        self.copy = WorkingCopy(directory=people / WRITER / scenario.clock.name, name="Ana Flores", login=WRITER)

    async def push(self) -> str:
        await self.copy.git("push", "--quiet", "origin", "HEAD:main")
        return await self.copy.git("rev-parse", "HEAD")

    async def break_it(self) -> str:
        for name, old, new in BREAKING:
            file = self.copy.directory / name
            text = await asyncio.to_thread(file.read_text)
            assert text.count(old) == 1
            await asyncio.to_thread(file.write_text, text.replace(old, new))
        await self.copy.git("commit", "--quiet", "--all", "--message", "Try another answer")
        return await self.push()

    async def press(self, label: str, sha: str) -> None:
        """The button of the commit's check on delivery, once it has it."""

        def find() -> tuple[int, str] | None:
            suites = self.on.github.suites_of(self.scenario.clock, sha)
            runs = [run for suite in suites for run in suite.runs if run.name == DELIVERY]
            buttons = [(run.id, each.identifier) for run in runs for each in run.actions if each.label == label]
            return buttons[0] if buttons else None

        check, button = await eventually(find)
        await self.on.github.press(check, button, WRITER)

    async def has_shown(self, environment: str, *commits: str) -> None:
        """These versions were live there, in this order."""
        wanted = [short(sha) for sha in commits]
        await eventually(lambda: [short(each.version) for each in reversed(self.shown.sights[environment])] == wanted)

    async def is_told(self, environment: str, sha: str, *states: str) -> None:
        """These are the ends of the commit's deployments there, the oldest first."""
        shelf = DeploymentShelf(self.on.app.database)
        async with asyncio.timeout(PATIENCE):
            while True:
                found = [
                    f"{each.kind} {each.state}"
                    for each in reversed(await shelf.newest())
                    if (each.version.sha, each.environment.name) == (sha, environment)
                ]
                if found == [*states]:
                    return
                await asyncio.sleep(0.05)

    async def answer(self, path: str) -> tuple[int, str]:
        async with ClientSession() as http, http.get(f"{self.shown.url}/{path}") as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def opened(
    home: Path, more: Mapping[str, object] | None = None, before: Callable[[Stage], Awaitable[None]] | None = None
) -> AsyncIterator[Demo]:
    """`more` are settings; `before` is done when everything is up, and nothing has been pushed."""
    async with (
        Showcase(places(home)) as shown,
        stage(home, owner=ORGANISATION, settle=settle, more={**delivering(home), **(more or {})}) as on,
    ):
        if before:
            await before(on)
        await on.github.install_app(on.registered, ORGANISATION, by=WRITER)
        yield Demo(on, shown, await play(on.github, home / "people", shown.url), home / "people")


async def test_what_breaks_staging_is_taken_back_before_ones_eyes_and_its_revert_goes_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as demo:
        first = demo.scenario.first
        await demo.is_told("staging", first, "promote live")
        assert await demo.answer("staging/health.json") == (200, f'{{"status": "ok", "version": "{first}"}}')
        assert await demo.answer("production/") == (404, "Nothing is live in production yet.\n")

        await demo.press("Approve production", first)
        await demo.is_told("production", first, "promote live")
        assert (await demo.answer("production/")) == (await demo.answer("staging/"))

        broken = await demo.break_it()
        await demo.is_told("staging", broken, "promote rolled_back")
        await demo.is_told("staging", first, "promote superseded", "rollback live")
        await demo.has_shown("staging", first, broken, first)
        assert f"<code>{short(first)}</code>" in (await demo.answer("staging/"))[1]

        await demo.copy.git("revert", "--no-edit", "HEAD")
        fixed = await demo.push()
        await demo.is_told("staging", fixed, "promote live")
        await demo.has_shown("staging", first, broken, first, fixed)
        await demo.has_shown("production", first)


async def test_on_aws_the_clock_comes_from_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("moto")
    from app.demo.aws.server import LocalAWS  # noqa: PLC0415  it is an extra

    async with LocalAWS(tmp_path / "aws", variables=TOLD, moto=moto.shared()) as aws:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        settings = {**await prepare(aws), **await publish(aws), "local_depot": None, "codebuild_poll_seconds": 1.0}
        async with opened(tmp_path / "stage", settings) as demo:
            await demo.is_told("staging", demo.scenario.first, "promote live")
            await demo.has_shown("staging", demo.scenario.first)
            assert demo.shown.sights["production"] == ()


def test_the_environments_are_where_the_local_target_lays_them(tmp_path: Path) -> None:
    assert [path.relative_to(tmp_path).as_posix() for path in places(tmp_path).values()] == [
        f"live/acme/tide-clock/tide-clock/{name}" for name in ENVIRONMENTS
    ]
