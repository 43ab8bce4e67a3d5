"""A build: the phases it went through, how it ended, and what the API shows of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app.demo.aws.account import Account

IN_PROGRESS = "IN_PROGRESS"

Json = dict[str, Any]


@dataclass(eq=False, kw_only=True)
class Phase:
    """`contexts` are pairs of a status code and a message."""

    name: str
    started: datetime
    ended: datetime | None = None
    status: str = ""
    contexts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return (self.ended - self.started).total_seconds() if self.ended else 0.0


Listener = Callable[["Build", Phase | None], None]
"""Hears of a phase that ended; None: the status of the build changed."""


@dataclass(eq=False, kw_only=True)
class Build:
    """`settings` are the members of the API's Build that the request and the project decide.

    `trusted` says whether it has the project's own role, and with it rights. `resolved` is the commit that it is of.
    """

    account: Account
    project: str
    number: int
    settings: Json
    started: datetime
    listener: Listener
    trusted: bool = True
    uuid: str = field(default_factory=lambda: str(uuid4()))
    status: str = IN_PROGRESS
    phases: list[Phase] = field(default_factory=list)
    ended: datetime | None = None
    resolved: str = ""
    exported: dict[str, str] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    group: str = ""
    stream: str = ""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> str:
        return f"{self.project}:{self.uuid}"

    @property
    def arn(self) -> str:
        return self.account.build_arn(self.id)

    @property
    def is_complete(self) -> bool:
        return self.status != IN_PROGRESS

    @property
    def phase(self) -> Phase:
        return self.phases[-1]

    @property
    def variables(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.settings["environment"]["environmentVariables"]
        return found

    def enter(self, name: str, at: datetime | None = None) -> None:
        self.phases.append(Phase(name=name, started=at or datetime.now(UTC)))

    def leave(self, status: str = "SUCCEEDED", code: str = "", message: str = "", at: datetime | None = None) -> None:
        """End the phase that the build is in, if it did not end yet."""
        phase = self.phase
        if phase.status:
            return
        phase.ended = max(at or datetime.now(UTC), phase.started)
        phase.status = status
        phase.contexts = [(code, message)]
        self.listener(self, phase)

    def begin_again(self) -> None:
        """Another attempt of the same build: what came after the source is forgotten."""
        names = [phase.name for phase in self.phases]
        del self.phases[names.index("DOWNLOAD_SOURCE") + 1 :]

    def end(self, status: str, code: str = "", message: str = "") -> None:
        """The build is over; the phase that it is in ends with the same status."""
        self.leave(status, code, message)
        self.enter("COMPLETED")
        self.status = status
        self.ended = self.phase.started
        self.listener(self, None)

    def document(self) -> Json:
        """As BatchGetBuilds shows it; times are datetimes."""
        shown = {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "startTime": self.started,
            "endTime": self.ended,
            "currentPhase": self.phase.name,
            "buildStatus": self.status,
            "resolvedSourceVersion": self.resolved or None,
            "projectName": self.project,
            "phases": [_shown(phase) for phase in self.phases],
            "logs": self._logs(),
            "buildComplete": self.is_complete,
            "exportedEnvironmentVariables": [{"name": name, "value": text} for name, text in self.exported.items()],
            "reportArns": list(self.reports),
            **{name: value for name, value in self.settings.items() if name != "logsConfig"},
        }
        return {name: value for name, value in shown.items() if value is not None}

    def _logs(self) -> Json:
        group, stream = (self.group or "null"), (self.stream or "null")
        names = {"groupName": self.group, "streamName": self.stream} if self.stream else {}
        return {**names, "deepLink": self.deep_link, "cloudWatchLogsArn": self._log_arn(group, stream)} | {
            name: dict(config) for name, config in self.settings["logsConfig"].items()
        }

    def _log_arn(self, group: str, stream: str) -> str:
        return self.account.arn("logs", f"log-group:{group}:log-stream:{stream}")

    @property
    def deep_link(self) -> str:
        region = self.account.region
        where = f"group={self.group or 'null'};stream={self.stream or 'null'}"
        return f"https://console.aws.amazon.com/cloudwatch/home?region={region}#logEvent:{where}"


def _shown(phase: Phase) -> Json:
    shown: Json = {"phaseType": phase.name, "startTime": phase.started}
    if phase.status:
        shown |= {"phaseStatus": phase.status, "endTime": phase.ended, "durationInSeconds": int(phase.seconds)}
        shown["contexts"] = [{"statusCode": code, "message": message} for code, message in phase.contexts]
    return shown
