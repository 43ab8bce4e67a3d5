"""The chat that the settings ask for: who speaks there and who hears, and the ways in which it is heard here."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import NamedTuple

from aiohttp import web

from app.channels import channels_for
from app.metrics import count_slack_request
from app.settings import Settings
from app.slack.answers import SlackAnswers
from app.slack.client import SlackClient
from app.slack.hearing import Hearing
from app.slack.socket import Socket
from app.slack.workspace import SlackWorkspaces
from app.store.database import Database
from app.store.deliveries import GroupCommitInbox
from app.store.repositories import RepositoryShelf
from app.web.slack import Keeper, SlackDoor
from checks.errors import Permanent
from checks.message import Message
from checks.repository import Repository
from deploy.ports import Answers, Channels, Links, Workspaces


class Chat(NamedTuple):
    """`socket` is listened on where the doors are open: it is one, for where no address leads here."""

    workspaces: Workspaces
    links: Links
    answers: Answers
    channels: Channels
    doors: Sequence[web.RouteDef] = ()
    socket: AbstractAsyncContextManager[object] = nullcontext()


@asynccontextmanager
async def chat_for(
    settings: Settings, database: Database, inbox: GroupCommitInbox, links: Links
) -> AsyncIterator[Chat]:
    """Slack, if there is a token for it; else nobody speaks, and nobody hears."""
    if not settings.slack_bot_token:
        yield Chat(Silence(), links, Silence(), channels_for(None, ""))
        return
    secret, app_token = settings.slack_signing_secret, settings.slack_app_token
    async with SlackClient(settings.slack_api_url, count_slack_request) as client:
        workspaces = SlackWorkspaces(client, settings.slack_bot_token, settings.slack_owners, RepositoryShelf(database))
        async with Hearing(workspaces, Keeper(inbox).keep, secret.get_secret_value() if secret else "") as hearing:
            yield Chat(
                workspaces,
                links,
                SlackAnswers(workspaces, inbox),
                channels_for(workspaces, settings.slack_channel),
                doors=[SlackDoor(hearing).route()] if secret else [],
                socket=Socket(client, app_token, hearing) if app_token else nullcontext(),
            )


class Silence(Workspaces, Answers):
    """No chat: nothing is visible there. What was said while there was one finds it gone."""

    async def repositories(self, workspace: str) -> Sequence[Repository]:
        return ()

    async def give(self, said: str, answer: Message) -> None:
        raise Permanent(f"{said} cannot be answered: no chat is set up")
