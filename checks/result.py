"""How a run on a runner ended: the phases, what failed, the tests, and what the build exported."""

from enum import StrEnum

from msgspec import Struct

from checks.test_report import TestReport


class Outcome(StrEnum):
    """FAILED is the user's; FAULT is the platform's (the run was lost, the source could not be had)."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    FAULT = "fault"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"


ORDER_OF_PHASES = (
    "SUBMITTED",
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
    "COMPLETED",
)
"""https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details.html"""

WAITING = frozenset({"", "SUBMITTED", "QUEUED"})
"""Phases of a run that has been accepted and not begun."""


def is_later(phase: str, than: str) -> bool:
    """Whether a run that is in `phase` has been in the other one, or skipped it; unknown phases are no later."""
    if phase not in ORDER_OF_PHASES:
        return False
    return than not in ORDER_OF_PHASES or ORDER_OF_PHASES.index(phase) > ORDER_OF_PHASES.index(than)


class Phase(Struct, frozen=True, kw_only=True):
    """A phase of the buildspec by its CodeBuild name (`PRE_BUILD`), and how long it took in seconds."""

    name: str
    succeeded: bool
    seconds: float


class Failure(Struct, frozen=True, kw_only=True):
    """The first command that failed; `exit_code` is None when it never ended by itself."""

    phase: str
    command: str
    exit_code: int | None = None


class Result(Struct, frozen=True, kw_only=True):
    """`log_tail` holds the last lines of the log, secrets masked, otherwise as the build wrote them."""

    outcome: Outcome
    phases: tuple[Phase, ...] = ()
    failure: Failure | None = None
    tests: TestReport | None = None
    exported: dict[str, str] = {}
    log_tail: str = ""
    message: str = ""
