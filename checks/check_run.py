"""How a build reads on GitHub: its check run, with buttons and annotations."""

from datetime import datetime

from msgspec import Struct

from checks.annotation import Annotation, annotations
from checks.build import Architecture, Build, State
from checks.button import Action, Button
from checks.summary import summary, text
from checks.title import title


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


_APPROVE = Action(button=Button.APPROVE, label=Button.APPROVE.label, description="Run this commit, without secrets")
_CANCEL = Action(button=Button.CANCEL, label=Button.CANCEL.label, description="Stop this build")

# GitHub has a Re-run of its own on what has ended; a second one beside it would only be in the way.
_ACTIONS = {
    State.WAITING_FOR_APPROVAL: (_APPROVE,),
    State.QUEUED: (_CANCEL,),
    State.RUNNING: (_CANCEL,),
}

# GitHub shows buttons on completed checks, so what waits for a person is completed until it is approved.
# An error is a failure too: `neutral` and `skipped` would satisfy a required check.
_CONCLUSIONS = {
    State.WAITING_FOR_APPROVAL: "action_required",
    State.SUCCEEDED: "success",
    State.FAILED: "failure",
    State.ERROR: "failure",
    State.TIMED_OUT: "timed_out",
    State.CANCELLED: "cancelled",
    State.SKIPPED: "skipped",
}


def check_name(architecture: Architecture) -> str:
    """A required check is chosen by its name: another architecture adds a name and changes none."""
    return "Interlock" if architecture is Architecture.X86_64 else f"Interlock ({architecture})"


def check_run(build: Build, *, log_url: str, ahead: int = 0) -> CheckRun:
    """The check of a build as it is now.

    `log_url` is the page with the whole log, `ahead` how many builds wait before it.
    """
    conclusion = _CONCLUSIONS.get(build.state)
    return CheckRun(
        external_id=build.id,
        name=check_name(build.architecture),
        head_sha=build.change.sha,
        status="completed" if conclusion else "queued" if build.state is State.QUEUED else "in_progress",
        conclusion=conclusion,
        title=title(build, ahead),
        summary=summary(build, log_url=log_url, ahead=ahead),
        text=text(build),
        details_url=log_url,
        annotations=annotations(build.tests.failures),
        actions=_ACTIONS.get(build.state, ()),
        started_at=build.started_at,
        completed_at=_completed_at(build),
    )


def _completed_at(build: Build) -> datetime | None:
    """Clocks differ; a check does not end before it starts."""
    if not build.state.is_final or build.finished_at is None:
        return None
    return max(build.finished_at, build.started_at or build.finished_at)
