"""A build's tests in Markdown: how many passed, and which did not, why and where."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from checks.annotation import annotated_path
from checks.build import Build
from checks.markdown import code, link, plain, table
from checks.secrets import mask
from checks.test_report import FailedTest, TestReport
from checks.title import counted

MOST_SHOWN = 20
MOST_UNREAD = 5
MOST_BYTES = 40_000
LONGEST_NAME = 300
LONGEST_WHY = 400


def counts(tests: TestReport) -> str:
    """`**2 tests failed**, 246 passed, 3 skipped`, or nothing if there were no tests."""
    named = [(tests.failed, "failed"), (tests.passed, "passed"), (tests.skipped, "skipped")]
    told = [(number, ending) for number, ending in named if number]
    first = [f"**{counted(number, 'test')} {ending}**" for number, ending in told[:1]]
    return ", ".join([*first, *(f"{number} {ending}" for number, ending in told[1:])])


def failing_tests(build: Build) -> Iterator[str]:
    """The first failing tests, and how many more there are."""
    failures = build.tests.failures
    if failures:
        yield _table(build, failures[:MOST_SHOWN])
    if len(failures) > MOST_SHOWN:
        yield f"{counted(len(failures) - MOST_SHOWN, 'more failing test')} below."


def more_failing_tests(build: Build) -> Iterator[str]:
    """The failing tests after those, as many as fit."""
    failures = build.tests.failures[MOST_SHOWN:]
    if not failures:
        return
    shown = list(_fitting(build, failures))
    yield f"### More failing tests\n\n{table(('test', 'why', 'where'), shown)}"
    if left := build.tests.failed - MOST_SHOWN - len(shown):
        yield f"{counted(left, 'more failing test')} in the full log."


def unread(tests: TestReport) -> Iterator[str]:
    """Reports that could not be read: the counts do not have their tests."""
    if tests.unread:
        shown = "; ".join(plain(each) for each in tests.unread[:MOST_UNREAD])
        more = f"; and {len(tests.unread) - MOST_UNREAD} more" if len(tests.unread) > MOST_UNREAD else ""
        yield f"**Not read:** {shown}{more}"


def _table(build: Build, failures: Iterable[FailedTest]) -> str:
    return table(("test", "why", "where"), [_row(build, test) for test in failures])


def _fitting(build: Build, failures: Iterable[FailedTest]) -> Iterator[Sequence[str]]:
    room = MOST_BYTES
    for test in failures:
        row = _row(build, test)
        room -= 2 * len("".join(row).encode())  # a bar in a cell takes a backslash more
        if room < 0:
            return
        yield row


def _row(build: Build, test: FailedTest) -> Sequence[str]:
    why = plain(mask(test.message.strip().partition("\n")[0]), LONGEST_WHY)
    return code(mask(test.name), LONGEST_NAME), why or str(test.verdict), _where(build, test)


def _where(build: Build, test: FailedTest) -> str:
    path = annotated_path(test)
    if path is None:
        return "–"
    change, line = build.change, test.line or 0
    address = f"{change.repository.html_url}/blob/{change.sha}/{quote(path)}"
    if line < 1:
        return link(plain(path, LONGEST_NAME), address)
    return link(plain(f"{path}:{line}", LONGEST_NAME), f"{address}#L{line}")
