"""Check suites and check runs: what an App says of a commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.demo.github.installation import App
from app.demo.github.repository import Repository


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A remark at lines of a file; `annotation_level` is notice, warning or failure."""

    path: str
    start_line: int
    end_line: int
    annotation_level: str
    message: str
    start_column: int | None = None
    end_column: int | None = None
    title: str | None = None
    raw_details: str | None = None


@dataclass(frozen=True, kw_only=True)
class Action:
    """A button."""

    label: str
    description: str
    identifier: str


@dataclass(kw_only=True)
class Output:
    """`summary` and `text` are Markdown; annotations are appended by every update."""

    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Annotation] = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class CheckSuite:
    """All runs of one App on one commit. `head_branch` is None for commits of forks."""

    id: int
    app: App
    repository: Repository
    head_sha: str
    head_branch: str | None
    created_at: datetime
    updated_at: datetime
    before: str | None = None
    runs: list["CheckRun"] = field(default_factory=list)
    is_reset: bool = False

    @property
    def latest_runs(self) -> Sequence["CheckRun"]:
        """The newest run of each name."""
        return list({run.name: run for run in self.runs}.values())

    @property
    def status(self) -> str:
        """queued, in_progress or completed; a re-requested suite is queued until one of its runs changes."""
        states = {run.status for run in self.latest_runs}
        if self.is_reset or not states or states == {"queued"}:
            return "queued"
        return "completed" if states == {"completed"} else "in_progress"

    @property
    def conclusion(self) -> str | None:
        if self.status != "completed":
            return None
        found = {run.conclusion for run in self.latest_runs}
        return next((each for each in WORST_FIRST if each in found), "success")


WORST_FIRST = ("action_required", "cancelled", "timed_out", "failure", "stale", "success", "neutral", "skipped")


@dataclass(eq=False, kw_only=True)
class CheckRun:
    """`status` is queued, in_progress or completed; `conclusion` is None until it is completed."""

    id: int
    suite: CheckSuite
    name: str
    status: str
    started_at: datetime
    external_id: str = ""
    details_url: str = ""
    conclusion: str | None = None
    completed_at: datetime | None = None
    output: Output = field(default_factory=Output)
    actions: Sequence[Action] = ()

    @property
    def repository(self) -> Repository:
        return self.suite.repository

    @property
    def head_sha(self) -> str:
        return self.suite.head_sha

    @property
    def app(self) -> App:
        return self.suite.app
