"""What a build's tests said: counts, and every failing test with its place in the repository."""

from enum import StrEnum

from msgspec import Struct

MOST_FAILURES = 500
"""How many failing tests are kept with their messages; all are counted."""


class Verdict(StrEnum):
    FAILED = "failed"
    ERRORED = "errored"


class FailedTest(Struct, frozen=True, kw_only=True):
    """A test that did not pass. `path` is relative to the repository, `line` starts at 1."""

    name: str
    verdict: Verdict
    message: str
    details: str = ""
    suite: str = ""
    path: str | None = None
    line: int | None = None


class TestReport(Struct, frozen=True, kw_only=True):
    """All reports of a build added up."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: tuple[FailedTest, ...] = ()

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.skipped
