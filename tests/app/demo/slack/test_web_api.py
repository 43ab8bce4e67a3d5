"""The App writes and reads through the published client, and is refused in Slack's words."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata
from slack_sdk.web.async_client import AsyncWebClient

from app.demo.slack.server import LocalSlack


async def refused(bot: AsyncWebClient, method: str, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await bot.api_call(method, json=arguments)
    return str(caught.value.response["error"])


async def test_a_bot_learns_who_it_is(slack: LocalSlack, bot: AsyncWebClient) -> None:
    told = await bot.auth_test()
    assert (told["team_id"], told["team"], told["user"]) == ("T0ACME", "acme", "interlock")
    assert told["user_id"] == slack.installation("acme").bot.id


async def test_a_message_is_posted_changed_and_deleted(slack: LocalSlack, bot: AsyncWebClient) -> None:
    posted = await bot.chat_postMessage(channel="#deploys", text="one")
    assert (posted["channel"], posted["message"]["text"]) == ("C0DEPLOYS", "one")
    await bot.chat_update(channel="C0DEPLOYS", ts=posted["ts"], text="two")
    assert [each.text for each in slack.messages("#deploys")] == ["two"]
    await bot.chat_delete(channel="C0DEPLOYS", ts=posted["ts"])
    assert slack.messages("#deploys") == []
    assert slack.requests == {"chat.postMessage": 1, "chat.update": 1, "chat.delete": 1}


async def test_a_change_keeps_what_it_does_not_mention(bot: AsyncWebClient) -> None:
    blocks = [{"type": "divider", "block_id": "line"}]
    metadata = Metadata("told", {"id": "1"})
    posted = await bot.chat_postMessage(channel="C0DEPLOYS", text="one", blocks=blocks, metadata=metadata)
    change = {"channel": "C0DEPLOYS", "ts": posted["ts"], "blocks": [{"type": "divider", "block_id": "other"}]}
    await bot.api_call("chat.update", json=change)
    found = await bot.conversations_history(channel="C0DEPLOYS", include_all_metadata=True)
    message = found["messages"][0]
    assert (message["text"], message["blocks"][0]["block_id"]) == ("one", "other")
    assert message["metadata"] == {"event_type": "told", "event_payload": {"id": "1"}}
    await bot.chat_update(channel="C0DEPLOYS", ts=posted["ts"], text="two")
    assert "blocks" not in (await bot.conversations_history(channel="C0DEPLOYS"))["messages"][0]


async def test_history_is_told_newest_first_between_two_moments(bot: AsyncWebClient) -> None:
    stamps = [(await bot.chat_postMessage(channel="C0DEPLOYS", text=str(number)))["ts"] for number in range(4)]
    between = await bot.conversations_history(channel="C0DEPLOYS", oldest=stamps[0], latest=stamps[3])
    assert [each["text"] for each in between["messages"]] == ["2", "1"]
    limits = await bot.conversations_history(channel="C0DEPLOYS", oldest=stamps[1], latest=stamps[3], inclusive=True)
    assert [each["text"] for each in limits["messages"]] == ["3", "2", "1"]
    first = await bot.conversations_history(channel="C0DEPLOYS", limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await bot.conversations_history(channel="C0DEPLOYS", limit=3, cursor=cursor)
    assert [each["text"] for each in (*first["messages"], *rest["messages"])] == ["3", "2", "1", "0"]
    assert (first["has_more"], rest["has_more"]) == (True, False)


async def test_metadata_is_told_whole_only_if_asked_for(bot: AsyncWebClient) -> None:
    await bot.chat_postMessage(channel="C0DEPLOYS", text="one", metadata=Metadata("told", {"id": "1"}))
    found = await bot.conversations_history(channel="C0DEPLOYS")
    assert found["messages"][0]["metadata"] == {"event_type": "told"}


async def test_a_thread_hangs_on_its_first_message(bot: AsyncWebClient) -> None:
    first = await bot.chat_postMessage(channel="C0DEPLOYS", text="first")
    answer = await bot.chat_postMessage(channel="C0DEPLOYS", text="answer", thread_ts=first["ts"])
    found = await bot.conversations_history(channel="C0DEPLOYS")
    assert [(each["text"], each["reply_count"], each["latest_reply"]) for each in found["messages"]] == [
        ("first", 1, answer["ts"])
    ]
    told = await bot.conversations_replies(channel="C0DEPLOYS", ts=first["ts"])
    assert [each["text"] for each in told["messages"]] == ["first", "answer"]
    assert await refused(bot, "conversations.replies", channel="C0DEPLOYS", ts="1.000001") == "thread_not_found"
    assert (
        await refused(bot, "chat.postMessage", channel="C0DEPLOYS", text="x", thread_ts="1.000001")
        == "thread_not_found"
    )
    await bot.chat_delete(channel="C0DEPLOYS", ts=first["ts"])
    told = await bot.conversations_replies(channel="C0DEPLOYS", ts=first["ts"])
    assert [each.get("subtype", each["text"]) for each in told["messages"]] == ["tombstone", "answer"]


async def test_an_ephemeral_message_is_seen_by_one_and_in_no_history(slack: LocalSlack, bot: AsyncWebClient) -> None:
    told = await bot.chat_postEphemeral(channel="C0DEPLOYS", user="U0ANA", text="psst")
    assert [(each.text, each.ts) for each in slack.ephemeral("ana")] == [("psst", told["message_ts"])]
    assert (slack.ephemeral("bo"), slack.messages("#deploys")) == ([], [])
    assert (await bot.conversations_history(channel="C0DEPLOYS"))["messages"] == []
    arguments = {"channel": "C0DEPLOYS", "ts": told["message_ts"], "text": "x"}
    assert await refused(bot, "chat.update", **arguments) == "message_not_found"
    assert await refused(bot, "chat.postEphemeral", channel="C0DEPLOYS", user="U0X", text="x") == "user_not_in_channel"


@pytest.mark.parametrize(
    ("error", "channel", "said"),
    [
        ("channel_not_found", "#nowhere", {"text": "x"}),
        ("channel_not_found", "C0SECRET", {"text": "x"}),
        ("not_in_channel", "#quiet", {"text": "x"}),
        ("invalid_thread_ts", "C0DEPLOYS", {"text": "x", "thread_ts": "1.5"}),
        ("no_text", "C0DEPLOYS", {}),
        ("no_text", "C0DEPLOYS", {"text": "", "blocks": []}),
        ("msg_too_long", "C0DEPLOYS", {"text": "x" * 40_001}),
        ("too_many_attachments", "C0DEPLOYS", {"attachments": [{"text": "x"}] * 101}),
        ("invalid_blocks_format", "C0DEPLOYS", {"blocks": "[{]"}),
        ("invalid_metadata_format", "C0DEPLOYS", {"text": "x", "metadata": {"event_type": "x"}}),
        (
            "metadata_too_large",
            "C0DEPLOYS",
            {"text": "x", "metadata": {"event_type": "x", "event_payload": {"x": "x" * 16_000}}},
        ),
    ],
)
async def test_a_post_is_refused(bot: AsyncWebClient, error: str, channel: str, said: dict[str, Any]) -> None:
    assert await refused(bot, "chat.postMessage", channel=channel, **said) == error


async def test_a_channel_that_is_archived_takes_nothing_more(slack: LocalSlack, bot: AsyncWebClient) -> None:
    posted = await bot.chat_postMessage(channel="C0DEPLOYS", text="one")
    slack.archive_channel("acme", "deploys")
    assert await refused(bot, "chat.postMessage", channel="C0DEPLOYS", text="two") == "is_archived"
    assert await refused(bot, "chat.update", channel="C0DEPLOYS", ts=posted["ts"], text="two") == "is_inactive"
    shown = await bot.conversations_list(exclude_archived=True)
    assert [each["name"] for each in shown["channels"]] == ["quiet"]
    assert (await bot.conversations_info(channel="C0DEPLOYS"))["channel"]["is_archived"]


async def test_only_ones_own_messages_change_and_only_by_the_id_of_their_channel(
    slack: LocalSlack, bot: AsyncWebClient
) -> None:
    said = await slack.say("acme", "ana", "deploys", "hello")
    posted = await bot.chat_postMessage(channel="C0DEPLOYS", text="one")
    assert await refused(bot, "chat.update", channel="C0DEPLOYS", ts=said.ts, text="x") == "cant_update_message"
    assert await refused(bot, "chat.delete", channel="C0DEPLOYS", ts=said.ts) == "cant_delete_message"
    assert await refused(bot, "chat.update", channel="C0DEPLOYS", ts="1.000001", text="x") == "message_not_found"
    assert await refused(bot, "chat.update", channel="#deploys", ts=posted["ts"], text="x") == "channel_not_found"
    long = {"channel": "C0DEPLOYS", "ts": posted["ts"], "text": "x" * 4_001}
    assert await refused(bot, "chat.update", **long) == "msg_too_long"


async def test_a_token_decides_what_is_seen_and_done(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.add_workspace("beta", key="T0BETA", enterprise_id="E0GRID", scopes=("channels:read",))
    slack.add_channel("beta", "builds", key="C0BUILDS")
    beta = AsyncWebClient(token=slack.bot_token("beta"), base_url=slack.api_url)
    assert (await beta.auth_test())["enterprise_id"] == "E0GRID"
    assert [each["id"] for each in (await beta.conversations_list())["channels"]] == ["C0BUILDS"]
    assert await refused(bot, "chat.postMessage", channel="C0BUILDS", text="x") == "channel_not_found"
    with pytest.raises(SlackApiError) as caught:
        await beta.chat_postMessage(channel="C0BUILDS", text="x")
    assert caught.value.response.data == {
        "ok": False,
        "error": "missing_scope",
        "needed": "chat:write",
        "provided": "channels:read",
    }
    slack.workspace("beta").is_active = False
    assert await refused(beta, "auth.test") == "account_inactive"
    await slack.revoke("acme")
    assert await refused(bot, "auth.test") == "token_revoked"
    assert await refused(AsyncWebClient(token="xoxb-1", base_url=slack.api_url), "auth.test") == "invalid_auth"
    assert await refused(AsyncWebClient(base_url=slack.api_url), "auth.test") == "not_authed"
    assert await refused(bot, "chat.sing") == "unknown_method"


async def test_a_person_and_a_channel_are_looked_up(bot: AsyncWebClient) -> None:
    assert (await bot.users_info(user="U0BO"))["user"]["name"] == "bo"
    assert await refused(bot, "users.info", user="U0X") == "user_not_found"
    found = (await bot.conversations_info(channel="C0DEPLOYS"))["channel"]
    assert (found["name"], found["is_member"], found["is_private"]) == ("deploys", True, False)
    assert await refused(bot, "conversations.history", channel="C0QUIET") == "not_in_channel"
    assert await refused(bot, "conversations.history", channel="C0SECRET") == "channel_not_found"
    assert await refused(bot, "chat.postMessage", text="x") == "invalid_arguments"
