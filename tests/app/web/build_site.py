"""Builds and their logs in memory, shown by the real pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from app.web import builds, live
from app.web.links import LogLinks
from app.web.pages import Pages
from checks.build import Build, State
from checks.change import Change, Purpose
from checks.repository import Repository
from checks.result import Failure, Outcome, Phase, Result
from checks.test_report import FailedTest, TestReport, Verdict

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
SHOP = Repository(id=1, full_name="acme/shop", installation=1, html_url="http://127.0.0.1:9/acme/shop")
PUSH = Change(
    repository=SHOP,
    purpose=Purpose.PUSH,
    sha="4f2a91c" + "0" * 33,
    branch="main",
    sender="ana",
    received_at=NOW,
    message="Round totals <script>alert(1)</script>",
)
FAILED = Result(
    outcome=Outcome.FAILED,
    phases=(
        Phase(name="INSTALL", succeeded=True, seconds=41),
        Phase(name="BUILD", succeeded=False, seconds=127),
    ),
    failure=Failure(phase="BUILD", command="pytest <b>", exit_code=1),
    tests=TestReport(
        passed=246,
        failed=1,
        skipped=3,
        seconds=60,
        failures=(
            FailedTest(
                name="test_total <img src=x onerror=alert(1)>",
                verdict=Verdict.FAILED,
                message="expected 119.0, got 100.0",
                details="<script>alert(2)</script>",
                path="tests/test_cart.py",
                line=41,
            ),
        ),
    ),
)


@dataclass
class World:
    url: str = ""
    builds: dict[str, Build] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    trouble: Exception | None = None
    links: LogLinks = field(default_factory=lambda: LogLinks("", ["secret"]))

    async def build(self, build: str) -> Build | None:
        return self.builds.get(build)

    async def log(self, run: str, start: int = 0, limit: int = 1 << 20) -> bytes:
        if self.trouble:
            raise self.trouble
        return self.logs.get(run, b"")[start : start + limit]

    def add(self, build: str, log: bytes | None = None, **facts: Any) -> str:
        """Remembers a build and returns its link."""
        run = "" if log is None else f"run-{build}"
        self.builds[build] = Build(id=build, change=PUSH, created_at=NOW, run=run, **facts)
        self.logs[run] = log or b""
        return self.links.log(build)

    def add_failed(self, build: str, log: bytes) -> str:
        started = NOW + timedelta(seconds=3)
        return self.add(
            build,
            log,
            state=State.FAILED,
            result=FAILED,
            started_at=started,
            finished_at=started + timedelta(minutes=3),
        )


@asynccontextmanager
async def build_site() -> AsyncIterator[World]:
    world = World()
    app = web.Application()
    pages = Pages()
    pages.register(app)
    live.register(app)

    class Links:
        """The port is known only once the site is up."""

        def log(self, build: str) -> str:
            return world.links.log(build)

        def allows(self, build: str, key: str) -> bool:
            return world.links.allows(build, key)

    builds.register(app, pages=pages, builds=world, runner=world, links=Links())
    runner = web.AppRunner(app, shutdown_timeout=30)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    world.links = LogLinks(world.url, ["secret"])
    yield world
    await runner.cleanup()
