"""A run's log as a file on this machine: CloudWatch counts in events, and whoever reads a log counts in bytes."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from checks.runners.codebuild.build import Told, is_ended
from checks.runners.codebuild.refusal import Refused, ask
from checks.secrets import mask

MOST_BYTES = 50 * 1024 * 1024
"""Of a copy: a build may write for hours, and whoever looks at its page lets the copy grow."""
TAIL_LINES = 200
LONGEST_TAIL_LINE = 2000
LEFT_OUT = b"\n[Container] The log is larger than %d bytes; more is in CloudWatch\n"
MOST_PAGES = 100
"""Pages may be empty in the middle of a log."""
FRESH = 1.0
"""Seconds in which the end of a log is not asked for again, however many people follow it."""
STALE = 10.0
"""Seconds after which CodeBuild is asked again whether a run that says nothing has ended."""
SETTLED = 60.0
"""Seconds after a run's end in which its last lines may still be on their way."""


class Stream(msgspec.Struct, frozen=True):
    """Where a build's log is in CloudWatch."""

    group: str
    name: str


class Mark(msgspec.Struct):
    """How far the copy has come. The file is cut to `size` before it grows: what is beyond it was not finished."""

    size: int = 0
    token: str = ""
    stream: Stream | None = None
    ended: bool = False
    ended_at: float = 0.0
    asked_at: float = 0.0
    located_at: float = 0.0
    at_end: bool = False
    is_full: bool = False

    @property
    def is_complete(self) -> bool:
        """Read to its end, some time after the run's, or as far as it is read at all."""
        settled = self.at_end and self.asked_at - self.ended_at > SETTLED
        return self.is_full or (self.ended and (settled or self.stream is None))

    def is_fresh(self, now: float) -> bool:
        return self.at_end and 0 <= now - self.asked_at < FRESH

    def needs_more(self, beyond: int, now: float) -> bool:
        return self.size <= beyond and not self.is_full and not self.is_fresh(now)

    def needs_locating(self, now: float) -> bool:
        patience = FRESH if self.stream is None else STALE
        return (self.stream is None or self.at_end) and not self.ended and now - self.located_at >= patience

    def locate(self, build: Told | None, now: float) -> None:
        self.located_at = now
        self.stream = (stream_of(build) if build else None) or self.stream
        self.ended = build is not None and is_ended(build)
        end = build.get("endTime") if build else None
        self.ended_at = end.timestamp() if isinstance(end, datetime) else 0.0


class Copy:
    """The copy of one run's log. Several processes may read and lengthen it."""

    def __init__(self, folder: Path, run: str) -> None:
        name = quote(run, safe="")
        self._log = folder / f"{name}.log"
        self._mark = folder / f"{name}.json"
        self._lock = folder / f"{name}.lock"

    @property
    def mark(self) -> Mark:
        try:
            return msgspec.json.decode(self._mark.read_bytes(), type=Mark)
        except (FileNotFoundError, msgspec.DecodeError):
            return Mark()

    def read(self, start: int, limit: int) -> bytes:
        size = self.mark.size
        if start >= size:
            return b""
        try:
            with self._log.open("rb") as file:
                file.seek(start)
                return file.read(min(limit, size - start))
        except FileNotFoundError:  # forgotten a moment ago
            return b""

    def locate(self, build: Told | None) -> None:
        """Note where CodeBuild says the log is, and whether the run has ended."""
        with self._locked():
            mark = self.mark
            mark.locate(build, time.time())
            self._save(mark)

    def lengthen(self, logs: Any, beyond: int) -> None:
        """Fetch until there is something beyond this byte, or the log's present end. Raises `Transient`."""
        with self._locked():
            mark, pages = self.mark, 0
            while mark.needs_more(beyond, time.time()) and mark.stream and pages < MOST_PAGES:
                self._fetch(logs, mark, mark.stream)
                pages += 1

    def _fetch(self, logs: Any, mark: Mark, stream: Stream) -> None:
        page = self._page(logs, mark, stream)
        text = text_of(page).encode(errors="replace")
        if mark.size + len(text) > MOST_BYTES:
            mark.is_full = True
            text = text[: MOST_BYTES - mark.size] + LEFT_OUT % MOST_BYTES
        self._append(text, mark.size)
        following = page.get("nextForwardToken") or ""
        mark.at_end = following == mark.token
        mark.size, mark.token, mark.asked_at = mark.size + len(text), following, time.time()
        self._save(mark)

    def _page(self, logs: Any, mark: Mark, stream: Stream) -> Any:
        place = {"logGroupName": stream.group, "logStreamName": stream.name, "startFromHead": True}
        try:
            return ask(logs.get_log_events, **place, **({"nextToken": mark.token} if mark.token else {}))
        except Refused as refused:
            if refused.is_missing:  # not made yet, or kept no longer
                return {"nextForwardToken": mark.token}
            if not (mark.token and refused.code == "InvalidParameterException"):
                raise
        # A token is good for a day. The same events again make the same bytes.
        mark.size, mark.token = 0, ""
        return ask(logs.get_log_events, **place)

    def _append(self, text: bytes, size: int) -> None:
        with self._log.open("ab") as file:
            file.truncate(size)
            file.write(text)

    def _save(self, mark: Mark) -> None:
        made = self._mark.with_suffix(".new")
        made.write_bytes(msgspec.json.encode(mark))
        made.replace(self._mark)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def stream_of(build: Told) -> Stream | None:
    """Known from PROVISIONING on, and never if the project keeps no logs in CloudWatch."""
    told = build.get("logs") or {}
    group, name = told.get("groupName"), told.get("streamName")
    return Stream(group, name) if group and name else None


def text_of(page: Any) -> str:
    """The events of a page as lines."""
    messages = (str(event.get("message", "")) for event in page.get("events") or ())
    return "".join(message if message.endswith("\n") else f"{message}\n" for message in messages)


def tail(logs: Any, stream: Stream) -> str:
    """The last lines of a log, with what looks like a secret masked; empty if there is none. Raises `Transient`."""
    text, token = "", ""
    for _ in range(MOST_PAGES):
        backward = {"nextToken": token} if token else {}
        try:
            page = ask(
                logs.get_log_events,
                logGroupName=stream.group,
                logStreamName=stream.name,
                startFromHead=False,
                limit=TAIL_LINES,
                **backward,
            )
        except Refused as refused:
            if refused.is_missing:
                break
            raise
        text = text_of(page) + text
        before = page.get("nextBackwardToken") or ""
        if before in ("", token) or text.count("\n") >= TAIL_LINES:
            break
        token = before
    return mask("\n".join(line[:LONGEST_TAIL_LINE] for line in text.splitlines()[-TAIL_LINES:]))
