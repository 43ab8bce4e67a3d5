"""What a build's tests said: counts, and every failing test with its place in the repository."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from checks import junit
from checks.junit import Case, Ending
from checks.markdown import one_line
from checks.place import Exists, Places
from checks.secrets import mask
from checks.stack_trace import frames
from checks.terminal import plain_text
from checks.test_outcomes import MOST_TESTS, NAMELESS, Tally, TestOutcomes, digest

MOST_FAILURES = 500
"""How many failing tests are kept with their messages; all are counted."""

MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 5_000
MOST_UNREAD = 20
LONGEST_NAME = 1_000
LONGEST_MESSAGE = 4_000
LONGEST_DETAILS = 16_000
LONGEST_TRACE = 100_000
MOST_FRAMES = 100
_GAP = "\n… cut …\n"

_SAYS_NOTHING = frozenset({"", "failed", "failure", "error", "test failed", "testcase failed"})
_FRAMING = re.compile(r"(?:=== (?:RUN|PAUSE|CONT|NAME)|--- (?:FAIL|SKIP|PASS))\b|(?:Failure|Error):$")
"""Lines that Go's and Ruby's test runners put around what a test says."""


class Verdict(StrEnum):
    FAILED = "failed"
    ERRORED = "errored"


class Mark(StrEnum):
    """What other builds say of a failing test: it passes without this change, or passed with it too."""

    NEW = "new"
    FLAKY = "flaky"


class FailedTest(Struct, frozen=True, kw_only=True):
    """A test that did not pass. `path` is relative to the repository, `line` starts at 1.

    The texts are for people: without colours, secrets masked, bounded. `digest` finds the test in other builds.
    """

    name: str
    verdict: Verdict
    message: str
    details: str = ""
    suite: str = ""
    path: str | None = None
    line: int | None = None
    digest: bytes = NAMELESS
    mark: Mark | None = None


class TestReport(Struct, frozen=True, kw_only=True):
    """All reports of a build added up. `unread` names the files that were none, each with the reason.

    `outcomes` is what other builds are compared with. What comes out of a comparison: the marks of the failures,
    the names of `flaky` tests that passed now and failed in another build of this commit, and the commit of the
    `base` on the default branch.
    """

    __test__ = False  # pytest: this is not a test

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: tuple[FailedTest, ...] = ()
    unread: tuple[str, ...] = ()
    outcomes: TestOutcomes | None = None
    flaky: tuple[str, ...] = ()
    base: str = ""

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.skipped

    @property
    def is_too_large(self) -> bool:
        """Whether there are more tests than are compared with those of other builds."""
        return self.passed + self.failed > MOST_TESTS


def parse_reports(
    files: Iterable[tuple[str, bytes]], *, root: str, exists: Exists | None = None, secrets: Iterable[str] = ()
) -> TestReport:
    """Read JUnit files, given by name and content; no content whatever raises.

    `root` is the absolute path of the source directory. `exists` tells whether a path relative to it is a
    file: with it, Java and Go traces, which name no folders, and tests that ran elsewhere find their place.
    """
    unread: list[str] = []
    report = add_up(_readable(files, unread), root=root, exists=exists, secrets=secrets)
    return replace(report, unread=tuple(unread[:MOST_UNREAD]))


def add_up(
    reports: Iterable[tuple[str, Sequence[Case]]],
    *,
    root: str,
    exists: Exists | None = None,
    secrets: Iterable[str] = (),
) -> TestReport:
    """Add up the cases of reports, each given by its name and what is in it; the rest as in `parse_reports`."""
    places, hidden = Places(root, exists), tuple(secrets)
    counts: Counter[Ending] = Counter()
    seconds = 0.0
    tally = Tally()
    failures: list[FailedTest] = []
    for name, cases in reports:
        counts.update(case.ending for case in cases)
        seconds += sum(case.seconds for case in cases)
        tally.add(cases)
        wanted = [case for case in cases if case.ending in (Ending.FAILED, Ending.ERRORED)]
        failures += [_failure(case, name, places, hidden) for case in wanted[: MOST_FAILURES - len(failures)]]
    return TestReport(
        passed=counts[Ending.PASSED],
        failed=counts[Ending.FAILED] + counts[Ending.ERRORED],
        skipped=counts[Ending.SKIPPED],
        seconds=seconds,
        failures=tuple(failures),
        outcomes=tally.outcomes(),
    )


def _readable(files: Iterable[tuple[str, bytes]], unread: list[str]) -> Iterator[tuple[str, Sequence[Case]]]:
    """The reports that can be read; the others are added to `unread`, with the reason."""
    room = MOST_BYTES
    for number, (name, data) in enumerate(files):
        room -= len(data)
        try:
            yield name, _cases(data, number, room)
        except junit.Unreadable as error:
            unread.append(f"{one_line(name)[:LONGEST_NAME]}: {error}")


def _cases(data: bytes, number: int, room: int) -> Sequence[Case]:
    if number >= MOST_FILES:
        raise junit.Unreadable(f"there are more than {MOST_FILES} reports")
    if room < 0:
        raise junit.Unreadable(f"the reports are larger than {MOST_BYTES // 1024**2} MiB")
    return junit.read(data)


def _failure(case: Case, report: str, places: Places, secrets: Sequence[str]) -> FailedTest:
    def clean(text: str, longest: int) -> str:
        return _ends(mask(plain_text(_ends(text, 10 * longest)), secrets).strip("\n"), longest)

    details = case.details.strip("\n") or case.output
    path, line = _place(case, report, places)
    return FailedTest(
        name=one_line(clean(case.name, LONGEST_NAME)) or "a test without a name",
        verdict=Verdict(case.ending.value),
        message=clean(_message(case, details), LONGEST_MESSAGE),
        details=clean(details, LONGEST_DETAILS),
        suite=one_line(clean(case.group, LONGEST_NAME)),
        path=path,
        line=line,
        digest=digest(case),
    )


def _ends(text: str, longest: int) -> str:
    """Both ends of what is too long: some traces have the cause first, some last."""
    if len(text) <= longest:
        return text
    half = (longest - len(_GAP)) // 2
    return f"{text[:half]}{_GAP}{text[-half:]}"


def _message(case: Case, details: str) -> str:
    """Some reporters say no more than "Failed"; then the first line of the text that says something does."""
    if case.message.strip().lower() not in _SAYS_NOTHING:
        return case.message
    said = (line.strip() for line in _ends(details, LONGEST_TRACE).splitlines())
    telling = (line for line in said if line and not _FRAMING.match(line) and not line.endswith(f"::{case.name}"))
    return next(telling, case.message or case.ending.value)


def _place(case: Case, report: str, places: Places) -> tuple[str | None, int | None]:
    """The innermost line of the failure's trace in the repository, else the test's own."""
    named = places.find(case.file, report=report, group=case.group)
    trace = f"{case.message}\n{case.details or case.output}"
    for frame in frames(_ends(trace, LONGEST_TRACE))[:MOST_FRAMES]:
        if named and "/" not in frame.path and named.endswith(f"/{frame.path}"):
            return named, frame.line
        path = places.find(frame.path, report=report, group=case.group)
        if path:
            return path, frame.line
    return (named, _own_line(case)) if named else (None, None)


def _own_line(case: Case) -> int | None:
    """pytest counts the lines of its attribute from 0."""
    if not re.fullmatch(r"[0-9]{1,7}", case.line):
        return None
    line = int(case.line) + case.file.endswith(".py")
    return line if line > 0 else None
