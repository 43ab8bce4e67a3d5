"""News in the channels of Slack: one message for each subject, updated in place, and remarks in its thread."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from app.channels.pace import Pace
from app.slack import block_kit
from app.slack.client import Answer, Refused
from app.slack.workspace import SlackWorkspaces
from checks.errors import Permanent, Transient
from checks.message import Line, Message
from checks.repository import Repository
from deploy.channel import Channel, Posted
from deploy.ports import Channels

EVENT = "interlock"
"""The type of the metadata by which we know our own messages: https://docs.slack.dev/messaging/message-metadata"""
LONGEST_BLOCK_ID = 255
A_PAGE = 200
MOST_CHANNELS = 999
"""On a page of the list of channels."""
MOST_PAGES = 20
RECENT = timedelta(days=2)
"""A message whose posting is in doubt is not older, where nobody wrote down since when: the task is given up before."""
SKEW = timedelta(minutes=5)
"""Slack's clock may be so much behind ours."""

STAYS = frozenset({"cant_update_message", "edit_window_closed", "message_not_found", "thread_not_found"})
"""The message is not ours to change any more, or somebody deleted it."""

SENTENCES = {
    "channel_not_found": "Slack has no channel {channel} in {name}: create it and invite the App, or change "
    "notify.channel",
    "not_in_channel": "The App is not in the Slack channel {channel} of {name}: invite it there, or change "
    "notify.channel",
    **dict.fromkeys(
        ("is_archived", "is_inactive"),
        "The Slack channel {channel} of {name} is archived: unarchive it, or change notify.channel",
    ),
    "restricted_action": "{name} lets nobody but some people post in {channel} in Slack: allow the App to, or change "
    "notify.channel",
    "missing_scope": "The App lacks the scope {needed} in the Slack of {name}: add it and install the App there again",
}
"""What the operator can do, by Slack's word for what is wrong."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Wanted = Callable[[Mapping[str, Any]], bool]


class SlackChannels(Channels):
    def __init__(self, workspaces: SlackWorkspaces, default: str, *, pace: Pace | None = None) -> None:
        """`default` is the channel of repositories that name none; "" is none."""
        self._workspaces = workspaces
        self._default = default
        self._pace = pace or Pace()
        self._ids: dict[Channel, str] = {}
        self._troubles: dict[Channel, str] = {}
        """What is wrong with channels, as far as the operator was told since it last went well."""

    async def channel_for(self, repository: Repository, named: str) -> Channel | None:
        name = named.strip() or self._default
        workspace = await self._workspaces.that_sees(repository) if name else None
        return Channel(workspace=workspace.id, name=name) if workspace else None

    async def show(
        self,
        channel: Channel,
        subject: str,
        message: Message,
        known: Posted | None,
        *,
        repeated: bool,
        since: datetime | None = None,
    ) -> Posted | None:
        if known is None and repeated:
            known = await self._posted_before(channel, subject, since or datetime.now(UTC) - RECENT)
        if known is None:
            return await self._post(channel, subject, message)
        return known if known.digest == message.digest else await self._update(channel, subject, message, known)

    async def remark(self, posted: Posted, remark: str, line: Line, *, repeated: bool) -> None:
        channel = Channel(workspace=posted.workspace, name=posted.channel)
        if repeated and await self._is_remarked(channel, posted, remark):
            return
        arguments = {"channel": posted.channel, "thread_ts": posted.ts}
        try:
            await self._effect(channel, "chat.postMessage", arguments | _said("remark", remark, block_kit.line(line)))
        except Refused as refused:
            if refused.code not in STAYS:
                raise await self._explained(refused, channel) from None

    async def _post(self, channel: Channel, subject: str, message: Message) -> Posted | None:
        arguments = {"channel": self._place(channel)[1], **_said("subject", subject, block_kit.body(message))}
        try:
            told = await self._effect(channel, "chat.postMessage", arguments)
        except Refused as refused:
            self._ids.pop(channel, None)
            if self._troubles.get(channel) == refused.code:
                return None
            self._troubles[channel] = refused.code
            raise await self._explained(refused, channel) from None
        self._troubles.pop(channel, None)
        place, ts = str(told.get("channel") or ""), str(told.get("ts") or "")
        if not place or not ts:
            raise Transient("Slack did not say which message it is, so it is looked for")
        self._pace.is_the_same(self._place(channel), (channel.workspace, place))
        self._ids[channel] = place
        return Posted(workspace=channel.workspace, channel=place, ts=ts, digest=message.digest)

    async def _update(self, channel: Channel, subject: str, message: Message, known: Posted) -> Posted:
        arguments = {"channel": known.channel, "ts": known.ts, **_said("subject", subject, block_kit.body(message))}
        try:
            await self._effect(Channel(workspace=known.workspace, name=known.channel), "chat.update", arguments)
        except Refused as refused:
            if refused.code not in STAYS:
                raise await self._explained(refused, channel) from None
        return Posted(workspace=known.workspace, channel=known.channel, ts=known.ts, digest=message.digest)

    async def _effect(self, channel: Channel, method: str, arguments: Mapping[str, Any]) -> Answer:
        """In its turn; where Slack asks to wait, the whole channel does."""
        place = self._place(channel)
        await self._pace.turn(place)
        try:
            return await self._workspaces.call(channel.workspace, method, arguments)
        except Transient as trouble:
            if trouble.not_before:
                self._pace.wait_until(place, trouble.not_before)
            raise

    def _place(self, channel: Channel) -> tuple[str, str]:
        """By which the pace knows it."""
        return channel.workspace, self._ids.get(channel, channel.name)

    async def _posted_before(self, channel: Channel, subject: str, since: datetime) -> Posted | None:
        """The message of an attempt whose answer was lost, without saying what it says."""
        place = await self._id(channel)
        if not place:
            return None
        oldest = f"{(since - SKEW).timestamp():.6f}"
        arguments = {"channel": place, "oldest": oldest, "include_all_metadata": True}
        ours = await self._ours(channel, "subject", subject)
        found = await self._search(channel, "conversations.history", arguments, ours)
        if found is None:
            return None
        return Posted(workspace=channel.workspace, channel=place, ts=str(found["ts"]), digest="")

    async def _is_remarked(self, channel: Channel, posted: Posted, remark: str) -> bool:
        arguments = {"channel": posted.channel, "ts": posted.ts, "include_all_metadata": True}
        ours = await self._ours(channel, "remark", remark)
        return await self._search(channel, "conversations.replies", arguments, ours) is not None

    async def _id(self, channel: Channel) -> str:
        """The id of a channel of which perhaps only the name is known; "" if there is none so called."""
        if channel not in self._ids:
            name = channel.name.removeprefix("#")
            arguments = {"types": "public_channel,private_channel", "exclude_archived": True, "limit": MOST_CHANNELS}
            found = await self._search(
                channel, "conversations.list", arguments, lambda each: name in (each.get("name"), each.get("id"))
            )
            if found is None:
                return ""
            self._ids[channel] = str(found["id"])
        return self._ids[channel]

    async def _ours(self, channel: Channel, key: str, value: str) -> Wanted:
        """Tells our message: others may write the same metadata, but not as our bot."""
        workspace = await self._workspaces.find(channel.workspace)
        bot = {workspace.bot, workspace.bot_user} - {""} if workspace else set()

        def is_ours(message: Mapping[str, Any]) -> bool:
            return bool(bot & {message.get("bot_id"), message.get("user")}) and _is_said(message, key, value)

        return is_ours

    async def _search(
        self, channel: Channel, method: str, arguments: Mapping[str, Any], wanted: Wanted
    ) -> Mapping[str, Any] | None:
        listed = "channels" if method == "conversations.list" else "messages"
        try:
            async for page in self._pages(channel, method, arguments):
                found: Mapping[str, Any] | None = next(filter(wanted, page.get(listed) or ()), None)
                if found is not None:
                    return found
        except Refused as refused:
            # Rather told twice than not at all.
            log.warning(
                "slack_not_searched",
                method=method,
                channel=channel.name,
                reason=refused.code,
                needed=refused.needed,
                next="add the scopes channels:read, channels:history, groups:read and groups:history to the App",
            )
        return None

    async def _pages(self, channel: Channel, method: str, arguments: Mapping[str, Any]) -> AsyncIterator[Answer]:
        asked = {"limit": A_PAGE, **arguments}
        for _ in range(MOST_PAGES):
            page = await self._workspaces.call(channel.workspace, method, asked)
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            asked["cursor"] = cursor

    async def _explained(self, refused: Refused, channel: Channel) -> Permanent:
        workspace = await self._workspaces.find(channel.workspace)
        name = workspace.name if workspace else channel.workspace
        sentence = SENTENCES.get(refused.code, "Slack does not let the App post in {channel} of {name} ({code})")
        needed = refused.needed or "that it needs"
        return Permanent(sentence.format(channel=channel.name, name=name, code=refused.code, needed=needed))


def _said(key: str, value: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """With what tells it from others twice: who may not read metadata still sees the ids of blocks."""
    first, *others = shown["blocks"]
    return {
        **shown,
        "blocks": [first | {"block_id": _block_id(key, value)}, *others],
        "metadata": {"event_type": EVENT, "event_payload": {key: value}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _is_said(message: Mapping[str, Any], key: str, value: str) -> bool:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == EVENT and metadata.get("event_payload", {}).get(key) == value:
        return True
    return any(block.get("block_id") == _block_id(key, value) for block in message.get("blocks") or ())


def _block_id(key: str, value: str) -> str:
    return f"{EVENT}:{key}:{value}"[:LONGEST_BLOCK_ID]
