"""The blocks of a message and of a modal. https://docs.slack.dev/reference/block-kit/blocks"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from app.demo.slack.block_kit.composition import plain, text
from app.demo.slack.block_kit.element import ACCESSORY, ACTION_ELEMENT, IMAGE, INPUT_ELEMENT
from app.demo.slack.block_kit.rich_text import RICH_TEXT
from app.demo.slack.block_kit.shape import Check, array, boolean, by_type, either, link, record, said, string
from app.demo.slack.message import Json, interactive

IN_MESSAGE = 50
IN_MODAL = 100
LONGEST_TOGETHER = 10_000
"""Characters of all texts of a message. Nothing is published; about 11,000 have been refused.

https://github.com/slackapi/bolt-js/issues/2867
"""

_ID = {"block_id": string(255)}
_IN_CONTEXT: dict[str, Check] = {
    "image": either("image_url", of=IMAGE),
    "plain_text": text(2000),
    "mrkdwn": text(2000),
}

BLOCKS: dict[str, Check] = {
    "actions": record({"elements": array(ACTION_ELEMENT, 25)}, _ID),
    "context": record({"elements": array(by_type(lambda: _IN_CONTEXT), 10)}, _ID),
    "divider": record({}, _ID),
    "header": record({"text": plain(150)}, _ID),
    "image": either(
        "image_url", of=record({"alt_text": string(2000)}, {"image_url": link(3000), "title": plain(2000), **_ID})
    ),
    "input": record(
        {"label": plain(2000), "element": INPUT_ELEMENT},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean, **_ID},
    ),
    "markdown": record({"text": string(12_000)}, _ID),
    "rich_text": RICH_TEXT,
    "section": either(
        "text",
        "fields",
        of=record(
            {}, {"text": text(3000), "fields": array(text(2000), 10), "accessory": ACCESSORY, "expand": boolean, **_ID}
        ),
    ),
}
_BLOCK = by_type(lambda: BLOCKS)


def complaints(blocks: Any, at: str, most: int = IN_MESSAGE) -> list[str]:
    """Everything that Slack finds wrong; nothing if it takes them."""
    found = list(array(_BLOCK, most, 0)(blocks, at))
    return found or [
        *_twice(blocks, at),
        *(each for i, block in enumerate(blocks) for each in _ids(block, f"{at}/{i}")),
    ]


def _twice(blocks: Sequence[Json], at: str) -> Iterator[str]:
    counts = Counter(block["block_id"] for block in blocks if "block_id" in block)
    for name, times in counts.items():
        if times > 1:
            yield said(f"`block_id` `{name}` already exists", at)


def _ids(block: Json, at: str) -> Iterator[str]:
    counts = Counter(each["action_id"] for each in interactive(block))
    for name, times in counts.items():
        if times > 1:
            yield said(f"`action_id` `{name}` already exists", at)


def characters(value: Any) -> int:
    """Of all texts in it, however deep."""
    if isinstance(value, list):
        return sum(characters(each) for each in value)
    if not isinstance(value, dict):
        return 0
    own = value.get("text")
    return (len(own) if isinstance(own, str) else 0) + sum(characters(each) for each in value.values())
