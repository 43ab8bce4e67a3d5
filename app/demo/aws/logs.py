"""CloudWatch Logs as far as builds write to it: streams, read page by page with GetLogEvents."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.demo.aws.faults import Faults
from app.demo.aws.refusal import Refusal, not_found

Json = dict[str, Any]

MOST_EVENTS = 10_000
MOST_BYTES = 1 << 20
"""Of a page: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html"""

_TOKEN = re.compile(r"([fb])/(\d{20})/s")
_TIME = re.compile(rb"\[Container\] (\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}) ")


def time_of(line: bytes) -> datetime | None:
    """When CodeBuild's agent wrote a line of its own; None for lines of commands."""
    found = _TIME.match(line)
    return datetime.strptime(found[1].decode(), "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC) if found else None


@dataclass
class Stream:
    """Lines, each with its newline, and the time of each in milliseconds."""

    lines: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    _open: bytes = b""

    def append(self, text: bytes) -> list[bytes]:
        """Take what was written; returns the lines that it completes. A line is an event once it is whole."""
        *whole, self._open = (self._open + text).split(b"\n")
        for line in whole:
            at = time_of(line) or datetime.now(UTC)
            self.lines.append(line.decode(errors="replace") + "\n")
            self.times.append(max(int(at.timestamp() * 1000), self.times[-1] if self.times else 0))
        return whole

    def event(self, index: int) -> Json:
        at = self.times[index]
        return {"timestamp": at, "message": self.lines[index], "ingestionTime": at}


class Logs:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._groups: dict[str, dict[str, Stream]] = {}

    def create(self, group: str, stream: str) -> Stream:
        return self._groups.setdefault(group, {}).setdefault(stream, Stream())

    def get_log_events(self, asked: Json) -> Json:
        group = self._groups.get(_group(asked))
        if group is None:
            raise not_found("The specified log group does not exist.")
        stream = group.get(asked["logStreamName"])
        if stream is None:
            raise not_found("The specified log stream does not exist.")
        start, end = self._window(stream, asked)
        return {
            "events": [stream.event(index) for index in range(start, end)],
            "nextForwardToken": f"f/{end:020}/s",
            "nextBackwardToken": f"b/{start:020}/s",
        }

    def _window(self, stream: Stream, asked: Json) -> tuple[int, int]:
        limit = self._faults.log_page(asked.get("limit", MOST_EVENTS))
        first, last = _between(stream, asked)
        token = asked.get("nextToken")
        if token is None:
            return (
                _forward(stream, first, last, limit) if asked.get("startFromHead") else (max(first, last - limit), last)
            )
        found = _TOKEN.fullmatch(token)
        if not found:
            raise Refusal("InvalidParameterException", "The specified nextToken is invalid.")
        at = min(int(found[2]), len(stream.lines))
        if found[1] == "f":
            return _forward(stream, max(first, at), last, limit)
        return max(first, at - limit), at


def _group(asked: Json) -> str:
    """An identifier is a name or an ARN."""
    identifier = asked.get("logGroupName") or asked.get("logGroupIdentifier", "")
    return str(identifier).rpartition("log-group:")[2].removesuffix(":*")


def _between(stream: Stream, asked: Json) -> tuple[int, int]:
    since, until = asked.get("startTime", 0), asked.get("endTime")
    first = next((index for index, at in enumerate(stream.times) if at >= since), len(stream.times))
    if until is None:
        return first, len(stream.times)
    return first, next((index for index, at in enumerate(stream.times) if at >= until), len(stream.times))


def _forward(stream: Stream, first: int, last: int, limit: int) -> tuple[int, int]:
    end, room = first, MOST_BYTES
    while end < min(last, first + limit):
        room -= len(stream.lines[end].encode())
        if room < 0 and end > first:
            break
        end += 1
    return first, max(end, first)
