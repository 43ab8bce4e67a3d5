"""One line of what a program wrote to a terminal, as safe HTML: colours become classes, the rest is text."""

import re
from html import escape

from checks.terminal import plain_text

MOST_CHARACTERS = 20_000
"""What a browser still lays out at once; the raw log has the whole line."""

COLOUR = re.compile(r"\x1b\[([0-9;]*)m")
TROUBLE = re.compile(
    r"^\s*(?:E  |(?:[a-z_]+\.)*[a-z]*(?:error|exception):|error\b|exception\b)"
    r"|^\s*(?:fatal:|npm err!|traceback \(most recent|panic:)"
    r"|\b(?:error|failed|fatal):|^(?:FAIL|FAILED|ERROR)\b|State: (?:FAILED|FAULT|TIMED_OUT)|did not exit successfully",
    re.IGNORECASE,
)
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
LONGEST_CODE = 3


def html(line: str, more: int = 0) -> str:
    """A carriage return starts the line anew, as progress bars do; `more` characters follow that are not given."""
    line = line.rstrip("\r").rpartition("\r")[2]
    rest = len(line) + more - MOST_CHARACTERS
    parts, classes = [], ""
    for index, piece in enumerate(COLOUR.split(line[:MOST_CHARACTERS])):
        if index % 2:
            classes = _classes(classes, piece)
        elif text := escape(plain_text(piece)):
            parts.append(f'<span class="{classes}">{text}</span>' if classes else text)
    if rest > 0:
        parts.append(f'<span class="cut"> … {rest} more characters in the raw log</span>')
    return "".join(parts)


def kind(line: str) -> str:
    """What the margin says of a line: trouble, the runner's own voice, or nothing."""
    text = plain_text(line[:1000])
    if TROUBLE.search(text):
        return "trouble"
    return "runner" if text.startswith("[Container] ") else ""


def _classes(classes: str, codes: str) -> str:
    """Bold and the eight colours; other attributes are left out, and a background never hides text."""
    bold, colour = "b" in classes.split(), next((name for name in classes.split() if name != "b"), "")
    numbers = [int(code or 0) for code in codes.split(";") if len(code) <= LONGEST_CODE]
    while numbers:
        match numbers.pop(0):
            case 0:
                bold, colour = False, ""
            case 1 | 22 as code:
                bold = code == 1
            case 39:
                colour = ""
            case 38 | 48:
                del numbers[: 2 if numbers[:1] == [5] else 4]
            case code if code // 10 in {3, 9} and code % 10 < len(COLOURS):
                colour = f"ansi-{COLOURS[code % 10]}"
    return " ".join(filter(None, ("b" if bold else "", colour)))
