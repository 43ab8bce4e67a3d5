"""Slack, as the settings ask for it: its workspaces, answers and channels, and the ways in which it is heard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from app.channels.slack import SlackChannels
from app.chat import Chat
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
from deploy.ports import Links


@asynccontextmanager
async def slack_chat(
    settings: Settings, database: Database, inbox: GroupCommitInbox, links: Links
) -> AsyncIterator[Chat]:
    secret, app_token = settings.slack_signing_secret, settings.slack_app_token
    async with SlackClient(settings.slack_api_url, count_slack_request) as client:
        workspaces = SlackWorkspaces(client, settings.slack_bot_token, settings.slack_owners, RepositoryShelf(database))
        async with Hearing(workspaces, Keeper(inbox).keep, secret.get_secret_value() if secret else "") as hearing:
            yield Chat(
                workspaces,
                links,
                SlackAnswers(workspaces, inbox),
                SlackChannels(workspaces, settings.slack_channel),
                doors=[SlackDoor(hearing).route()] if secret else [],
                socket=Socket(client, app_token, hearing) if app_token else nullcontext(),
            )
