"""News in Slack: one message for a subject, whatever is lost on the way, and what the operator can do without it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.channels.nowhere import Nowhere
from app.channels.pace import Pace
from app.channels.slack import SlackChannels
from checks.errors import Permanent, Transient
from checks.message import Button, Message, Strong, Tone
from deploy.channel import Channel, Posted
from tests.app.slack.endpoint import BETA, TOKEN, Asked, Endpoint, Reply, refused, repository, workspaces

WEB = Channel(workspace="T1", name="#web")
MOVES = Message(tone=Tone.MOVES, head=("web 1.8.0 → production",))
LIVE = Message(
    tone=Tone.GOOD, head=("web 1.8.0 is live",), buttons=(Button(words="rollback web production", label="Roll back"),)
)
SUBJECT = "deployment:01j"
POSTED = Posted(workspace="T1", channel="C1", ts="1.000", digest=MOVES.digest)
LISTED = {"id": "C1", "name": "web", "is_member": True}


class Room:
    """A channel #web that remembers what was posted, and may lose its answers."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.messages: list[dict[str, Any]] = []
        self.lose = 0
        endpoint.on("chat.postMessage", self._post)
        endpoint.on("chat.update", self._update)
        endpoint.on("conversations.history", lambda _: Reply({"ok": True, "messages": self._top()}))
        endpoint.on("conversations.replies", lambda _: Reply({"ok": True, "messages": self.messages}))
        endpoint.on("conversations.list", Reply({"ok": True, "channels": [{"id": "C0", "name": "x"}, LISTED]}))

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.messages]

    def _top(self) -> list[dict[str, Any]]:
        return [each for each in reversed(self.messages) if "thread_ts" not in each]

    def _post(self, asked: Asked) -> Reply:
        ts = f"{len(self.messages) + 1}.000"
        self.messages.append({"bot_id": "B0BOT", "ts": ts, **asked.said})
        return self._answer(ts)

    def _update(self, asked: Asked) -> Reply:
        found = [each for each in self.messages if each["ts"] == asked.said["ts"]]
        if not found:
            return refused("message_not_found")
        found[0].update(asked.said)
        return self._answer(asked.said["ts"])

    def _answer(self, ts: str) -> Reply:
        self.lose -= 1
        return Reply(drop=True) if self.lose >= 0 else Reply({"ok": True, "channel": "C1", "ts": ts})


@pytest.fixture
def room(endpoint: Endpoint) -> Room:
    return Room(endpoint)


async def no_wait(_seconds: float) -> None:
    """Time passes at once."""


@pytest.fixture
async def channels(endpoint: Endpoint) -> AsyncIterator[SlackChannels]:
    async with workspaces(endpoint) as known:
        yield SlackChannels(known, "#deployments", pace=Pace(sleep=no_wait, clock=lambda: 0.0))


def unhurried(channels: SlackChannels) -> SlackChannels:
    """With a new second before each message."""
    channels._pace = Pace(sleep=no_wait)
    return channels


# --- messages ----------------------------------------------------------------------------------


async def test_news_is_posted_with_what_tells_it_from_others(
    endpoint: Endpoint, room: Room, channels: SlackChannels
) -> None:
    assert await channels.show(WEB, SUBJECT, MOVES, None, repeated=False) == POSTED
    said = endpoint.last("chat.postMessage")
    assert {name: said[name] for name in said if name != "blocks"} == {
        "channel": "#web",
        "text": "● web 1.8.0 → production",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "interlock", "event_payload": {"subject": SUBJECT}},
    }
    assert endpoint.methods == ["chat.postMessage"]


async def test_what_follows_is_said_in_the_same_message(
    endpoint: Endpoint, room: Room, channels: SlackChannels
) -> None:
    posted = await channels.show(WEB, SUBJECT, MOVES, None, repeated=False)
    now = await channels.show(WEB, SUBJECT, LIVE, posted, repeated=False)
    assert (room.texts, now) == (["✓ web 1.8.0 is live"], Posted(**{**as_dict(POSTED), "digest": LIVE.digest}))
    assert endpoint.last("chat.update")["metadata"]["event_payload"] == {"subject": SUBJECT}


def as_dict(posted: Posted) -> dict[str, str]:
    return {"workspace": posted.workspace, "channel": posted.channel, "ts": posted.ts, "digest": posted.digest}


async def test_what_was_said_is_not_said_again(endpoint: Endpoint, channels: SlackChannels) -> None:
    assert await channels.show(WEB, SUBJECT, MOVES, POSTED, repeated=True) == POSTED
    assert endpoint.asked == []


async def test_a_lost_answer_makes_no_second_message(endpoint: Endpoint, room: Room, channels: SlackChannels) -> None:
    await unhurried(channels).show(WEB, "deployment:other", MOVES, None, repeated=False)
    channels._ids.clear()
    room.lose = 1
    with pytest.raises(Transient):
        await unhurried(channels).show(WEB, SUBJECT, MOVES, None, repeated=False)
    now = await unhurried(channels).show(WEB, SUBJECT, LIVE, None, repeated=True)
    assert room.texts == ["● web 1.8.0 → production", "✓ web 1.8.0 is live"]
    assert now == Posted(workspace="T1", channel="C1", ts="2.000", digest=LIVE.digest)
    history = endpoint.last("conversations.history")
    assert (history["channel"], history["include_all_metadata"]) == ("C1", "1")
    assert datetime.now(UTC) - datetime.fromtimestamp(float(history["oldest"]), UTC) < timedelta(days=3)


async def test_a_message_that_slack_did_not_name_is_looked_for(
    endpoint: Endpoint, room: Room, channels: SlackChannels
) -> None:
    endpoint.on("chat.postMessage", Reply({"ok": True}))
    with pytest.raises(Transient, match=r"^Slack did not say which message it is"):
        await channels.show(WEB, SUBJECT, MOVES, None, repeated=False)


async def test_a_message_is_looked_for_since_it_was_wanted_however_long_nobody_was_there(
    endpoint: Endpoint, room: Room, channels: SlackChannels
) -> None:
    wanted = datetime(2026, 7, 1, 12, tzinfo=UTC)
    await channels.show(WEB, SUBJECT, MOVES, None, repeated=True, since=wanted)
    assert endpoint.last("conversations.history")["oldest"] == f"{wanted.timestamp() - 300:.6f}"


async def test_what_never_arrived_is_posted_when_it_is_repeated(room: Room, channels: SlackChannels) -> None:
    assert await channels.show(WEB, SUBJECT, MOVES, None, repeated=True) == POSTED
    assert room.texts == ["● web 1.8.0 → production"]


async def test_a_message_is_known_by_its_block_where_metadata_may_not_be_read(
    endpoint: Endpoint, room: Room, channels: SlackChannels
) -> None:
    for subject in ("deployment:other", SUBJECT):
        await unhurried(channels).show(WEB, subject, MOVES, None, repeated=False)
    for each in room.messages:
        each["metadata"] = {"event_type": "interlock"}
    now = await unhurried(channels).show(WEB, SUBJECT, LIVE, None, repeated=True)
    assert now
    assert (now.ts, len(room.messages)) == ("2.000", 2)


async def test_the_search_goes_on_over_pages(endpoint: Endpoint, room: Room, channels: SlackChannels) -> None:
    metadata = {"event_type": "interlock", "event_payload": {"subject": SUBJECT}}
    room.messages.append({"bot_id": "B0BOT", "ts": "1.000", "metadata": metadata, "text": ""})
    pages = {"": "two", "two": "three"}

    def page(asked: Asked) -> Reply:
        cursor = pages.get(asked.said.get("cursor", ""), "")
        shown = [] if cursor else room.messages
        return Reply({"ok": True, "messages": shown, "response_metadata": {"next_cursor": cursor}})

    endpoint.on("conversations.history", page)
    await channels.show(WEB, SUBJECT, MOVES, None, repeated=True)
    assert endpoint.methods == ["conversations.list", *["conversations.history"] * 3, "chat.update"]


async def test_a_message_of_somebody_else_is_never_taken_for_ours(
    endpoint: Endpoint, room: Room, channels: SlackChannels
) -> None:
    metadata = {"event_type": "interlock", "event_payload": {"subject": SUBJECT}}
    room.messages.append({"bot_id": "B7EVIL", "user": "U7", "ts": "1.000", "metadata": metadata, "text": "hello"})
    await channels.show(WEB, SUBJECT, MOVES, None, repeated=True)
    assert room.texts == ["hello", "● web 1.8.0 → production"]


async def test_where_the_app_may_not_read_it_says_so_and_posts(
    endpoint: Endpoint, room: Room, channels: SlackChannels
) -> None:
    endpoint.on("conversations.history", refused("missing_scope", needed="channels:history"))
    with capture_logs() as lines:
        await channels.show(WEB, SUBJECT, MOVES, None, repeated=True)
    assert (len(room.texts), [(line["event"], line["needed"]) for line in lines]) == (
        1,
        [("slack_not_searched", "channels:history")],
    )


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_what_somebody_deleted_stays_deleted(
    endpoint: Endpoint, room: Room, channels: SlackChannels, code: str
) -> None:
    endpoint.on("chat.update", refused(code))
    now = await channels.show(WEB, SUBJECT, LIVE, POSTED, repeated=False)
    assert (now, room.texts) == (Posted(workspace="T1", channel="C1", ts="1.000", digest=LIVE.digest), [])


# --- remarks -----------------------------------------------------------------------------------


async def test_a_remark_is_a_reply_in_the_thread(endpoint: Endpoint, room: Room, channels: SlackChannels) -> None:
    await channels.remark(POSTED, "n-1", ("approved by ", Strong("Bo")), repeated=False)
    said = endpoint.last("chat.postMessage")
    assert (said["channel"], said["thread_ts"], said["text"]) == ("C1", "1.000", "approved by Bo")
    assert said["metadata"] == {"event_type": "interlock", "event_payload": {"remark": "n-1"}}


async def test_a_lost_answer_makes_no_second_remark(room: Room, channels: SlackChannels) -> None:
    room.lose = 1
    with pytest.raises(Transient):
        await unhurried(channels).remark(POSTED, "n-1", ("approved",), repeated=False)
    for remark in ("n-1", "n-2", "n-2"):
        await unhurried(channels).remark(POSTED, remark, (remark,), repeated=True)
    assert room.texts == ["approved", "n-2"]


async def test_below_a_deleted_message_nothing_is_said(endpoint: Endpoint, channels: SlackChannels) -> None:
    endpoint.on("chat.postMessage", refused("thread_not_found"))
    await channels.remark(POSTED, "n-1", ("approved",), repeated=False)
    assert endpoint.methods == ["chat.postMessage"]


# --- trouble -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            refused("channel_not_found"),
            "Slack has no channel #web in Acme: create it and invite the App, or change notify.channel",
        ),
        (
            refused("not_in_channel"),
            "The App is not in the Slack channel #web of Acme: invite it there, or change notify.channel",
        ),
        *(
            (refused(code), "The Slack channel #web of Acme is archived: unarchive it, or change notify.channel")
            for code in ("is_archived", "is_inactive")
        ),
        (
            refused("restricted_action"),
            "Acme lets nobody but some people post in #web in Slack: allow the App to, or change notify.channel",
        ),
        (
            refused("missing_scope", needed="chat:write"),
            "The App lacks the scope chat:write in the Slack of Acme: add it and install the App there again",
        ),
        (refused("msg_too_odd"), "Slack does not let the App post in #web of Acme (msg_too_odd)"),
        (
            refused("token_revoked"),
            "Slack no longer takes the token of Acme: install the App there again and renew SLACK_BOT_TOKEN",
        ),
    ],
)
async def test_what_cannot_be_told_is_told_to_the_operator(
    endpoint: Endpoint, channels: SlackChannels, answer: Reply, sentence: str
) -> None:
    endpoint.on("chat.postMessage", answer)
    await channels.channel_for(repository("acme/web"), "#web")
    with pytest.raises(Permanent) as told:
        await channels.show(WEB, SUBJECT, MOVES, None, repeated=False)
    assert str(told.value) == sentence


async def test_the_same_trouble_of_a_channel_is_told_once_until_it_went_well(
    endpoint: Endpoint, channels: SlackChannels
) -> None:
    refusals = 2

    def answer(_asked: Asked) -> Reply:
        nonlocal refusals
        refusals -= 1
        return refused("not_in_channel") if refusals >= 0 else Reply({"ok": True, "channel": "C1", "ts": "1.000"})

    endpoint.on("chat.postMessage", answer)
    with pytest.raises(Permanent):
        await channels.show(WEB, "build:b1", MOVES, None, repeated=False)
    assert await channels.show(WEB, "build:b2", MOVES, None, repeated=False) is None
    channels = unhurried(channels)
    assert await channels.show(WEB, "build:b3", MOVES, None, repeated=False) == POSTED
    refusals = 1
    with pytest.raises(Permanent):
        await channels.show(WEB, "build:b4", MOVES, None, repeated=False)


@pytest.mark.parametrize("away", [Reply(status=503, raw="away"), Reply(drop=True), refused("internal_error")])
async def test_news_waits_while_slack_is_away(endpoint: Endpoint, channels: SlackChannels, away: Reply) -> None:
    endpoint.on("chat.postMessage", away)
    with pytest.raises(Transient):
        await channels.show(WEB, SUBJECT, MOVES, None, repeated=False)


async def test_where_slack_asks_to_wait_the_whole_channel_waits(endpoint: Endpoint, channels: SlackChannels) -> None:
    endpoint.on("chat.postMessage", Reply(status=429, raw="", headers={"Retry-After": "40"}))
    for _ in range(2):
        with pytest.raises(Transient) as told:
            await channels.show(WEB, SUBJECT, MOVES, None, repeated=False)
        assert told.value.not_before
        assert timedelta(seconds=38) < told.value.not_before - datetime.now(UTC) <= timedelta(seconds=40)
    assert endpoint.methods == ["chat.postMessage"]


async def test_the_third_message_in_a_second_comes_later(room: Room, channels: SlackChannels) -> None:
    for subject in ("a", "b"):
        await channels.show(WEB, subject, MOVES, None, repeated=False)
    with pytest.raises(Transient) as told:
        await channels.show(WEB, "c", MOVES, None, repeated=False)
    assert (told.value.not_before is not None, len(room.texts)) == (True, 2)


async def test_no_token_is_in_what_is_raised(endpoint: Endpoint, channels: SlackChannels) -> None:
    for answer in (Reply(drop=True), refused("invalid_blocks"), Reply(status=429, raw=""), Reply(raw="{", status=200)):
        endpoint.on("chat.postMessage", answer)
        with pytest.raises((Transient, Permanent)) as told:
            await unhurried(channels).show(WEB, SUBJECT, MOVES, None, repeated=False)
        assert TOKEN not in f"{told.value!r} {told.value.__cause__!r} {told.value.__context__!r}"


# --- where -------------------------------------------------------------------------------------


async def test_news_goes_where_the_repository_says_or_where_it_usually_goes(channels: SlackChannels) -> None:
    web = repository("acme/web")
    named = [await channels.channel_for(web, name) for name in ("#web", "", " ")]
    assert named == [Channel(workspace="T1", name=name) for name in ("#web", "#deployments", "#deployments")]


async def test_without_a_name_there_is_no_channel(endpoint: Endpoint) -> None:
    async with workspaces(endpoint) as known:
        assert await SlackChannels(known, "").channel_for(repository("acme/web"), "") is None
    assert endpoint.asked == []


async def test_news_goes_to_the_workspace_that_may_see_the_repository(endpoint: Endpoint) -> None:
    owners = {"T1": frozenset({"acme"}), "T2": frozenset({"beta"})}
    async with workspaces(endpoint, (TOKEN, BETA), owners) as known:
        channels = SlackChannels(known, "#x")
        names = ("acme/web", "beta/shop", "other/x")
        found = [await channels.channel_for(repository(name), "") for name in names]
    assert [each and each.workspace for each in found] == ["T1", "T2", None]


async def test_without_a_chat_nobody_hears() -> None:
    nowhere = Nowhere()
    assert await nowhere.channel_for(repository("acme/web"), "#web") is None
    with pytest.raises(Permanent, match=r"^no chat is set up: set SLACK_BOT_TOKEN$"):
        await nowhere.show(WEB, SUBJECT, MOVES, None, repeated=False)
