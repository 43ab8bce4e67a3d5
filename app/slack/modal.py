"""The window that asks whoever pressed a button for a note, a reason or a code. Pure.

https://docs.slack.dev/surfaces/modals
"""

from typing import Any

import msgspec
from msgspec import Struct

from app.slack.payload import FIELD, Asking
from checks.message import Ask

MOST_REMEMBERED = 3000
LONGEST_SHOWN = 300
LONGEST_SUBMIT = 24


class Wording(Struct, frozen=True):
    title: str
    label: str
    hint: str
    most: int


WORDINGS = {
    Ask.NOTE: Wording("Add a note", "Note", "Whoever reads the history sees it. You may leave it empty.", 500),
    Ask.REASON: Wording("Say why", "Reason", "Whoever reads the history sees it.", 500),
    Ask.CODE: Wording("Your code", "Code", "The page that you signed in on shows it.", 64),
}

MISSING = {Ask.REASON: "Say why, in a few words.", Ask.CODE: "Copy the code from the page."}
"""What somebody hears who submits an empty one."""


def view(asking: Asking) -> dict[str, Any] | None:
    """None if there is nothing to ask, or more to remember than Slack does."""
    wording = WORDINGS.get(asking.asks)
    remembered = msgspec.json.encode(asking).decode()
    if wording is None or len(remembered) > MOST_REMEMBERED:
        return None
    return {
        "type": "modal",
        "callback_id": asking.asks.value,
        "title": _plain(wording.title),
        "submit": _plain(_submit(asking)),
        "close": _plain("Cancel"),
        "private_metadata": remembered,
        "blocks": [*_shown(asking), _field(wording, optional=asking.asks is Ask.NOTE)],
    }


def _submit(asking: Asking) -> str:
    """What the button is called that opened it: that is what happens now."""
    label = asking.about.partition(" · ")[0]
    return label if label and len(label) <= LONGEST_SUBMIT and asking.asks is not Ask.CODE else "Send"


def _shown(asking: Asking) -> list[dict[str, Any]]:
    """What it is about, as the message with the button says it; a code is about nothing."""
    if asking.asks is Ask.CODE:
        return []
    about = asking.about or asking.words
    shown = about if len(about) <= LONGEST_SHOWN else f"{about[: LONGEST_SHOWN - 1]}…"
    text = {"type": "text", "text": shown, "style": {"bold": True}}
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [text]}]}]


def _field(wording: Wording, *, optional: bool) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": FIELD,
        "optional": optional,
        "label": _plain(wording.label),
        "hint": _plain(wording.hint),
        "element": {
            "type": "plain_text_input",
            "action_id": FIELD,
            "max_length": wording.most,
            "focus_on_load": True,
        },
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
