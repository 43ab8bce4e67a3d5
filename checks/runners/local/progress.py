"""How far a run has come: the phases that it went through, told in its log as CodeBuild tells them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from checks.result import Failure, Phase
from checks.runners.local.log import Log


@dataclass
class Progress:
    """`phases` and the first failure so far; `name` is the phase that is under way, `since` when it began."""

    enter: Callable[[str], None]
    log: Log
    phases: list[Phase] = field(default_factory=list)
    failure: Failure | None = None
    message: str = ""
    name: str = ""
    since: float = 0.0

    @property
    def succeeding(self) -> bool:
        return not self.message

    def begin_again(self) -> None:
        """Forget what happened, for another attempt."""
        self.phases.clear()
        self.message, self.failure = "", None

    def begin(self, name: str) -> None:
        self.name, self.since = name, time.monotonic()
        self.enter(name)
        if name != "DOWNLOAD_SOURCE":
            self.log.say(f"Entering phase {name}")

    def end(self, code: str = "", message: str = "", failure: Failure | None = None) -> None:
        """Close the phase; a message means that it failed. The first failure is the one that is told."""
        if message and not self.message:
            self.message, self.failure = message, failure
        self.phases.append(
            Phase(name=self.name, succeeded=not message, seconds=round(time.monotonic() - self.since, 3))
        )
        self.log.say(f"Phase complete: {self.name} State: {'FAILED' if message else 'SUCCEEDED'}")
        self.log.say(f"Phase context status code: {code} Message: {message}")
        self.name = ""
