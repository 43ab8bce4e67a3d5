"""What Slack accepts as a message or a modal, with its published limits, and what it says of the rest."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from app.demo.slack.block_kit.block import LONGEST_TOGETHER, characters, complaints
from app.demo.slack.block_kit.modal import complaints_about_view
from app.demo.slack.message import Content, Json
from app.demo.slack.refusal import Refusal, invalid

LONGEST_TEXT = 40_000
MOST_ATTACHMENTS = 100
LARGEST_METADATA = 16_000
LARGEST_VIEW = 250_000
NewId = Callable[[str], str]

__all__ = ["LONGEST_TEXT", "content", "modal"]


def content(said: Json, new_id: NewId, longest: int = LONGEST_TEXT) -> Content:
    """What a request says, checked; blocks and elements without an id have one afterwards."""
    text, blocks = said.get("text"), _decoded(said.get("blocks"), "invalid_blocks_format", list)
    attachments = _decoded(said.get("attachments"), "invalid_attachments", list)
    metadata = _decoded(said.get("metadata"), "invalid_metadata_format", dict)
    if text is not None and not isinstance(text, str):
        raise invalid("invalid_arguments", ["must provide a string [json-pointer:/text]"])
    if len(text or "") > longest:
        raise Refusal("msg_too_long")
    _check_attachments(attachments or [])
    _check_blocks(blocks or [])
    _check_metadata(metadata)
    return Content(
        text=text,
        blocks=None if blocks is None else named(blocks, new_id),
        attachments=None if attachments is None else [_named_inside(each, new_id) for each in attachments],
        metadata=metadata,
    )


def modal(view: Any, new_id: NewId) -> Json:
    """The view that a request wants to show, checked."""
    found: Json | None = _decoded(view, "invalid_arguments", dict)
    if found is None:
        raise invalid("invalid_arguments", ["missing required field: view"])
    if wrong := complaints_about_view(found):
        raise invalid("invalid_arguments", wrong)
    if len(json.dumps(found)) > LARGEST_VIEW:
        raise Refusal("view_too_large")
    return found | {"blocks": named(found["blocks"], new_id)}


def named(blocks: list[Json], new_id: NewId) -> list[Json]:
    """The blocks with an id for each that has none, and for each element that can be pressed."""
    found = deepcopy(blocks)
    for block in found:
        block.setdefault("block_id", new_id("b"))
        elements = block.get("elements", []) if block["type"] == "actions" else []
        for each in (*elements, block.get("accessory"), block.get("element")):
            if each and each["type"] != "image":
                each.setdefault("action_id", new_id("a"))
    return found


def _named_inside(attachment: Json, new_id: NewId) -> Json:
    return attachment | ({"blocks": named(attachment["blocks"], new_id)} if "blocks" in attachment else {})


def _decoded(value: Any, error: str, kind: type[list[Any]] | type[dict[str, Any]]) -> Any:
    """Forms carry JSON as text, JSON may carry it as it is. An empty text says nothing."""
    if value is None or value == "":
        return None
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise Refusal(error) from None
    if not isinstance(found, kind):
        raise Refusal(error)
    return found


def _check_blocks(blocks: list[Json]) -> None:
    if wrong := complaints(blocks, "/blocks"):
        raise invalid("invalid_blocks", wrong)
    if characters(blocks) > LONGEST_TOGETHER:
        raise Refusal("msg_blocks_too_long")


def _check_attachments(attachments: list[Any]) -> None:
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refusal("too_many_attachments")
    for index, each in enumerate(attachments):
        if not isinstance(each, dict) or not all(isinstance(each.get(name, ""), str) for name in ("text", "fallback")):
            raise Refusal("invalid_attachments")
        if wrong := complaints(each.get("blocks", []), f"/attachments/{index}/blocks"):
            raise invalid("invalid_attachments", wrong)


def _check_metadata(metadata: Json | None) -> None:
    if not metadata:
        return
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format")
    if len(json.dumps(metadata)) > LARGEST_METADATA:
        raise Refusal("metadata_too_large")
