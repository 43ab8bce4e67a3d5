"""What people read in a channel, whichever it is: texts in which nothing is markup, links, and buttons that say words.

A button says what somebody could have typed as well: there is one grammar, `deploy.words`.
"""

from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256

import msgspec
from msgspec import Struct

LONGEST = 3000
"""Characters of a whole message: more is read by nobody."""


class Link(Struct, frozen=True, tag=True):
    text: str
    url: str


class Code(Struct, frozen=True, tag=True):
    """Something that is written exactly so: a command, a commit."""

    text: str


class Strong(Struct, frozen=True, tag=True):
    text: str


Piece = str | Link | Code | Strong
Line = tuple[Piece, ...]


class Tone(StrEnum):
    """How it stands, told by a glyph."""

    GOOD = "✓"
    BAD = "✕"
    WAITS = "▲"
    MOVES = "●"
    BACK = "↩"
    HELD = "■"
    TOLD = "–"


class Ask(StrEnum):
    """What somebody writes after pressing a button, which is added to its words: a note, if they like, after
    `because`; a reason, which there has to be, after `because`; or a code, as it is."""

    NOTHING = ""
    NOTE = "note"
    REASON = "reason"
    CODE = "code"


class Style(StrEnum):
    PLAIN = ""
    PRIMARY = "primary"
    DANGER = "danger"


class Button(Struct, frozen=True, kw_only=True):
    """`words` are said when it is pressed. `confirm` is what will happen, shown before it counts; "" asks nothing.

    `sure` says that whoever presses it has read the plan, so that nobody asks again.
    """

    words: str
    label: str
    style: Style = Style.PLAIN
    asks: Ask = Ask.NOTHING
    confirm: str = ""
    sure: bool = False


class Message(Struct, frozen=True, kw_only=True):
    """`head` makes sense by itself, in a notification."""

    tone: Tone
    head: Line
    lines: tuple[Line, ...] = ()
    buttons: tuple[Button, ...] = ()

    @property
    def text(self) -> str:
        """The first line without links, with the glyph."""
        return f"{self.tone} {plain(self.head)}"

    @property
    def digest(self) -> str:
        """The same for messages that look the same."""
        return sha256(msgspec.json.encode(self)).hexdigest()[:16]


def plain(line: Iterable[Piece]) -> str:
    """The line as somebody reads it aloud."""
    return "".join(each if isinstance(each, str) else each.text for each in line)
