"""How a build reads on GitHub: every sentence, button and annotation of its check run."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from checks.build import Build


class Button(StrEnum):
    """What a button of a check asks for; the value is the identifier that GitHub sends back."""

    RERUN = "rerun"
    APPROVE = "approve"
    CANCEL = "cancel"


class Action(Struct, frozen=True, kw_only=True):
    """A button: label <= 20 characters, description <= 40, at most three on a check."""

    button: Button
    label: str
    description: str


class Annotation(Struct, frozen=True, kw_only=True):
    """A remark at lines of a file: `path` relative to the repository, lines from 1."""

    path: str
    start_line: int
    end_line: int
    title: str
    message: str
    level: str = "failure"
    raw_details: str = ""


class CheckRun(Struct, frozen=True, kw_only=True):
    """A check run within all limits of the Checks API; `external_id` is the build's id.

    `annotations` may be more than one request takes: the gateway sends them in batches.
    https://docs.github.com/en/rest/checks/runs
    """

    external_id: str
    name: str
    head_sha: str
    status: str
    title: str
    summary: str
    details_url: str
    conclusion: str | None = None
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    actions: tuple[Action, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def urgency(self) -> int:
        """Who goes first when writes have to wait: 0 conclusions, 1 what asks a person, 2 progress."""
        return 0 if self.conclusion else 1 if self.status == "queued" else 2


def check_run(build: Build, *, log_url: str, ahead: int = 0, note: str = "") -> CheckRun:
    """The check of a build as it is now.

    `log_url` is the page with the whole log, `ahead` how many builds wait before it, `note` one more
    sentence for whoever pressed a button ("@eve cannot approve: …").
    """
    raise NotImplementedError
