"""Answers to what somebody said in Slack: seen by nobody else."""

from typing import Protocol

from app.slack import block_kit, payload
from app.slack.client import Refused
from app.slack.payload import Reply
from app.slack.response import respond
from app.slack.workspace import SlackWorkspaces
from checks.errors import Permanent
from checks.message import Message
from deploy.ports import Answers


class Kept(Protocol):
    """A delivery as it was stored."""

    @property
    def action(self) -> str: ...

    @property
    def body(self) -> bytes: ...


class Deliveries(Protocol):
    async def get(self, guid: str) -> Kept | None: ...


class SlackAnswers(Answers):
    """By the address that Slack gave with it, and when that is used up, by a message to whoever said it."""

    def __init__(self, workspaces: SlackWorkspaces, deliveries: Deliveries) -> None:
        self._workspaces = workspaces
        self._deliveries = deliveries

    async def give(self, said: str, answer: Message) -> None:
        delivery = await self._deliveries.get(said)
        if delivery is None:
            raise Permanent(f"delivery {said} is not stored any more, so nobody can be answered")
        reply = payload.reply(delivery.action, delivery.body)
        shown = block_kit.body(answer)
        told = {"response_type": "ephemeral", "replace_original": reply.replaces, **shown}
        if not reply.response_url or not await respond(self._workspaces.client, reply.response_url, told):
            await self._post(reply, shown)

    async def _post(self, reply: Reply, shown: dict[str, object]) -> None:
        arguments = {"channel": reply.user, "unfurl_links": False, "unfurl_media": False, **shown}
        try:
            await self._workspaces.call(reply.workspace, "chat.postMessage", arguments)
        except Refused as refused:
            raise Permanent(f"it is too late to answer, and no message may be sent ({refused.code})") from None
