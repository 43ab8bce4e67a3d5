"""A build's log by line numbers, however long it is: nothing but where its lines are is kept in memory."""

import asyncio
import re
from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from app.web.terminal import COLOUR
from checks.secrets import mask

STEP = 1 << 16
CHUNK = 1 << 20
MOST_FOUND = 1000
PHASE = re.compile(rb"^\[Container\][^\n]{1,40} Entering phase ([A-Z_]{3,30})\s*\n", re.MULTILINE)

Read = Callable[[int, int], Awaitable[bytes]]
"""Bytes of the log from a position on, at most so many; empty at its present end."""


class Line(NamedTuple):
    number: int
    text: str


class Section(NamedTuple):
    """A phase, and the line on which it begins."""

    phase: str
    line: int


class Found(NamedTuple):
    """The numbers of the first matching lines, and how many match in all."""

    lines: tuple[int, ...]
    total: int


class Log:
    """`lines` counts whole lines. Reading twice at the same time is safe."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._marks: list[tuple[int, int]] = [(0, 0)]  # whole lines before a position; the position
        self._rest = b""
        self.size = 0
        self.lines = 0
        self.sections: list[Section] = []

    @property
    def has_partial_line(self) -> bool:
        return bool(self._rest)

    async def catch_up(self) -> None:
        """Read what was written since the last time."""
        async with self._lock:
            while chunk := await self._read(self.size, CHUNK):
                for start in range(0, len(chunk), STEP):
                    self._note(chunk[start : start + STEP])

    def _note(self, piece: bytes) -> None:
        text = self._rest + piece
        for match in PHASE.finditer(text) if b" Entering phase " in text else ():
            line = self.lines + text.count(b"\n", 0, match.start()) + 1
            self.sections.append(Section(match[1].decode(), line))
        self.lines += piece.count(b"\n")
        self.size += len(piece)
        self._rest = text[text.rfind(b"\n") + 1 :][-STEP:]
        self._marks.append((self.lines, self.size))

    async def read(self, first: int, last: int) -> list[Line]:
        """Lines `first` to `last`, both included; what has not been written is left out."""
        found: list[Line] = []
        async for number, text in self._blocks(first):
            lines = enumerate(text.split("\n"), number)
            found += [Line(each, line) for each, line in lines if first <= each <= last]
            if number + text.count("\n") >= last:
                break
        return found

    async def find(self, words: str) -> Found:
        """Lines that contain these words, whatever their case and colour.

        Where they are found they are looked for again with secrets masked: the count must not tell one, word by word.
        """
        lines: list[int] = []
        total, sought = 0, words.casefold()
        async for number, text in self._blocks(1):
            seen = COLOUR.sub("", text) if "\x1b" in text else text
            if sought not in seen.casefold():
                continue
            seen = (await asyncio.to_thread(mask, seen, by_line=True)).casefold()
            found = [each for each, line in enumerate(seen.split("\n"), number) if sought in line]
            lines += found[: MOST_FOUND - len(lines)]
            total += len(found)
        return Found(tuple(lines), total)

    async def _blocks(self, first: int) -> AsyncIterator[tuple[int, str]]:
        """Whole lines as they are read, each block with its first line's number, from before line `first` on."""
        number, position = self._marks[max(0, bisect_left(self._marks, (first - 1, 0)) - 1)]
        number, rest, limit = number + 1, b"", STEP
        while chunk := await self._read(position, limit):
            position, limit = position + len(chunk), min(2 * limit, CHUNK)
            whole, newline, rest = (rest + chunk).rpartition(b"\n")
            if newline:
                yield number, whole.decode(errors="replace")
                number += whole.count(b"\n") + 1
            rest = rest[:CHUNK]
        if rest:
            yield number, rest.decode(errors="replace")
