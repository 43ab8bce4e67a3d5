"""A message as Slack draws it: blocks in which nothing is markup, and the text of the notification.

Every limit of Slack is kept by how this is built. https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from checks.message import LONGEST, Ask, Button, Code, Line, Link, Message, Piece, Strong, Style
from checks.secrets import mask

Block = dict[str, Any]

CUT = "…"
MOST_PIECES = 300
MOST_OF_ADDRESSES = 4000
"""Characters of all addresses together: what is over becomes text."""
LONGEST_ADDRESS = 2000
MOST_OF_BUTTONS = 2500
"""Characters of all that buttons say together: the last ones are left out."""
MOST_BUTTONS = 25
LONGEST_WORDS = 2000
LONGEST_LABEL = 75
LONGEST_TITLE = 100
LONGEST_CONFIRM = 300
LONGEST_YES = 30

GAP = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Control characters, halves of characters, what has no width, and what turns the direction of writing round."""
ADDRESS = re.compile(r"https?://[^\s<>|]+", re.ASCII)
HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)
OWNER = re.compile(r"https?://(?:[^/?#]*@)?([^/?#:@\[\]\s]+)")
"""Whom an address leads to."""
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def body(message: Message) -> dict[str, Any]:
    """What is posted of a message: `text` is for notifications, `blocks` are what is seen."""
    return {"text": escaped(message.text), "blocks": blocks(message)}


def blocks(message: Message) -> list[Block]:
    writing = _Writing()
    sections = [writing.section((f"{message.tone} ", *message.head))]
    sections += [writing.section(line) for line in message.lines]
    text = {"type": "rich_text", "elements": [section for section in sections if section]}
    pressed = buttons(message.buttons)
    return [text, {"type": "actions", "elements": pressed}] if pressed else [text]


def line(line: Line) -> dict[str, Any]:
    """What is posted of a single line, such as a remark in a thread."""
    section = _Writing().section(line) or _section([_text("–")])
    return {
        "text": escaped("".join(_words(piece) for piece in line)) or "–",
        "blocks": [{"type": "rich_text", "elements": [section]}],
    }


def buttons(given: Sequence[Button]) -> list[Block]:
    """Those that Slack can hold, in their order."""
    drawn: list[Block] = []
    room = MOST_OF_BUTTONS
    for at, button in enumerate(given):
        label = _cut(clean(button.label).strip(), LONGEST_LABEL)
        confirm = _cut(clean(button.confirm).strip(), LONGEST_CONFIRM)
        size = len(button.words) + len(label) * (3 if confirm else 1) + len(confirm)
        if not label or not _is_sayable(button.words) or size > room or len(drawn) == MOST_BUTTONS:
            continue
        room -= size
        drawn.append(_button(button, label, confirm, at))
    return drawn


def action_id(button: Button, at: int) -> str:
    """What kind of press it is, and a number that makes it unique: `say:0`, `sure:1`, `reason:2`, `reason-sure:3`."""
    kind = f"{button.asks.value}{'-sure' * button.sure}" if button.asks is not Ask.NOTHING else "say"
    return f"{'sure' if kind == 'say' and button.sure else kind}:{at}"


def escaped(text: str) -> str:
    """For the one field in which Slack reads markup. https://docs.slack.dev/messaging/formatting-message-text"""
    kept: list[str] = []
    room = LONGEST
    for sign in clean(text):
        written = ENTITIES.get(sign, sign)
        if len(written) >= room:
            return "".join(kept) + CUT
        kept.append(written)
        room -= len(written)
    return "".join(kept)


def clean(text: str) -> str:
    """On one line, without what cannot be seen, secrets masked."""
    return UNSEEN.sub("", GAP.sub(" ", mask(text)))


class _Writing:
    """Counts what was written, over all sections of one message."""

    def __init__(self) -> None:
        self._room = LONGEST
        self._addresses = MOST_OF_ADDRESSES
        self._pieces = MOST_PIECES

    def section(self, line: Iterable[Piece]) -> Block | None:
        """None if there is nothing to read in it, or no room any more."""
        elements = list(self._elements(line))
        return _section(elements) if any(each["text"].strip() for each in elements) else None

    def _elements(self, line: Iterable[Piece]) -> Iterator[Block]:
        for piece in _joined(line):
            text = clean(_words(piece))
            if isinstance(piece, Link):
                text = _honest(text, piece.url)
            if not text or not self._room or not self._pieces:
                continue
            shown = _cut(text, self._room)
            self._room -= len(shown)
            self._pieces -= 1
            yield self._element(piece, shown)

    def _element(self, piece: Piece, shown: str) -> Block:
        match piece:
            case Link(url=url) if self._leads_somewhere(url):
                self._addresses -= len(url)
                return {"type": "link", "url": url, "text": shown}
            case Code():
                return _text(shown, "code")
            case Strong():
                return _text(shown, "bold")
            case _:
                return _text(shown)

    def _leads_somewhere(self, url: str) -> bool:
        return bool(ADDRESS.fullmatch(url)) and len(url) <= min(LONGEST_ADDRESS, self._addresses)


def _honest(text: str, url: str) -> str:
    """What looks like one address and leads to another says where."""
    found = OWNER.match(url)
    host = found[1].lower() if found else ""
    looks = {each.lower() for each in HOST.findall(text)} - {host}
    return f"{text} ({host})" if looks and host else text


def _button(button: Button, label: str, confirm: str, at: int) -> Block:
    drawn: Block = {
        "type": "button",
        "action_id": action_id(button, at),
        "text": _plain(label),
        "value": button.words,
    }
    if button.style is not Style.PLAIN:
        drawn["style"] = button.style.value
    if confirm:
        drawn["confirm"] = {
            "title": _plain(_cut(label, LONGEST_TITLE)),
            "text": _plain(confirm),
            "confirm": _plain(_cut(label, LONGEST_YES)),
            "deny": _plain("Cancel"),
        } | ({"style": button.style.value} if button.style is not Style.PLAIN else {})
    return drawn


def _is_sayable(words: str) -> bool:
    return bool(words.strip()) and len(words) <= LONGEST_WORDS and not UNSEEN.search(words)


def _joined(line: Iterable[Piece]) -> Iterator[Piece]:
    """Texts that follow each other become one, so that no secret hides in the seam."""
    text = ""
    for piece in line:
        if isinstance(piece, str):
            text += piece
            continue
        if text:
            yield text
        text = ""
        yield piece
    if text:
        yield text


def _words(piece: Piece) -> str:
    return piece if isinstance(piece, str) else piece.text


def _cut(text: str, most: int) -> str:
    text = text.strip() if len(text) > most else text
    return text if len(text) <= most else text[: most - 1] + CUT


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _text(text: str, style: str = "") -> Block:
    return {"type": "text", "text": text, "style": {style: True}} if style else {"type": "text", "text": text}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
