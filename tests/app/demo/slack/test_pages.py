"""The pages show what one person sees, and let them do what they may, without a script."""

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from app.demo.slack.server import LocalSlack
from tests.app.demo.slack.doorway import Doorway, open_doorway
from tests.app.demo.slack.test_people import BUTTONS, MODAL

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
async def door(slack: LocalSlack) -> AsyncIterator[Doorway]:
    async with open_doorway(slack) as opened:
        yield opened


async def text(http: aiohttp.ClientSession, url: str, status: int = 200) -> str:
    async with http.get(url) as answer:
        assert answer.status == status
        return await answer.text()


async def post(http: aiohttp.ClientSession, slack: LocalSlack, path: str, **form: str) -> str:
    async with http.post(f"{slack.url}{path}", data=form, headers={"Origin": slack.url}) as answer:
        return await answer.text()


async def test_the_first_page_is_the_first_channel(slack: LocalSlack, http: aiohttp.ClientSession) -> None:
    page = await text(http, slack.url)
    assert "<title>#deploys · Local Slack</title>" in page
    assert re.findall(r'href="/T0ACME/(\w+)"', page) == ["C0DEPLOYS", "C0QUIET", "C0SECRET"]
    assert "Nobody has said anything in #deploys" in page


async def test_a_slack_with_nobody_in_it_says_how_to_begin(http: aiohttp.ClientSession) -> None:
    async with LocalSlack() as empty:
        assert "There is no channel yet that anybody can look into" in await text(http, empty.url)


async def test_words_and_commands_are_typed_into_the_same_field(
    slack: LocalSlack, http: aiohttp.ClientSession, door: Doorway
) -> None:
    page = await post(http, slack, "/-/say", channel="C0DEPLOYS", text="hello")
    assert [each.text for each in slack.messages("deploys")] == ["hello"]
    ts = slack.messages("deploys")[0].ts
    await post(http, slack, "/-/say", channel="C0DEPLOYS", text="and so on", thread=ts)
    door.answers = [(200, "Wait.")]
    page = await post(http, slack, "/-/say", channel="C0DEPLOYS", text="/deploy why web")
    assert (door.told[0]["command"], door.told[0]["text"]) == ("/deploy", "why web")
    assert re.findall(r"Only visible to you|1 answer|Wait\.|and so on", page) == [
        "1 answer",
        "and so on",
        "Only visible to you",
        "Wait.",
    ]
    refused = await post(http, slack, "/-/say", channel="C0DEPLOYS", text="/dance")
    assert "/dance is not a valid command." in refused
    assert re.findall(r'name="to" value="([^"]*)"', refused) == ["/"]


async def test_nobody_can_write_in_a_channel_that_is_archived(slack: LocalSlack, http: aiohttp.ClientSession) -> None:
    await slack.say("acme", "ana", "deploys", "last words")
    slack.archive_channel("acme", "deploys")
    page = await text(http, slack.url)
    assert ("last words" in page, "is archived: nobody can write here" in page) == (True, True)
    assert re.findall(r'action="([^"]*)"', page) == ["/-/become"]


async def test_another_person_sees_their_own(slack: LocalSlack, http: aiohttp.ClientSession, door: Doorway) -> None:
    door.answers = [(200, "Only ana reads this.")]
    await slack.command("acme", "ana", "deploys", "/deploy")
    slack.channel("acme", "secret").members.discard("U0BO")
    assert "Only ana reads this." in await text(http, slack.url)
    page = await post(http, slack, "/-/become", person="T0ACME.U0BO", to="/T0ACME/C0DEPLOYS")
    assert ("Only ana reads this." in page, "#secret" in page) == (False, False)
    assert "bo sees no such channel in acme." in await text(http, f"{slack.url}/T0ACME/C0SECRET", 409)
    slack.add_workspace("beta", key="T0BETA")
    slack.add_user("beta", "cy", key="U0CY")
    slack.add_channel("beta", "builds")
    page = await post(http, slack, "/-/become", person="T0BETA.U0CY", to="/T0ACME/C0DEPLOYS")
    assert "<title>#builds · Local Slack</title>" in page


async def test_a_button_is_pressed_and_one_that_asks_asks(
    slack: LocalSlack, http: aiohttp.ClientSession, bot: AsyncWebClient, door: Doorway
) -> None:
    posted = await bot.chat_postMessage(channel="C0DEPLOYS", text="x", blocks=BUTTONS)
    page = await text(http, slack.url)
    assert re.findall(r"Rolls back production to 1\.7\.3|Leave it|Sure\?</strong>", page) == [
        "Sure?</strong>",
        "Rolls back production to 1.7.3",
        "Leave it",
    ]
    form = {"ts": posted["ts"], "block": "do", "to": "/T0ACME/C0DEPLOYS"}
    await post(http, slack, "/-/press", **form, action="back")
    await post(http, slack, "/-/press", **form, action="back", sure="yes")
    await post(http, slack, "/-/press", **form, action="approve")
    assert [each["actions"][0]["action_id"] for each in door.told] == ["back", "approve"]


async def test_a_modal_is_filled_in_and_says_what_is_missing(
    slack: LocalSlack, http: aiohttp.ClientSession, bot: AsyncWebClient, door: Doorway
) -> None:
    await slack.command("acme", "ana", "deploys", "/deploy")
    await bot.views_open(trigger_id=door.told.pop()["trigger_id"], view=MODAL)
    here = {"to": "/T0ACME/C0DEPLOYS"}
    page = await post(http, slack, "/-/submit", **{**here, "value.why": "no", "value.where": "production"})
    assert "At least 3 characters, please." in page
    assert 'value="no"' in page
    assert '<option value="production" selected>' in page
    page = await post(http, slack, "/-/submit", **{**here, "value.why": "late", "value.where": ""})
    assert "<dialog" not in page
    assert door.told[0]["view"]["state"]["values"]["where"]["place"]["selected_option"] is None


async def test_nothing_that_anybody_wrote_is_markup(
    slack: LocalSlack, http: aiohttp.ClientSession, bot: AsyncWebClient, door: Doorway
) -> None:
    short = EVIL[:70]
    slack.add_user("acme", "eve", real_name=EVIL)
    plain = {"type": "plain_text", "text": short}
    button = {"type": "button", "text": plain, "action_id": EVIL, "value": EVIL, "url": "javascript:alert(1)"}
    asked = {"title": plain, "text": plain, "confirm": {**plain, "text": "y"}, "deny": {**plain, "text": "n"}}
    rich = [{"type": "text", "text": EVIL}, {"type": "link", "url": "javascript:alert(1)", "text": EVIL}]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": plain, "block_id": EVIL},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"{EVIL} <javascript:alert(1)|go> *{EVIL}*"}},
        {"type": "actions", "elements": [button, {**button, "action_id": "b", "confirm": asked}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": rich}]},
        {"type": "context", "elements": [{"type": "image", "image_url": "javascript:alert(1)", "alt_text": EVIL}]},
    ]
    await bot.chat_postMessage(channel="C0DEPLOYS", text=EVIL, blocks=blocks)
    await bot.chat_postMessage(channel="C0DEPLOYS", text=EVIL, attachments=[{"text": EVIL, "fallback": EVIL}])
    await slack.say("acme", "eve", "deploys", EVIL)
    await slack.command("acme", "ana", "deploys", "/deploy")
    evil = {**MODAL, "title": {**plain, "text": EVIL[:24]}, "blocks": [*MODAL["blocks"], blocks[1]]}
    await bot.views_open(trigger_id=door.told[-1]["trigger_id"], view=evil)
    page = await text(http, slack.url)
    assert re.findall(r"<script>|<img|href=\"javascript|<[^>\"]* onerror=| style=", page) == []
    assert page.count("&lt;script&gt;alert(1)") > 6


async def test_forms_from_elsewhere_are_refused(slack: LocalSlack, http: aiohttp.ClientSession) -> None:
    for headers in ({}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        form = {"channel": "C0DEPLOYS", "text": "x"}
        async with http.post(f"{slack.url}/-/say", data=form, headers=headers) as answer:
            assert answer.status == 409
    assert slack.messages("deploys") == []
    async with http.get(slack.url, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 421


async def test_the_page_is_told_that_something_changed(slack: LocalSlack, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{slack.url}/-/events") as stream:
        assert await stream.content.readline() == b"event: state\n"
        assert await stream.content.readline() == f"data: {slack.changes}\n".encode()
