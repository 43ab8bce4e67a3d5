"""Blocks and modals pass up to Slack's limits, and beyond them are refused with what is wrong where."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from app.demo.slack.block_kit.block import IN_MESSAGE, IN_MODAL, complaints
from app.demo.slack.block_kit.modal import complaints_about_view

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def confirm(**more: Any) -> Json:
    asked = {"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}
    return button(confirm=asked | more)


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def part(kind: str, **more: Any) -> Json:
    return {"type": f"rich_text_{kind}", **more}


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def field(**more: Any) -> Json:
    return {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input", "action_id": "a", **more}}


def modal(*blocks: Json, **more: Any) -> Json:
    view = {"type": "modal", "title": plain("Why"), "submit": plain("Send"), "blocks": list(blocks)}
    return {name: value for name, value in (view | more).items() if value is not None}


TAKEN = [
    section("x" * 3000),
    section("x", fields=[plain("x" * 2000)] * 10),
    {"type": "section", "fields": [plain("x")]},
    section("x", accessory=button(action_id="a" * 255, value="v" * 2000, url="https://" + "u" * 2992)),
    section("x", accessory={"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a"}),
    {"type": "context", "elements": [plain("x")] * 10},
    actions(*[button(action_id=str(number)) for number in range(25)]),
    actions(button(text=plain("x" * 75), style="danger")),
    actions(confirm(title=plain("x" * 100), text=plain("x" * 300), confirm=plain("x" * 30), deny=plain("x" * 30))),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider", "block_id": "b" * 255},
    {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a"},
    {"type": "markdown", "text": "**x**"},
    rich(
        part("section", elements=[text("x", bold=True, code=True), {"type": "emoji", "name": "tada"}]),
        part("section", elements=[{"type": "user", "user_id": "U1"}, {"type": "channel", "channel_id": "C1"}]),
        part("section", elements=[{"type": "broadcast", "range": "here"}, {"type": "link", "url": "https://x.org"}]),
        part("list", style="ordered", indent=1, elements=[part("section", elements=[text("x")])]),
        part("preformatted", elements=[text("x")]),
        part("quote", elements=[text("x")]),
    ),
    actions({"type": "static_select", "action_id": "s", "options": [{"text": plain("x"), "value": "x"}]}),
]

REFUSED = [
    (section("x" * 3001), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    (section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ({"type": "section"}, "missing required field: text [json-pointer:/blocks/0]"),
    (section("x", fields=[plain("x")] * 11), "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    (
        section("x", fields=[plain("x" * 2001)]),
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    (section("x", colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
    ({"type": "section", "text": "x"}, "must provide an object [json-pointer:/blocks/0/text]"),
    (
        {"type": "section", "text": {"type": "html", "text": "x"}},
        "unsupported type: html [json-pointer:/blocks/0/text/type]",
    ),
    (
        {"type": "context", "elements": [plain("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    ({"type": "context", "elements": [button()]}, "unsupported type: button [json-pointer:/blocks/0/elements/0/type]"),
    (actions(*[button()] * 26), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    (actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        actions(button(action_id="a"), button(action_id="a")),
        "`action_id` `a` already exists [json-pointer:/blocks/0]",
    ),
    (
        actions(button(text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (actions(button(value="x" * 2001)), "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    (
        actions(button(action_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    (
        actions(button(url="x:" + "x" * 2999)),
        "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
    ),
    (actions(button(url="nowhere")), "must be a valid URL [json-pointer:/blocks/0/elements/0/url]"),
    (actions(button(style="loud")), "must be one of primary, danger [json-pointer:/blocks/0/elements/0/style]"),
    (
        actions(confirm(title=plain("x" * 101))),
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    (
        actions(confirm(text=plain("x" * 301))),
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    (
        actions(confirm(deny=plain("x" * 31))),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
    ),
    (
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    ({"type": "divider", "block_id": "b" * 256}, "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    ({"type": "table"}, "unsupported type: table [json-pointer:/blocks/0/type]"),
    ({}, "missing required field: type [json-pointer:/blocks/0]"),
    (
        rich(part("section", elements=[text("")])),
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    (
        rich(part("section", elements=[text("x", loud=True)])),
        "invalid additional property: loud [json-pointer:/blocks/0/elements/0/elements/0/style]",
    ),
    (rich(part("poem", elements=[])), "unsupported type: rich_text_poem [json-pointer:/blocks/0/elements/0/type]"),
    (
        rich(part("preformatted", elements=[{"type": "user", "user_id": "U1"}])),
        "unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    (
        rich(part("list", elements=[part("section", elements=[])])),
        "missing required field: style [json-pointer:/blocks/0/elements/0]",
    ),
]


@pytest.mark.parametrize("block", TAKEN, ids=lambda block: str(block["type"]))
def test_a_block_at_its_limits_is_taken(block: Json) -> None:
    assert complaints([block], "/blocks") == []


@pytest.mark.parametrize(("block", "complaint"), REFUSED, ids=lambda each: str(each)[:60])
def test_a_block_beyond_them_is_refused_with_the_place(block: Json, complaint: str) -> None:
    assert complaints([block], "/blocks") == [complaint]


def test_so_many_blocks_and_no_more() -> None:
    line = {"type": "divider"}
    assert complaints([line] * IN_MESSAGE, "/blocks") == []
    assert complaints([line] * 51, "/blocks") == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert complaints([line] * 100, "/view/blocks", IN_MODAL) == []
    twice = [{"type": "divider", "block_id": "b"}] * 2
    assert complaints(twice, "/blocks") == ["`block_id` `b` already exists [json-pointer:/blocks]"]


@pytest.mark.parametrize(
    "view",
    [
        modal(field(min_length=1, max_length=3000, placeholder=plain("x" * 150))),
        modal(field(), title=plain("x" * 24), submit=plain("x" * 24), close=plain("x" * 24)),
        modal(field(), private_metadata="x" * 3000, callback_id="x" * 255, notify_on_close=True),
        modal(section("x"), submit=None),
    ],
)
def test_a_modal_at_its_limits_is_taken(view: Json) -> None:
    assert complaints_about_view(view) == []


@pytest.mark.parametrize(
    ("view", "complaint"),
    [
        (modal(field(), title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(field(), submit=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
        (modal(field(), close=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/close/text]"),
        (
            modal(field(), private_metadata="x" * 3001),
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (modal(field(), callback_id="x" * 256), "must be less than 256 characters [json-pointer:/view/callback_id]"),
        (modal(field(), submit=None), "missing required field: submit [json-pointer:/view]"),
        (
            modal(field(placeholder=plain("x" * 151))),
            "must be less than 151 characters [json-pointer:/view/blocks/0/element/placeholder/text]",
        ),
        (
            modal(field(max_length=3001)),
            "must be between 1 and 3000 [json-pointer:/view/blocks/0/element/max_length]",
        ),
        (
            modal(field(min_length=9, max_length=3)),
            "must not be greater than max_length [json-pointer:/view/blocks/0/element/min_length]",
        ),
        (
            modal({**field(), "label": plain("x" * 2001)}),
            "must be less than 2001 characters [json-pointer:/view/blocks/0/label/text]",
        ),
        (modal(*[section("x")] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        ({"type": "popup"}, "unsupported type: popup [json-pointer:/view/type]"),
    ],
    ids=lambda each: str(each)[:60],
)
def test_a_modal_beyond_them_is_refused_with_the_place(view: Json, complaint: str) -> None:
    assert complaints_about_view(view) == [complaint]


async def test_the_client_reads_what_is_wrong(bot: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel="C0DEPLOYS", text="x", blocks=[section("x" * 3001)])
    complaint = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert caught.value.response.data == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": [complaint],
        "response_metadata": {"messages": [f"[ERROR] {complaint}"]},
    }


async def test_texts_that_are_too_long_together_are_refused(bot: AsyncWebClient) -> None:
    fits = [section("x" * 2500)] * 4
    assert (await bot.chat_postMessage(channel="C0DEPLOYS", text="x", blocks=fits))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel="C0DEPLOYS", text="x", blocks=[*fits, section("x")])
    assert caught.value.response["error"] == "msg_blocks_too_long"


async def test_what_has_no_id_gets_one(bot: AsyncWebClient) -> None:
    posted = await bot.chat_postMessage(channel="C0DEPLOYS", text="x", blocks=[actions(button(), button())])
    block = posted["message"]["blocks"][0]
    names = [block["block_id"], *(each["action_id"] for each in block["elements"])]
    assert len(set(names)) == 3
