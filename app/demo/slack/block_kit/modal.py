"""A modal as the App writes it. https://docs.slack.dev/reference/views/modal-views"""

from collections.abc import Iterator
from typing import Any

from app.demo.slack.block_kit.block import IN_MODAL, complaints
from app.demo.slack.block_kit.composition import plain
from app.demo.slack.block_kit.shape import Check, boolean, by_type, record, said, string


def _blocks(value: Any, at: str) -> Iterator[str]:
    yield from complaints(value, at, IN_MODAL)


_KINDS: dict[str, Check] = {
    "modal": record(
        {"title": plain(24), "blocks": _blocks},
        {
            "submit": plain(24),
            "close": plain(24),
            "private_metadata": string(3000, 0),
            "callback_id": string(255),
            "external_id": string(255),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    )
}
_MODAL = by_type(lambda: _KINDS)


def complaints_about_view(view: Any, at: str = "/view") -> list[str]:
    found = list(_MODAL(view, at))
    if not found and "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        found.append(said("missing required field: submit", at))
    return found
