"""Text that others wrote, made harmless in GitHub's Markdown: nothing in it becomes a link, a mention or a tag.

Lengths are in bytes of UTF-8, because that is what GitHub counts where its documentation says characters:
https://github.com/github/docs/issues/35252
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from checks.terminal import plain_text

CUT = "… cut, see the full log"

_SAFE_IN_URL = "%/:?#@!$&*+,;=~-._"
_BREAK = "\u200b"
"""A zero-width space: mentions, references and bare links are found after escapes are resolved."""

_PUNCTUATION = re.compile(r"([\\`*_\[\]<>&~$])")
_AUTOLINK = re.compile(r"([@#]|://|(?<![A-Za-z])(?:www\.|GH-|mailto:|xmpp:))(?=\S)", re.IGNORECASE)
_BEGINNING = re.compile(r"^(?:(\d{1,9})([.)])|([#+=-]))")


def one_line(text: str) -> str:
    return " ".join(plain_text(text).split())


def cut(text: str, limit: int, marker: str = "…") -> str:
    """At most `limit` bytes, the marker counted, never half a character."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return encoded.decode("utf-8")
    room = max(0, limit - len(marker.encode()))
    return encoded[:room].decode("utf-8", "ignore") + marker


def plain(text: str, limit: int = 500) -> str:
    """One line of prose that reads exactly as it was written."""
    line = _BEGINNING.sub(r"\1\\\2\3", _PUNCTUATION.sub(r"\\\1", cut(one_line(text), limit)))
    return _AUTOLINK.sub(rf"\1{_BREAK}", line)


def code(text: str, limit: int = 300) -> str:
    """One line as code."""
    line = cut(one_line(text), limit)
    if not line:
        return ""
    ticks = "`" * (_longest_run("`", line) + 1)
    space = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def fenced(text: str) -> str:
    """Lines as they are, in a fence that they cannot close."""
    fence = "~" * max(4, _longest_run("~", text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def link(text: str, url: str) -> str:
    """`text` is Markdown already. Without an address on the web it stays text."""
    if not url.startswith(("https://", "http://")):
        return text
    return f"[{text}]({quote(url.encode('utf-8', 'replace'), safe=_SAFE_IN_URL)})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, cells))} |" for cells in lines)


def _cell(markdown: str) -> str:
    """A bar ends a cell even in code; a backslash before it cannot be said there, so a space parts them."""
    return markdown.replace("\\|", "\\ |").replace("|", "\\|")


def details(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def document(blocks: Iterable[str], limit: int) -> str:
    """The blocks as paragraphs, as many as fit whole: a fence or a tag is never cut open."""
    wanted = [block for block in blocks if block]
    room = limit - len(CUT.encode()) - 2
    fitting: list[str] = []
    used = 0
    for block in wanted:
        used += len(block.encode()) + 2
        if used > room:
            return "\n\n".join([*fitting, CUT])
        fitting.append(block)
    return "\n\n".join(fitting)


def _longest_run(character: str, text: str) -> int:
    return max(map(len, re.findall(f"{re.escape(character)}+", text)), default=0)
