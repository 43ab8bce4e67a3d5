"""The last lines of a log, fit to be shown to everybody who sees the check."""

from collections.abc import Iterable, Sequence

from checks.markdown import CUT, cut, fenced
from checks.secrets import mask
from checks.terminal import plain_text

MOST_LINES = 40
MOST_BYTES = 20_000
LONGEST_LINE = 1_000
_WINDOW = 256 * 1024


def excerpt(log: str, *, lines: int = MOST_LINES, secrets: Iterable[str] = ()) -> str:
    """A Markdown fence with the last lines, secrets masked; empty if the log says nothing."""
    text = mask(plain_text(_window(log)), secrets).strip("\n")
    last = [line.rstrip() for line in text.split("\n")[-lines:]]
    return fenced("\n".join(_fitting(last))) if any(last) else ""


def line_count(excerpted: str) -> int:
    """How many lines of the log an excerpt shows."""
    return max(0, excerpted.count("\n") - 1)


def _window(log: str) -> str:
    """The end of the log, from a beginning of a line where there is one: half a secret has no shape."""
    if len(log) <= _WINDOW:
        return log
    end = log[-_WINDOW:]
    return end.partition("\n")[2] or end


def _fitting(lines: Sequence[str]) -> Sequence[str]:
    kept: list[str] = []
    room = MOST_BYTES
    for line in reversed(lines):
        shown = cut(line, LONGEST_LINE, CUT)
        room -= len(shown.encode()) + 1
        if room < 0:
            break
        kept.append(shown)
    return kept[::-1]
