"""The window that asks for a note, a reason or a code."""

import pytest

from app.slack.modal import view
from app.slack.payload import Asking, asked, pressed
from checks.message import Ask

ADDRESS = "https://hooks.slack.com/actions/T1/1/hush"


@pytest.mark.parametrize(
    ("asks", "title", "optional"),
    [(Ask.NOTE, "Add a note", True), (Ask.REASON, "Say why", False), (Ask.CODE, "Your code", False)],
)
def test_a_window_asks_for_what_is_missing(asks: Ask, title: str, optional: bool) -> None:
    asking = Asking(words="reject web production", asks=asks, sure=True, channel="C1", response_url=ADDRESS)
    shown = view(asking)
    assert shown
    field = shown["blocks"][-1]
    assert (shown["title"]["text"], field["optional"], asked({"view": shown})) == (title, optional, asking)
    assert all(len(shown[name]["text"]) <= 24 for name in ("title", "submit", "close"))


def test_a_window_says_which_button_of_which_message_it_is_about() -> None:
    press = {
        "type": "block_actions",
        "actions": [{"action_id": "reason-sure:0", "value": "reject web production", "text": {"text": "Reject"}}],
        "message": {"text": "▲ web 4f2a91c → production needs an approval &amp; more\nsecond"},
    }
    asking = pressed(press)
    assert asking
    shown = view(asking)
    assert shown
    assert shown["blocks"][0]["elements"][0]["elements"][0]["text"] == (
        "Reject · ▲ web 4f2a91c → production needs an approval & more"
    )
    assert shown["submit"]["text"] == "Reject"


@pytest.mark.parametrize("label", ["", "Emergency: web 4f2a91c to production"])
def test_what_is_no_short_label_is_sent(label: str) -> None:
    shown = view(Asking(words="emergency web", asks=Ask.REASON, about=label))
    assert shown
    assert shown["submit"]["text"] == "Send"


def test_a_window_for_a_code_shows_nothing_else() -> None:
    shown = view(Asking(words="link", asks=Ask.CODE, about="Enter the code · – Link yourself to your GitHub user"))
    assert shown
    assert ([each["type"] for each in shown["blocks"]], shown["submit"]["text"]) == (["input"], "Send")


def test_long_words_are_remembered_whole_and_shown_in_part() -> None:
    asking = Asking(words="x" * 2000, asks=Ask.REASON, response_url=ADDRESS)
    shown = view(asking)
    assert shown
    assert asked({"view": shown}) == asking
    assert shown["blocks"][0]["elements"][0]["elements"][0]["text"] == "x" * 299 + "…"


def test_what_slack_cannot_remember_opens_no_window() -> None:
    assert view(Asking(words="x" * 3000, asks=Ask.REASON)) is None
    assert view(Asking(words="why web", asks=Ask.NOTHING)) is None
