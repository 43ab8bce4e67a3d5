"""A unified diff as files, hunks and numbered lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$")
MOST_LINES = 3000
"""Of one file; a page shows what a person reads."""


@dataclass(frozen=True, kw_only=True)
class DiffLine:
    """`sign` is "+", "-", " " or "@" for the heading of a hunk; a side without the line has no number."""

    sign: str
    text: str
    old: int | None = None
    new: int | None = None


@dataclass(kw_only=True)
class DiffFile:
    path: str
    lines: list[DiffLine] = field(default_factory=list)
    note: str = ""

    @property
    def shown(self) -> list[DiffLine]:
        return self.lines[:MOST_LINES]

    @property
    def added(self) -> int:
        return sum(line.sign == "+" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.sign == "-" for line in self.lines)

    @property
    def numbers(self) -> set[int]:
        """Lines of the new file that the diff shows."""
        return {line.new for line in self.shown if line.new}


def parse(diff: str) -> list[DiffFile]:
    blocks = re.split(r"^(?=diff --git )", diff, flags=re.MULTILINE)
    return [_file(block) for block in blocks if block.startswith("diff --git ")]


def _file(block: str) -> DiffFile:
    head, at, body = block.partition("\n@@ ")
    found = DiffFile(path=_path(head))
    if old := re.search(r"^rename from (.*)$", head, re.MULTILINE):
        found.note = f"renamed from {old[1]}"
    elif "\nnew file" in head:
        found.note = "new"
    elif "\ndeleted file" in head:
        found.note = "deleted"
    if "\nBinary files" in head:
        found.note = f"{found.note} binary".strip()
    found.lines = list(_lines((at + body).lstrip("\n"))) if at else []
    return found


def _path(head: str) -> str:
    for pattern in (r"^\+\+\+ b/(.*)$", r"^rename to (.*)$", r"^--- a/(.*)$", r"^diff --git a/.* b/(.*)$"):
        if match := re.search(pattern, head, re.MULTILINE):
            return match[1].rstrip("\t")
    return "?"


def _lines(body: str) -> Iterator[DiffLine]:
    old = new = 0
    for line in body.removesuffix("\n").split("\n"):
        if match := HUNK.match(line):
            old, new = int(match[1]), int(match[2])
            yield DiffLine(sign="@", text=match[3].strip())
        elif line.startswith("+"):
            yield DiffLine(sign="+", text=line[1:], new=new)
            new += 1
        elif line.startswith("-"):
            yield DiffLine(sign="-", text=line[1:], old=old)
            old += 1
        elif line.startswith(" "):
            yield DiffLine(sign=" ", text=line[1:], old=old, new=new)
            old, new = old + 1, new + 1
