"""A message as somebody reads it aloud: its words line by line, and what its buttons say."""

from collections.abc import Iterator, Sequence

from app.demo.slack.message import Json, Message

OF_PARTS = {"user": "user_id", "channel": "channel_id", "usergroup": "usergroup_id", "broadcast": "range"}


def aloud(message: Message) -> str:
    """The text of its blocks, or its text if it has none; markup stands as it was written."""
    blocks = [*message.blocks, *(block for each in message.attachments for block in each.get("blocks", []))]
    return "\n".join(line for block in blocks for line in _lines(block)) or message.text


def labels(message: Message) -> Sequence[str]:
    """What stands on its buttons, in their order."""
    return [each["text"]["text"] for _, each in message.elements() if each["type"] == "button"]


def _lines(block: Json) -> Iterator[str]:
    if block["type"] == "rich_text":
        for body in block["elements"]:
            yield from _bodies(body)
        return
    if block["type"] == "context":
        yield " ".join(each.get("text") or each.get("alt_text", "") for each in block["elements"])
        return
    for text in (block.get("text"), *block.get("fields", [])):
        if text:
            yield text if isinstance(text, str) else text["text"]


def _bodies(body: Json) -> Iterator[str]:
    if body["type"] == "rich_text_list":
        for number, item in enumerate(body["elements"], 1):
            yield (f"{number}. " if body["style"] == "ordered" else "• ") + _parts(item)
    else:
        yield _parts(body)


def _parts(body: Json) -> str:
    return "".join(_part(each) for each in body["elements"])


def _part(part: Json) -> str:
    kind = part["type"]
    if kind in OF_PARTS:
        return ("#" if kind == "channel" else "@") + str(part[OF_PARTS[kind]])
    if kind == "emoji":
        return f":{part['name']}:"
    return str(part.get("text") or part.get("fallback") or part.get("url") or part.get("value", ""))
