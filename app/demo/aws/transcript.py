"""The phases of a build as the log of the agent tells them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app.demo.aws.logs import time_of

_ENTERING = re.compile(r"Entering phase (\w+)")
_COMPLETE = re.compile(r"Phase complete: (\w+) State: (\w+)")
_CONTEXT = re.compile(r"Phase context status code: (\w*) Message: (.*)")
_AGAIN = re.compile(r"Retrying the build \(attempt")
_OWN = re.compile(r"\[Container\] \S+ \S+ (.*)")


@dataclass(frozen=True, slots=True)
class Entered:
    phase: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """`code` and `message` say why the phase failed, and are empty if it did not."""

    phase: str
    at: datetime
    succeeded: bool
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Again:
    """The build begins anew."""


Mark = Entered | Left | Again


class Transcript:
    """Reads a log line by line. A message may have several lines: it is complete with the agent's next line."""

    def __init__(self) -> None:
        self._left: tuple[str, datetime, bool] | None = None
        self._code = ""
        self._message: list[str] = []

    def read(self, line: bytes) -> Iterator[Mark]:
        text, at = line.decode(errors="replace"), time_of(line)
        if at is None:
            if self._message:
                self._message.append(text)
            return
        own = _OWN.match(text)
        said = own[1] if own else ""
        if context := _CONTEXT.match(said):
            self._code, self._message = context[1], [context[2]]
            return
        yield from self.end()
        if entering := _ENTERING.match(said):
            yield Entered(entering[1], at)
        elif complete := _COMPLETE.match(said):
            self._left = complete[1], at, complete[2] == "SUCCEEDED"
        elif _AGAIN.match(said):
            yield Again()

    def end(self) -> Iterator[Mark]:
        """What is known when nothing more comes."""
        if self._left:
            phase, at, succeeded = self._left
            yield Left(phase, at or datetime.now(UTC), succeeded, self._code, "\n".join(self._message).strip())
        self._left, self._code, self._message = None, "", []
