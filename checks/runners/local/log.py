"""A run's log: CodeBuild's lines and the build's own, live, bounded, with what is secret masked."""

import re
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from checks.secrets import MASK, parts_to_mask

MOST_BYTES = 50 * 1024 * 1024
RESERVE = 1024 * 1024
"""Room beyond the limit for the runner's own lines, which are few."""

TAIL_LINES = 100
LONGEST_TAIL_LINE = 2000
LONGEST_LINE = 1 << 16
"""A longer line is passed on in pieces."""


class Log:
    def __init__(self, path: Path, limit: int = MOST_BYTES) -> None:
        self._file = path.open("ab", buffering=0)
        self._limit = limit
        self._size = path.stat().st_size
        self._full = False
        self._at_line_start = True
        self._pending = b""
        self._secret: re.Pattern[bytes] | None = None
        self._secrets: set[bytes] = set()
        self._tail: deque[bytes] = deque(maxlen=TAIL_LINES)

    @property
    def tail(self) -> str:
        return b"\n".join(self._tail).decode(errors="replace")

    def conceal(self, value: str) -> bool:
        """Mask this value, and each of its lines, from now on; False if it is too short for that."""
        parts = parts_to_mask(value)
        self._secrets |= {part.encode(errors="surrogateescape") for part in parts}
        ordered = sorted(self._secrets, key=len, reverse=True)
        self._secret = re.compile(b"|".join(map(re.escape, ordered))) if ordered else None
        return bool(parts)

    @property
    def concealed(self) -> list[str]:
        return [secret.decode(errors="surrogateescape") for secret in self._secrets]

    def masked(self, text: str) -> str:
        return self._mask(text.encode(errors="surrogateescape")).decode(errors="replace")

    def say(self, text: str) -> None:
        """A line of the runner's own."""
        self.flush()
        now = datetime.now(UTC)
        line = f"[Container] {now:%Y/%m/%d %H:%M:%S.%f} {text}\n".encode(errors="surrogateescape")
        self._put(self._mask(line), self._limit + RESERVE)

    def write(self, output: bytes) -> None:
        """What a command prints. The last line waits for its end if it could be the beginning of a secret."""
        output = self._pending + output
        whole, newline, self._pending = output.rpartition(b"\n")
        if newline:
            self._put(self._mask(whole + newline), self._limit)
        if len(self._pending) > LONGEST_LINE or not self._secrets:
            self.flush(end=b"")

    def flush(self, end: bytes = b"\n") -> None:
        """Write what waits. `end` finishes a line that the command left open."""
        if self._pending:
            self._put(self._mask(self._pending), self._limit)
            self._pending = b""
        if end and self._size and not self._at_line_start:
            self._put(end, self._limit + RESERVE)

    def close(self) -> None:
        self.flush()
        self._file.close()

    def _mask(self, text: bytes) -> bytes:
        return self._secret.sub(MASK.encode(), text) if self._secret else text

    def _put(self, text: bytes, limit: int) -> None:
        self._remember(text)
        room = limit - self._size
        if len(text) > room and limit == self._limit and not self._full:
            self._full = True
            text = (
                text[: max(room, 0)]
                + f"\n[Container] The log is larger than {limit} bytes; more is left out\n".encode()
            )
        elif len(text) > room:
            return
        self._file.write(text)
        self._size += len(text)
        self._at_line_start = text.endswith(b"\n")

    def _remember(self, text: bytes) -> None:
        lines = text[-TAIL_LINES * LONGEST_TAIL_LINE :].split(b"\n")
        if not self._at_line_start and self._tail:
            lines[0] = self._tail.pop() + lines[0]
        self._tail.extend(line[:LONGEST_TAIL_LINE] for line in lines if line or len(lines) == 1)
