"""Settings in, wired system out: the only place that knows everybody."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import web

from app.github.auth import AppKey
from app.github.checks import GitHubChecks
from app.github.client import Client
from app.github.lane import Limits
from app.github.people import GitHubPeople
from app.github.repository import RepositoryCalls, clones_from
from app.github.source import GitHubSource
from app.github.transport import Transport
from app.intake import Inbound
from app.metrics import count_github_request
from app.presence import among_workers
from app.retention import Retention
from app.routes import CHECKS, INBOUND, tasks_for
from app.routing import Switchboard
from app.settings import Settings, SettingsError, aws_variables
from app.store.builds import StoredBuilds
from app.store.buildspecs import RememberedSource
from app.store.changes import StoredChanges, StoredPullRequests
from app.store.database import Database
from app.store.deliveries import GroupCommitInbox
from app.store.events import EventLog
from app.store.ids import new_id
from app.store.migrate import is_current, migrate
from app.store.repositories import StoredRepositories
from app.store.shown_checks import StoredShownChecks
from app.store.tasks import Tasks
from app.store.test_outcomes import StoredTestHistory
from app.store.unit_of_work import UnitOfWork
from app.watch import BuildWatch
from app.web.github import GitHubDoor
from app.web.http import http_runner
from app.web.links import LogLinks
from app.web.server import application
from app.worker import Worker
from checks.errors import Permanent
from checks.plan import Policy
from checks.ports import CI, Order, Runner
from checks.runners.local import LocalRunner
from checks.runners.local.process import hide_memory

log = structlog.get_logger()

TICK = 0.25
"""Seconds between two looks at the builds of this machine; a look reads a few small files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interlock:
    """The parts that a process may run, wired to each other."""

    settings: Settings
    database: Database
    worker: Worker
    watch: BuildWatch
    retention: Retention
    site: web.Application

    async def serve_web(self, stop: asyncio.Event) -> None:
        """Listen until `stop`, then finish what is being answered."""
        runner = http_runner(self.site)
        await runner.setup()
        try:
            await self._listen(runner)
            await stop.wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        host, port = self.settings.host, self.settings.port
        try:
            await web.TCPSite(runner, host, port).start()
            log.info("listening", at=f"http://{host}:{port}", public_url=self.settings.public_url)
        except OSError as error:
            raise SettingsError(f"HOST and PORT: {host}:{port} cannot be listened on ({error.strerror})") from error

    async def work(self, stop: asyncio.Event) -> None:
        """Perform tasks and watch builds until `stop`, then finish what is running."""
        _make(self.settings.home)
        if not self.database.is_sqlite:
            await self._work(stop)
            return
        # The embedded database belongs to this machine, so a dead worker's leases need not run out first.
        async with among_workers(self.settings.home, Tasks(self.database).release_all):
            await self._work(stop)

    async def _work(self, stop: asyncio.Event) -> None:
        watching = asyncio.create_task(self.watch.run(self.worker.wake))
        forgetting = asyncio.create_task(self.retention.run())
        working = asyncio.create_task(self.worker.run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({stopping, working, watching, forgetting}, return_when=asyncio.FIRST_COMPLETED)
            self.worker.stop()
            await working
        finally:
            for task in (watching, forgetting, stopping):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@asynccontextmanager
async def interlock(settings: Settings, *, limits: Limits | None = None) -> AsyncIterator[Interlock]:
    """Everything, with its connections open. The embedded database is brought to the present schema."""
    database, key = _checked(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await _prepare(database)
        event_log = EventLog(tasks_for)
        inbox = await stack.enter_async_context(GroupCommitInbox(database, event_log))
        transport = Transport(settings.github_api_url, count_github_request)
        client = await stack.enter_async_context(Client(transport, key, limits=limits))
        runner = local_runner(settings, client)
        links = LogLinks(settings.public_url, settings.webhook_secrets)
        inbound = INBOUND.with_bundle(lambda _work: Inbound(inbox, settings.github_app_id))
        checks = CHECKS.with_bundle(ci_bundle(settings, client, runner, links))
        door = GitHubDoor(settings.webhook_secrets, inbox)
        yield Interlock(
            settings=settings,
            database=database,
            worker=Worker(database, event_log, Switchboard(inbound, checks), wake=inbox.stored),
            watch=BuildWatch(database, event_log, runner, tick=TICK),
            retention=Retention(database, runner, keep=settings.keep),
            site=application(door=door, runner=runner, links=links, database=database),
        )


async def _prepare(database: Database) -> None:
    """Whoever runs a database for several machines says when its schema changes."""
    if database.is_sqlite:
        await migrate(database)
    elif not await is_current(database):
        raise SettingsError("DATABASE_URL: the database is not of this version; run interlock migrate")


def _make(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"INTERLOCK_HOME: {home} cannot be made ({error.strerror})") from error


def _checked(settings: Settings) -> tuple[Database, AppKey]:
    """The settings that only whoever uses them can judge; SettingsError as for any other."""
    try:
        key = AppKey(settings.github_app_id, settings.github_private_key.get_secret_value())
        return Database(settings.database_url), key
    except ValueError as error:
        raise SettingsError(str(error)) from error


def ci_bundle(settings: Settings, client: Client, runner: Runner, links: LogLinks) -> Callable[[UnitOfWork], CI]:
    calls = RepositoryCalls(client)
    checks = GitHubChecks(calls, settings.github_app_id)
    people = GitHubPeople(calls)
    source = GitHubSource(calls)
    policy = Policy(
        build_drafts=settings.build_drafts,
        pull_requests_may_publish=settings.pull_requests_may_publish,
        timeout=settings.build_timeout,
    )

    def make(work: UnitOfWork) -> CI:
        return CI(
            changes=StoredChanges(work),
            builds=StoredBuilds(work),
            pull_requests=StoredPullRequests(work),
            repositories=StoredRepositories(work),
            source=RememberedSource(work, source),
            people=people,
            checks=checks,
            shown=StoredShownChecks(work),
            tests=StoredTestHistory(work),
            runner=runner,
            links=links,
            policy=policy,
            now=work.now,
            new_id=new_id,
            repeated=work.repeated,
        )

    return make


def local_runner(settings: Settings, client: Client) -> LocalRunner:
    """Its builds run as our own user, so the App's key and secrets are hidden from them."""
    hide_memory()

    async def token_for(order: Order) -> str:
        if not clones_from(order.repository.clone_url, settings.github_api_url):
            raise Permanent(f"{order.repository.full_name} is cloned from elsewhere than GITHUB_API_URL says")
        # A run may have been lost because its token was not accepted: the next one gets another.
        return (await client.tokens.scoped(order.repository, renewed=order.lost > 0)).secret.reveal()

    aws = aws_variables(os.environ)
    return LocalRunner(settings.home, token_for=token_for, places=settings.concurrency, aws=aws)
