"""Settings in, wired system out: the only place that knows everybody."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import ClientSession, DummyCookieJar, web

from app.aws.queue import Queue
from app.aws.session import Session
from app.bundles import Outward, cd_bundle, ci_bundle
from app.chat import Chat, no_chat
from app.connections import careful
from app.deadlines import Deadlines
from app.depot import depot_for
from app.github.auth import AppKey
from app.github.authorization import Authorization
from app.github.checks import GitHubChecks
from app.github.client import Client
from app.github.comments import GitHubComments
from app.github.compare import GitHubAncestry
from app.github.configuration import GitHubConfiguration
from app.github.delivery_checks import GitHubDeliveryChecks, GitHubTrails
from app.github.deployments import GitHubDeployments
from app.github.environments import GitHubEnvironments
from app.github.lane import Limits
from app.github.people import GitHubPeople
from app.github.pull_requests import GitHubPullRequests
from app.github.repository import RepositoryCalls
from app.github.secret import Secret
from app.github.transport import Transport
from app.intake import Inbound
from app.interlock import Interlock, Sweep
from app.metrics import count_aws_refusal, count_aws_request, count_github_request
from app.notices import NoticeKeeper, NoticeQueue
from app.promotions import Outside
from app.retention import Retention
from app.routes import CHECKS, DELIVERY, INBOUND, NEWS, NOTICES, tasks_for, tasks_with_channels
from app.routing import Switchboard
from app.runner import runner_for
from app.settings import Settings, SettingsError
from app.store.commands import CommandShelf
from app.store.database import Database
from app.store.deliveries import GroupCommitInbox
from app.store.events import EventLog
from app.store.links import StoredLinks
from app.store.migrate import is_current, migrate
from app.store.pointers import StoredPointers
from app.targets import AllowedTargets, Around
from app.turns import Turns
from app.watch import BuildWatch
from app.web.api import api
from app.web.aws import AWSDoor
from app.web.github import GitHubDoor
from app.web.links import BuildLinks
from app.web.server import application
from app.web.session import Seal
from app.web.sign_in import Visitors
from app.worker import Worker


@asynccontextmanager
async def interlock(settings: Settings, *, limits: Limits | None = None) -> AsyncIterator[Interlock]:
    """Everything, with its connections open. The embedded database is brought to the present schema."""
    database, key = _checked(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await _prepare(database)
        event_log = EventLog(tasks_with_channels if settings.slack_bot_token else tasks_for)
        inbox = await stack.enter_async_context(GroupCommitInbox(database, event_log))
        keeper = NoticeKeeper(database, event_log)
        transport = Transport(settings.github_api_url, count_github_request)
        client = await stack.enter_async_context(Client(transport, key, limits=limits))
        aws = Session(count_aws_request, count_refusal=count_aws_refusal)
        runner, tick = runner_for(settings, client, aws)
        links = BuildLinks(settings.public_url)
        depot = await stack.enter_async_context(depot_for(settings, aws))
        http = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        elsewhere = await stack.enter_async_context(
            ClientSession(cookie_jar=DummyCookieJar(), connector=careful(settings.webhook_networks))
        )
        calls = RepositoryCalls(client)
        people = StoredLinks(database, event_log, public_url=settings.public_url, secrets=settings.webhook_secrets)
        chat = await stack.enter_async_context(_chat(settings, database, inbox, people))
        bundle = cd_bundle(
            Outward(
                depot=depot,
                written=GitHubConfiguration(calls),
                targets=AllowedTargets(Around(settings, aws, elsewhere)),
                pointers=StoredPointers(database),
                ancestry=GitHubAncestry(calls),
                rules=GitHubEnvironments(calls),
                around=Outside(settings, client, http, aws, runner),
                github=GitHubDeployments(calls, settings.github_app_id),
                checks=GitHubDeliveryChecks(GitHubChecks(calls, settings.github_app_id)),
                pull_requests=GitHubPullRequests(calls),
                trails=GitHubTrails(GitHubComments(calls, settings.github_app_id)),
                chat=chat,
                app_id=settings.github_app_id,
            )
        )
        story = ci_bundle(settings, client, runner, links)
        handlers = [
            INBOUND.with_bundle(lambda _work: Inbound(inbox, settings.github_app_id)),
            *(routes.with_bundle(story) for routes in (CHECKS, NEWS)),
            *(routes.with_bundle(bundle) for routes in (DELIVERY, NOTICES)),
        ]
        yield Interlock(
            settings=settings,
            database=database,
            worker=Worker(database, event_log, Switchboard(*handlers), wake=inbox.stored),
            sweeps=[
                BuildWatch(database, event_log, runner, tick=tick),
                Turns(database, event_log),
                Deadlines(database, event_log),
                *_queues(settings, aws, keeper),
            ],
            retention=Retention(database, runner, keep=settings.keep),
            site=application(
                doors=[*_doors(settings, inbox, keeper), *chat.doors],
                runner=runner,
                links=links,
                people=GitHubPeople(RepositoryCalls(client)),
                visitors=await stack.enter_async_context(_visitors(settings)),
                database=database,
                api=api(
                    settings.api_tokens, database, bundle, CommandShelf(database, event_log, inbox.stored.set), people
                ),
                codes=people if settings.slack_bot_token else None,
            ),
            socket=chat.socket,
        )


@asynccontextmanager
async def _chat(
    settings: Settings, database: Database, inbox: GroupCommitInbox, people: StoredLinks
) -> AsyncIterator[Chat]:
    if not settings.slack_bot_token:
        yield no_chat(people)
        return
    from app.slack_chat import slack_chat  # noqa: PLC0415  takes half a second to import, and most have no Slack

    async with slack_chat(settings, database, inbox, people) as chat:
        yield chat


async def _prepare(database: Database) -> None:
    """Whoever runs a database for several machines says when its schema changes."""
    if database.is_sqlite:
        await migrate(database)
    elif not await is_current(database):
        raise SettingsError("DATABASE_URL: the database is not of this version; run interlock migrate")


def _checked(settings: Settings) -> tuple[Database, AppKey]:
    """The settings that only whoever uses them can judge; SettingsError as for any other."""
    try:
        key = AppKey(settings.github_app_id, settings.github_private_key.get_secret_value())
        return Database(settings.database_url), key
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _queues(settings: Settings, aws: Session, keeper: NoticeKeeper) -> Sequence[Sweep]:
    url = settings.aws_notifications_queue_url
    return [NoticeQueue(Queue(aws, url), keeper)] if url else []


def _doors(settings: Settings, inbox: GroupCommitInbox, keeper: NoticeKeeper) -> Sequence[web.RouteDef]:
    return [
        GitHubDoor(settings.webhook_secrets, inbox).route(),
        AWSDoor(settings.notification_secrets, keeper.keep, inbox.stored).route(),
    ]


@asynccontextmanager
async def _visitors(settings: Settings) -> AsyncIterator[Visitors]:
    """Without the settings of sign-in nobody is known, and the builds of private repositories stay closed."""
    seal, identifier, secret = Seal(settings.webhook_secrets), settings.github_client_id, settings.github_client_secret
    if identifier and secret:
        hidden = Secret(secret.get_secret_value())
        async with Authorization(settings.github_api_url, identifier, hidden, count_github_request) as authorization:
            yield Visitors(seal, settings.public_url, authorization)
        return
    wanted = {"GITHUB_CLIENT_ID": identifier, "GITHUB_CLIENT_SECRET": secret}
    yield Visitors(seal, settings.public_url, None, [name for name, given in wanted.items() if not given])
