"""How a running build shows itself: as it is in a pipe, with phase and elapsed time below it on a terminal."""

import sys
import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text


class Follower(Protocol):
    """Shows a build while it runs."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def phase(self, name: str) -> None: ...

    def output(self, log: bytes) -> None: ...


def follower(title: str) -> Follower:
    console = Console(highlight=False)
    return OnTerminal(title, console) if console.is_terminal else InPipe()


class InPipe:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def phase(self, name: str) -> None:
        """The log says it."""

    def output(self, log: bytes) -> None:
        sys.stdout.buffer.write(log)
        sys.stdout.flush()


class OnTerminal:
    """The log scrolls; the last line says which phase the build is in and for how long."""

    def __init__(self, title: str, console: Console) -> None:
        self._console = console
        self._title = title
        self._begun = self._since = time.monotonic()
        self._phase = "starting"
        self._open = b""
        self._spinner = Spinner("dots")
        self._live = Live(self._spinner, console=console, transient=True, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            self._print(self._open)
        self._live.stop()

    def phase(self, name: str) -> None:
        if name != self._phase:
            self._phase, self._since = name, time.monotonic()
        now = time.monotonic()
        phase = self._phase.lower().replace("_", " ")
        line = f"{self._title}: {phase}, {_elapsed(now - self._since)} (in all {_elapsed(now - self._begun)})"
        self._spinner.update(text=Text(line, style="bold", no_wrap=True, overflow="ellipsis"))

    def output(self, log: bytes) -> None:
        whole, newline, self._open = (self._open + log).rpartition(b"\n")
        if newline:
            self._print(whole)

    def _print(self, lines: bytes) -> None:
        for line in lines.decode(errors="replace").split("\n"):
            text = Text.from_ansi(line)
            if line.startswith("[Container] "):
                text.stylize("dim")
            self._console.print(text, soft_wrap=True)


def _elapsed(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
