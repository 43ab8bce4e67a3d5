"""What people do reaches the App signed and in Slack's shapes, and what it answers is shown as Slack shows it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from app.demo.slack.refusal import Impossible
from app.demo.slack.server import LocalSlack
from tests.app.demo.slack.conftest import Clock
from tests.app.demo.slack.doorway import Doorway, open_doorway

CONFIRM = {
    "title": {"type": "plain_text", "text": "Sure?"},
    "text": {"type": "plain_text", "text": "Rolls back production to 1.7.3"},
    "confirm": {"type": "plain_text", "text": "Roll back"},
    "deny": {"type": "plain_text", "text": "Leave it"},
}
BUTTONS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "do",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "value": "approve web",
                "style": "primary",
                "text": {"type": "plain_text", "text": "Approve"},
            },
            {
                "type": "button",
                "action_id": "back",
                "text": {"type": "plain_text", "text": "Roll back"},
                "confirm": CONFIRM,
            },
        ],
    }
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "reason",
    "private_metadata": "web",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text", "min_length": 3, "max_length": 9},
        },
        {
            "type": "input",
            "block_id": "where",
            "optional": True,
            "label": {"type": "plain_text", "text": "Where"},
            "element": {
                "type": "static_select",
                "action_id": "place",
                "options": [
                    {"text": {"type": "plain_text", "text": name.title()}, "value": name}
                    for name in ("staging", "production")
                ],
            },
        },
    ],
}


@pytest.fixture
async def door(slack: LocalSlack) -> AsyncIterator[Doorway]:
    slack.retries = (0.0, 0.0, 0.0)
    async with open_doorway(slack) as opened:
        yield opened


async def posted(bot: AsyncWebClient) -> str:
    return str((await bot.chat_postMessage(channel="C0DEPLOYS", text="1.8.0 waits", blocks=BUTTONS))["ts"])


async def with_modal(slack: LocalSlack, bot: AsyncWebClient, door: Doorway) -> None:
    await slack.command("acme", "ana", "#deploys", "/deploy", "web")
    await bot.views_open(trigger_id=door.told.pop()["trigger_id"], view=MODAL)


async def test_a_command_arrives_as_a_signed_form(slack: LocalSlack, door: Doorway) -> None:
    answer = await slack.command("acme", "ana", "#deploys", "/deploy", " why <web> & co ")
    assert (answer.status, answer.error) == (200, "")
    [told] = door.told
    assert told.pop("response_url").startswith(f"{slack.url}/commands/T0ACME/")
    assert told.pop("trigger_id").count(".") == 2
    assert told == {
        "token": slack.app.verification_token,
        "team_id": "T0ACME",
        "team_domain": "acme",
        "channel_id": "C0DEPLOYS",
        "channel_name": "deploys",
        "user_id": "U0ANA",
        "user_name": "ana",
        "command": "/deploy",
        "text": "why &lt;web&gt; &amp; co",
        "api_app_id": slack.app.id,
        "is_enterprise_install": "false",
    }


async def test_a_workspace_of_a_grid_says_so(slack: LocalSlack, door: Doorway) -> None:
    slack.add_workspace("beta", key="T0BETA", enterprise_id="E0GRID")
    slack.add_user("beta", "cy", key="U0CY")
    slack.add_channel("beta", "builds", private=True)
    await slack.command("beta", "cy", "builds", "/deploy")
    told = door.told[0]
    assert (told["team_id"], told["enterprise_id"], told["channel_name"]) == ("T0BETA", "E0GRID", "privategroup")


async def test_what_acknowledges_a_command_is_shown_to_whoever_typed_it(slack: LocalSlack, door: Doorway) -> None:
    door.answers = [(200, "Wait."), (200, {"text": "For all.", "response_type": "in_channel"})]
    await slack.command("acme", "ana", "#deploys", "/deploy")
    await slack.command("acme", "ana", "#deploys", "/deploy")
    assert [each.text for each in slack.ephemeral("ana")] == ["Wait."]
    assert [each.text for each in slack.messages("deploys")] == ["For all."]


async def test_an_app_that_is_slow_or_broken_is_told_of_to_the_person(slack: LocalSlack, door: Doorway) -> None:
    slack.patience = 0.05
    door.open.clear()
    slow = await slack.command("acme", "ana", "#deploys", "/deploy")
    door.open.set()
    door.answers = [(500, "no")]
    broken = await slack.command("acme", "ana", "#deploys", "/deploy")
    assert [slow.error, broken.error] == ["operation_timeout", "dispatch_failed"]
    assert [each.text for each in slack.ephemeral("ana")] == [
        '/deploy failed with the error "operation_timeout"',
        '/deploy failed with the error "dispatch_failed"',
    ]


async def test_a_command_that_nobody_registered_reaches_nobody(slack: LocalSlack, door: Doorway) -> None:
    with pytest.raises(Impossible, match="/dance is not a valid command"):
        await slack.command("acme", "ana", "#deploys", "/dance")
    assert door.told == []


async def test_a_response_url_takes_five_answers_in_half_an_hour(
    slack: LocalSlack, door: Doorway, clock: Clock
) -> None:
    await slack.command("acme", "ana", "#deploys", "/deploy")
    client = AsyncWebhookClient(door.told[0]["response_url"])
    for number in range(4):
        assert (await client.send(text=f"{number}")).body == "ok"
    await client.send(text="all", response_type="in_channel")
    sixth = await client.send(text="more")
    assert (sixth.status_code, sixth.body) == (404, '{"ok": false, "error": "used_url"}')
    assert [each.text for each in slack.ephemeral("ana")] == ["0", "1", "2", "3"]
    assert [each.text for each in slack.messages("deploys")] == ["all"]
    await slack.command("acme", "ana", "#deploys", "/deploy")
    clock.ahead = 30 * 60 + 1
    late = await AsyncWebhookClient(door.told[1]["response_url"]).send(text="late")
    assert late.body == '{"ok": false, "error": "expired_url"}'
    assert slack.requests == {"response_url": 7}


async def test_a_response_url_refuses_what_a_message_may_not_say(slack: LocalSlack, door: Doorway) -> None:
    await slack.command("acme", "ana", "#deploys", "/deploy")
    client = AsyncWebhookClient(door.told[0]["response_url"])
    refused = await client.send(blocks=[{"type": "poem"}])
    assert (refused.status_code, refused.body) == (400, '{"ok": false, "error": "invalid_blocks"}')
    assert (await client.send()).body == '{"ok": false, "error": "no_text"}'
    assert slack.ephemeral("ana") == []


async def test_a_press_arrives_with_all_that_surrounds_it(
    slack: LocalSlack, bot: AsyncWebClient, door: Doorway
) -> None:
    ts = await posted(bot)
    await slack.press(ts, user="ana", label="Approve")
    told = door.told[0]
    assert told["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": "C0DEPLOYS",
        "is_ephemeral": False,
    }
    assert [(each["action_id"], each["block_id"], each["value"], each["type"]) for each in told["actions"]] == [
        ("approve", "do", "approve web", "button")
    ]
    assert (told["type"], told["user"]["id"], told["team"]["id"]) == ("block_actions", "U0ANA", "T0ACME")
    assert (told["channel"], told["enterprise"]) == ({"id": "C0DEPLOYS", "name": "deploys"}, None)
    assert (told["message"]["text"], told["state"]) == ("1.8.0 waits", {"values": {}})


async def test_a_button_that_asks_first_is_not_pressed_by_accident(
    slack: LocalSlack, bot: AsyncWebClient, door: Doorway
) -> None:
    ts = await posted(bot)
    asked = await slack.press(ts, user="ana", label="Roll back")
    assert (asked.asks, door.told) == ("Rolls back production to 1.7.3", [])
    await slack.press(ts, user="ana", label="Roll back", confirm=True)
    assert door.told[0]["actions"][0]["action_id"] == "back"


async def test_an_answer_to_a_press_replaces_the_message_or_takes_it_away(
    slack: LocalSlack, bot: AsyncWebClient, door: Doorway
) -> None:
    ts = await posted(bot)
    await slack.press(ts, user="ana", label="Approve")
    client = AsyncWebhookClient(door.told[0]["response_url"])
    await client.send(text="Approved by ana", replace_original=True)
    assert [(each.ts, each.text, each.blocks) for each in slack.messages("deploys")] == [(ts, "Approved by ana", [])]
    await client.send(text="Only you read this")
    assert [each.text for each in slack.ephemeral("ana")] == ["Only you read this"]
    await client.send(delete_original=True)
    assert slack.messages("deploys") == []


async def test_of_a_message_for_one_the_app_gets_the_name_alone(
    slack: LocalSlack, bot: AsyncWebClient, door: Doorway
) -> None:
    await bot.chat_postEphemeral(channel="C0DEPLOYS", user="U0ANA", text="x", blocks=BUTTONS)
    [hidden] = slack.ephemeral("ana")
    with pytest.raises(Impossible, match="bo does not see this message"):
        await slack.press(hidden.ts, user="bo", label="Approve")
    await slack.press(hidden.ts, user="ana", label="Approve")
    assert ("message" in door.told[0], door.told[0]["container"]["is_ephemeral"]) == (False, True)
    await AsyncWebhookClient(door.told[0]["response_url"]).send(text="Done", replace_original=True)
    assert [(each.ts, each.text) for each in slack.ephemeral("ana")] == [(hidden.ts, "Done")]


async def test_a_press_that_is_not_acknowledged_is_told_of_to_the_person(
    slack: LocalSlack, bot: AsyncWebClient, door: Doorway
) -> None:
    ts = await posted(bot)
    slack.patience = 0.05
    door.open.clear()
    await slack.press(ts, user="ana", label="Approve")
    assert [each.text for each in slack.ephemeral("ana")] == ['Approve failed with the error "operation_timeout"']
    with pytest.raises(Impossible, match="There is no button Reject here; there is: Approve, Roll back"):
        await slack.press(ts, user="ana", label="Reject")


async def test_a_modal_is_filled_in_and_sent(slack: LocalSlack, bot: AsyncWebClient, door: Doorway) -> None:
    await with_modal(slack, bot, door)
    with pytest.raises(Impossible, match="why: At least 3 characters, please"):
        await slack.submit("acme", "ana", {"why": "no"})
    assert door.told == []
    await slack.submit("acme", "ana", {"why": "it is late", "where": "staging"} | {"why": "late"})
    told = door.told[0]
    assert (told["type"], told["view"]["callback_id"], told["view"]["private_metadata"]) == (
        "view_submission",
        "reason",
        "web",
    )
    values = told["view"]["state"]["values"]
    assert values["why"]["text"] == {"type": "plain_text_input", "value": "late"}
    assert values["where"]["place"]["selected_option"]["value"] == "staging"
    assert slack.views_of("acme", "ana") == []


async def test_errors_keep_a_modal_open(slack: LocalSlack, bot: AsyncWebClient, door: Doorway) -> None:
    await with_modal(slack, bot, door)
    door.answers = [(200, {"response_action": "errors", "errors": {"why": "Say more."}}), (500, "")]
    await slack.submit("acme", "ana", {"why": "late"})
    [view] = slack.views_of("acme", "ana")
    assert view.errors == {"why": "Say more."}
    await slack.submit("acme", "ana", {"why": "later"})
    assert view.trouble == "The App could not be reached (dispatch_failed). Try again."
    await slack.submit("acme", "ana", {"why": "latest"})
    assert slack.views_of("acme", "ana") == []


async def test_an_answer_may_change_a_modal_or_put_one_on_top(
    slack: LocalSlack, bot: AsyncWebClient, door: Doorway
) -> None:
    await with_modal(slack, bot, door)
    other = MODAL | {"title": {"type": "plain_text", "text": "Sure?"}}
    door.answers = [(200, {"response_action": "update", "view": other})]
    await slack.submit("acme", "ana", {"why": "late"})
    [view] = slack.views_of("acme", "ana")
    assert view.document()["title"]["text"] == "Sure?"
    assert view.values["why"]["text"]["value"] == "late"
    door.answers = [(200, {"response_action": "push", "view": MODAL}), (200, {"response_action": "clear"})]
    await slack.submit("acme", "ana", {"why": "late"})
    assert [each.previous_id for each in slack.views_of("acme", "ana")] == ["", view.id]
    await slack.submit("acme", "ana", {"why": "late"})
    assert slack.views_of("acme", "ana") == []


async def test_the_app_hears_of_a_modal_put_away(slack: LocalSlack, bot: AsyncWebClient, door: Doorway) -> None:
    await with_modal(slack, bot, door)
    await slack.close("acme", "ana")
    assert (door.told[0]["type"], slack.views_of("acme", "ana")) == ("view_closed", [])
    with pytest.raises(Impossible, match="ana has no modal open"):
        await slack.submit("acme", "ana")


async def test_a_trigger_opens_one_modal_within_three_seconds(
    slack: LocalSlack, bot: AsyncWebClient, door: Doorway, clock: Clock
) -> None:
    async def refused(trigger_id: str, **more: Any) -> str:
        with pytest.raises(SlackApiError) as caught:
            await bot.views_open(trigger_id=trigger_id, view=MODAL | more)
        return str(caught.value.response["error"])

    for _ in range(2):
        await slack.command("acme", "ana", "#deploys", "/deploy")
    first, second = (each["trigger_id"] for each in door.told)
    assert await refused(first, title="x") == "invalid_arguments"
    await bot.views_open(trigger_id=first, view=MODAL)
    clock.ahead += 3.1
    assert [await refused(each) for each in (first, second, "1.2.x")] == [
        "exchanged_trigger_id",
        "expired_trigger_id",
        "invalid_trigger_id",
    ]


async def test_a_modal_is_updated_unless_somebody_was_faster(
    slack: LocalSlack, bot: AsyncWebClient, door: Doorway
) -> None:
    await with_modal(slack, bot, door)
    [view] = slack.views_of("acme", "ana")
    before = view.hash
    changed = MODAL | {"callback_id": "changed"}
    told = await bot.views_update(view_id=view.id, view=changed, hash=before)
    assert told["view"]["callback_id"] == "changed"
    with pytest.raises(SlackApiError) as caught:
        await bot.views_update(view_id=view.id, view=MODAL, hash=before)
    assert caught.value.response["error"] == "hash_conflict"
    with pytest.raises(SlackApiError) as caught:
        await bot.views_update(view_id="V1", view=MODAL)
    assert caught.value.response["error"] == "not_found"


async def test_an_event_is_told_again_until_it_is_taken(slack: LocalSlack, door: Doorway) -> None:
    door.answers = [(500, ""), (500, "")]
    answer = await slack.uninstall("acme")
    assert answer.status == 200
    assert [each.get("X-Slack-Retry-Num") for each in door.headers] == [None, "1", "2"]
    assert door.headers[1]["X-Slack-Retry-Reason"] == "http_error"
    assert len({each["event_id"] for each in door.told}) == 1
    assert (door.told[0]["type"], door.told[0]["event"]) == ("event_callback", {"type": "app_uninstalled"})


async def test_a_token_that_is_taken_back_is_told_of(slack: LocalSlack, bot: AsyncWebClient, door: Doorway) -> None:
    await slack.revoke("acme")
    assert door.told[0]["event"] == {
        "type": "tokens_revoked",
        "tokens": {"oauth": [], "bot": [slack.installation("acme").bot.id]},
    }
    with pytest.raises(SlackApiError):
        await bot.auth_test()


async def test_the_app_hears_what_mentions_it(slack: LocalSlack, door: Doorway) -> None:
    await slack.say("acme", "ana", "deploys", "hello @bo, 1 < 2")
    await slack.say("acme", "ana", "deploys", "hello @interlock")
    assert slack.messages("deploys")[0].text == "hello <@U0BO>, 1 &lt; 2"
    assert [(each["event"]["type"], each["event"]["channel"]) for each in door.told] == [("app_mention", "C0DEPLOYS")]


async def test_an_address_for_events_is_verified(slack: LocalSlack, door: Doorway) -> None:
    assert not await slack.verify_url()
    assert door.told[0]["type"] == "url_verification"


async def test_nobody_speaks_where_they_are_not(slack: LocalSlack, door: Doorway) -> None:
    slack.channel("acme", "secret").members.discard("U0ANA")
    with pytest.raises(Impossible, match="ana is not in #secret"):
        await slack.command("acme", "ana", "secret", "/deploy")
    slack.archive_channel("acme", "deploys")
    with pytest.raises(Impossible, match="#deploys is archived"):
        await slack.say("acme", "ana", "deploys", "x")
    assert door.told == []
