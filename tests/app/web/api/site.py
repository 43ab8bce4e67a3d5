"""The API over real HTTP, before a real store and a real worker; only what lies outside the App is in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import ClientSession, web

from app.routes import DELIVERY, tasks_for
from app.routing import Switchboard
from app.store.clock import now
from app.store.commands import CommandShelf
from app.store.configurations import StoredConfigurations
from app.store.database import Database
from app.store.deployments import StoredDeployments
from app.store.events import EventLog
from app.store.holds import StoredHolds
from app.store.ids import new_id
from app.store.repositories import StoredRepositories
from app.store.unit_of_work import UnitOfWork
from app.store.versions import StoredVersions
from app.web.api import api
from app.web.http import http_runner
from app.worker import Worker
from checks.events import Event
from checks.repository import Repository
from deploy.events import VersionRegistered
from deploy.pipeline import Configuration
from deploy.ports import CD
from tests.deploy.stories import version, world
from tests.deploy.world import World

TOKEN = "a token that nobody guesses"
FORMER = "the token that it replaces"
WEB = Repository(id=42, full_name="acme/web", installation=7, html_url="https://github.com/acme/web")
SERVICE = "/api/repositories/acme/web/services/web"


@dataclass
class Site:
    """`world` is what lies outside: targets, commits and people."""

    database: Database
    world: World = field(default_factory=world)
    url: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.log = EventLog(tasks_for)
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        return Worker(self.database, self.log, Switchboard(DELIVERY.with_bundle(self.cd)), wake=self.wake)

    def cd(self, work: UnitOfWork) -> CD:
        return replace(
            self.world.cd(),
            repositories=StoredRepositories(work),
            versions=StoredVersions(work),
            configurations=StoredConfigurations(work),
            deployments=StoredDeployments(work),
            holds=StoredHolds(work),
            now=work.now,
            new_id=new_id,
            repeated=work.repeated,
        )

    async def configure(self, configuration: Configuration, *more: Repository) -> None:
        work = UnitOfWork(self.database, now=now())
        for each in (WEB, *more):
            StoredRepositories(work).save(each)
        StoredConfigurations(work).save(configuration)
        async with self.database.write() as connection:
            await work.flush(connection)

    async def publish(self, *shas: str) -> None:
        """Versions of these commits are registered, one after the other, and go where they may."""
        for sha in shas:
            work = UnitOfWork(self.database, now=now())
            await StoredVersions(work).add(version(sha))
            async with self.database.write() as connection:
                await work.flush(connection)
            await self.hear(VersionRegistered(version=version(sha).id, registered=version(sha)))

    async def hear(self, *events: Event) -> None:
        async with self.database.write() as connection:
            await self.log.append(connection, events, at=now())
        await self.worker.drain()

    async def get(self, path: str, status: int = 200) -> Any:
        found, told = await self.ask("GET", path)
        assert found == status, told
        return told

    async def command(
        self, verb: str, *, status: int = 202, headers: dict[str, str] | None = None, **facts: Any
    ) -> Any:
        body = {"verb": verb, "repository": "acme/web", **facts}
        found, told = await self.ask("POST", "/api/commands", json=body, headers=headers)
        assert found == status, told
        return told

    async def obeyed(self, verb: str, **facts: Any) -> Any:
        """What became of a command, once a worker has taken it up."""
        kept = await self.command(verb, **facts)
        await self.worker.drain()
        return await self.get(f"/api/commands/{kept['id']}")

    async def ask(
        self, method: str, path: str, *, token: str | None = TOKEN, headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, Any]:
        sent = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with (
            ClientSession() as session,
            session.request(method, self.url + path, headers=sent | (headers or {}), **more) as answer,
        ):
            assert answer.content_type == "application/json"
            return answer.status, await answer.json()


@asynccontextmanager
async def site(
    database: Database, configuration: Configuration | None = None, tokens: Sequence[str] = (TOKEN, FORMER)
) -> AsyncIterator[Site]:
    made = Site(database, world(configuration))
    assert made.world.configuration
    await made.configure(made.world.configuration)
    app = web.Application()
    shelf = CommandShelf(database, made.log, made.wake.set)
    app.add_subapp("/api", api(tokens, database, made.cd, shelf))
    runner = http_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()
