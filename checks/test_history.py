"""What other builds say of a build's tests: which failures are new here, and which tests are flaky.

Nothing is said without both facts: a test that fails here has passed elsewhere, or the other way round.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from checks.build import Build
from checks.change import Change, Purpose
from checks.ports import CI
from checks.result import Outcome, Result
from checks.test_outcomes import TestOutcomes, digests
from checks.test_report import MOST_FAILURES, FailedTest, Mark, TestReport

MOST_BUILDS = 20
"""Other builds of a commit that are asked, the newest ones."""

_WHOLE = frozenset({Outcome.SUCCEEDED, Outcome.FAILED})
"""Where a build was broken off, tests may have failed because of that."""


async def with_history(build: Build, result: Result, ci: CI) -> Result:
    """The result with its tests compared. What others will be compared with is kept apart from the build."""
    tests = result.tests
    if tests is None or tests.outcomes is None:
        return result
    if result.outcome in _WHOLE:
        ci.tests.save(build.id, tests.outcomes)
        tests = await _compared(build, tests, tests.outcomes, ci)
    return replace(result, tests=replace(tests, outcomes=None))


async def _compared(build: Build, tests: TestReport, outcomes: TestOutcomes, ci: CI) -> TestReport:
    commit = await ci.builds.of_commit(build.change.repository.id, build.change.sha)
    alike = [other for other in commit if other.id != build.id and _may_tell(other, build)][:MOST_BUILDS]
    kept = await ci.tests.of([other.id for other in alike])
    failures = [test for other in alike if other.id in kept for test in other.tests.failures]
    tests = with_flaky(tests, outcomes, kept.values(), failures)
    base = await _base(build, commit, ci)
    return tests if base is None else with_new(tests, base[0].change.sha, base[1])


def with_flaky(
    tests: TestReport, own: TestOutcomes, others: Iterable[TestOutcomes], failures: Iterable[FailedTest]
) -> TestReport:
    """Mark tests that ended otherwise in `others`, builds of the same commit, and name those that passed now.

    `failures` are those of the other builds: outcomes have no names.
    """
    others = tuple(others)
    passed = frozenset[bytes]().union(*(digests(other.passed) for other in others))
    failed = frozenset[bytes]().union(*(digests(other.failed) for other in others))
    passed_now = digests(own.passed) & failed
    names = {test.digest: test.name for test in failures if test.digest in passed_now}
    return replace(
        tests,
        failures=tuple(replace(test, mark=Mark.FLAKY) if test.digest in passed else test for test in tests.failures),
        flaky=tuple(sorted(names.values()))[:MOST_FAILURES],
    )


def with_new(tests: TestReport, sha: str, base: TestOutcomes) -> TestReport:
    """Mark tests that passed in the base, at commit `sha`; who is flaky is not new. What is new comes first."""
    passed = digests(base.passed)
    failures = [
        replace(test, mark=Mark.NEW) if test.mark is None and test.digest in passed else test for test in tests.failures
    ]
    return replace(tests, failures=tuple(sorted(failures, key=lambda test: test.mark is not Mark.NEW)), base=sha)


def _may_tell(other: Build, build: Build) -> bool:
    """What code reports that nobody vouches for says nothing of what somebody does vouch for."""
    return other.architecture is build.architecture and (other.trusted or not build.trusted)


async def _base(build: Build, commit: Sequence[Build], ci: CI) -> tuple[Build, TestOutcomes] | None:
    """The newest build of the branch that the change goes into, if that is built at all.

    A push has to do with what came before it, also when it is built again later.
    """
    change = build.change
    branch = change.repository.default_branch
    if _branch_of(change) != branch:
        return None
    pushes = [other.id for other in commit if other.change.purpose is Purpose.PUSH]
    before = min([build.id, *pushes]) if change.purpose is Purpose.PUSH else ""
    found = await ci.tests.of_newest_push(change.repository.id, build.architecture, before=before)
    return found if found and found[0].trusted and found[0].change.branch == branch else None


def _branch_of(change: Change) -> str:
    """Where the change is, or wants to go."""
    if change.pull_request:
        return change.pull_request.base_branch
    if change.purpose is Purpose.MERGE_GROUP:  # gh-readonly-queue/main/pr-12-…
        return change.branch.partition("/")[2].rpartition("/")[0]
    return change.branch
