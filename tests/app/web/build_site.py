"""Builds and their logs in memory, shown by the real pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from app.github.people import Person
from app.web import builds, live, sign_in
from app.web.links import BuildLinks
from app.web.pages import Pages
from app.web.readers import People, Readers
from app.web.session import Seal
from app.web.sign_in import Visitors
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

NOBODY = Visitors(Seal(["secret"]), "", None, ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"])


@dataclass
class World:
    url: str = ""
    builds: dict[str, Build] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    trouble: Exception | None = None
    repository: Repository | None = SHOP

    async def build(self, build: str) -> Build | None:
        return self.builds.get(build)

    async def known(self, repository: int) -> Repository | None:
        return self.repository

    async def may_read(self, repository: Repository, person: Person) -> bool:
        return False

    async def log(self, run: str, start: int = 0, limit: int = 1 << 20) -> bytes:
        if self.trouble:
            raise self.trouble
        return self.logs.get(run, b"")[start : start + limit]

    def add(self, build: str, log: bytes | None = None, **facts: Any) -> str:
        """Remembers a build and returns its link."""
        run = "" if log is None else f"run-{build}"
        self.builds[build] = Build(id=build, change=PUSH, created_at=NOW, run=run, **facts)
        self.logs[run] = log or b""
        return self.link(build)

    def link(self, build: str) -> str:
        return BuildLinks(self.url).log(build)

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
async def build_site(
    *, port: int = 0, visitors: Visitors = NOBODY, people: People | None = None
) -> AsyncIterator[World]:
    """Where nobody can sign in, unless the test says how."""
    world = World()
    app = web.Application()
    pages = Pages()
    pages.register(app)
    live.register(app)

    sign_in.register(app, pages=pages, visitors=visitors)
    readers = Readers(pages, world, world, people or world, visitors)
    builds.register(app, pages=pages, readers=readers, runner=world, links=BuildLinks(""))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=30)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield world
    await runner.cleanup()
