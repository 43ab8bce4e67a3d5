"""A build's tests in Markdown: how many passed, and which did not, why and where."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from checks.annotation import annotated_path
from checks.build import Build
from checks.change import Purpose, short
from checks.markdown import code, link, plain, table
from checks.secrets import mask
from checks.test_outcomes import MOST_TESTS
from checks.test_report import FailedTest, Mark, TestReport
from checks.title import counted

MOST_SHOWN = 20
MOST_UNREAD = 5
MOST_FLAKY = 10
MOST_BYTES = 40_000
LONGEST_NAME = 300
LONGEST_WHY = 400


def counts(tests: TestReport) -> str:
    """`**2 tests failed** (1 new), 246 passed, 3 skipped`, or nothing if there were no tests."""
    named = [(tests.failed, "failed"), (tests.passed, "passed"), (tests.skipped, "skipped")]
    told = [(number, ending) for number, ending in named if number]
    first = [f"**{counted(number, 'test')} {ending}**{marked(tests)}" for number, ending in told[:1]]
    return ", ".join([*first, *(f"{number} {ending}" for number, ending in told[1:])])


def mark_words(build: Build, test: FailedTest) -> str:
    """`new here, passes on main`, or nothing if other builds say nothing of the test."""
    match test.mark:
        case Mark.FLAKY:
            return "flaky: passed on this commit before"
        case Mark.NEW if build.change.purpose is Purpose.PUSH:
            return f"new since {short(build.tests.base)}"
        case Mark.NEW:
            return f"new here, passes on {build.change.repository.default_branch}"
        case None:
            return ""


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


def flaky_tests(tests: TestReport) -> Iterator[str]:
    """The tests that passed now, and failed when this commit was built before."""
    if tests.flaky:
        shown = ", ".join(code(mask(name), LONGEST_NAME) for name in tests.flaky[:MOST_FLAKY])
        more = f" and {len(tests.flaky) - MOST_FLAKY} more" if len(tests.flaky) > MOST_FLAKY else ""
        yield f"**Flaky:** {flaky_words(tests)}: {shown}{more}."


def flaky_words(tests: TestReport) -> str:
    return f"{counted(len(tests.flaky), 'test')} failed on this commit before and passed now" if tests.flaky else ""


def not_compared(tests: TestReport) -> str:
    if tests.failed and tests.is_too_large:
        return f"Not compared with other builds: there are more than {MOST_TESTS:,} tests."
    return ""


def marked(tests: TestReport) -> str:
    """` (1 new, 2 flaky)`, where that is known of all tests that failed."""
    if len(tests.failures) < tests.failed:
        return ""
    numbers = [(sum(test.mark is mark for test in tests.failures), mark) for mark in Mark]
    words = ", ".join(f"{number} {mark}" for number, mark in numbers if number)
    return f" ({words})" if words else ""


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
    return f"{code(mask(test.name), LONGEST_NAME)}{_mark(build, test)}", why or str(test.verdict), _where(build, test)


def _mark(build: Build, test: FailedTest) -> str:
    words = plain(mark_words(build, test), LONGEST_NAME)
    if test.mark is Mark.NEW:  # the base's own check shows that it passes
        words = link(words, f"{build.change.repository.html_url}/commit/{build.tests.base}")
    return f" · *{words}*" if words else ""


def _where(build: Build, test: FailedTest) -> str:
    path = annotated_path(test)
    if path is None:
        return "–"
    change, line = build.change, test.line or 0
    address = f"{change.repository.html_url}/blob/{change.sha}/{quote(path)}"
    if line < 1:
        return link(plain(path, LONGEST_NAME), address)
    return link(plain(f"{path}:{line}", LONGEST_NAME), f"{address}#L{line}")
