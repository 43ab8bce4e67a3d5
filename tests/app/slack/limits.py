"""What Slack takes of a message: https://docs.slack.dev/reference/block-kit and chat.postMessage."""

import json
import re
from typing import Any

SUM = 10_000
"""Characters of everything that is shown or sent back."""
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MARKUP = re.compile(r"<[!@#][^>]*>|<https?:")


def check(body: dict[str, Any]) -> None:
    """Fails with what Slack would not take, or would read as markup."""
    text, blocks = body["text"], body["blocks"]
    assert 0 < len(text) <= 3000
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
    assert 1 <= len(blocks) <= 50
    assert sum(map(len, _shown(blocks))) < SUM
    assert not [each for each in _strings(body) if CONTROL.search(each)]
    json.dumps(body).encode()
    for block in blocks:
        CHECKS[block["type"]](block)
    ids = [button["action_id"] for block in blocks[1:] for button in block["elements"]]
    assert len(ids) == len(set(ids))


def _rich_text(block: dict[str, Any]) -> None:
    assert set(block) == {"type", "elements"}
    assert block["elements"]
    for section in block["elements"]:
        assert section["type"] == "rich_text_section"
        assert section["elements"]
        assert "".join(each["text"] for each in section["elements"]).strip()
        for element in section["elements"]:
            ELEMENTS[element["type"]](element)


def _text(element: dict[str, Any]) -> None:
    assert set(element) <= {"type", "text", "style"}
    assert element["text"]
    assert element.get("style", {"bold": True}) in ({"bold": True}, {"code": True})


def _link(element: dict[str, Any]) -> None:
    assert set(element) == {"type", "url", "text"}
    assert element["text"]
    assert re.fullmatch(r"https?://\S{1,2990}", element["url"])


def _actions(block: dict[str, Any]) -> None:
    assert set(block) == {"type", "elements"}
    assert 1 <= len(block["elements"]) <= 25
    for button in block["elements"]:
        assert set(button) <= {"type", "action_id", "text", "value", "style", "confirm"}
        assert 1 <= len(button["action_id"]) <= 255
        assert 1 <= len(button["value"]) <= 2000
        assert button.get("style", "danger") in ("primary", "danger")
        _plain(button["text"], 75)
        if confirm := button.get("confirm"):
            for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
                _plain(confirm[name], most)


def _plain(text: dict[str, Any], most: int) -> None:
    assert (text["type"], text["emoji"]) == ("plain_text", False)
    assert text["text"].strip()
    assert len(text["text"]) <= most


CHECKS = {"rich_text": _rich_text, "actions": _actions}
ELEMENTS = {"text": _text, "link": _link}


def _shown(value: Any) -> list[str]:
    if isinstance(value, list):
        return [each for part in value for each in _shown(part)]
    if not isinstance(value, dict):
        return []
    own = [value[name] for name in ("text", "url", "value") if isinstance(value.get(name), str)]
    return own + _shown(list(value.values()))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for part in parts for each in _strings(part)]
