"""The title of a check: the answer in one line, for the list of checks is read more often than any page."""

from datetime import timedelta

from checks.build import Build, State
from checks.change import short
from checks.duration import MINUTE, human
from checks.markdown import cut, one_line
from checks.result import Failure, Result
from checks.secrets import mask
from checks.test_report import TestReport

LONGEST = 255
LONGEST_COMMAND = 120


def title(build: Build, ahead: int = 0) -> str:
    return cut(one_line(mask(_title(build, ahead))) or build.state.capitalize(), LONGEST)


def _title(build: Build, ahead: int) -> str:
    match build.state:
        case State.WAITING_FOR_APPROVAL:
            return f"Waiting for approval: {distrust(build)}"
        case State.QUEUED:
            return _queued(build, ahead)
        case State.RUNNING:
            return "Ended; reading the result" if build.phase == "COMPLETED" else _with("Building", build.phase.lower())
        case State.SUCCEEDED:
            return _passed(build)
        case State.FAILED:
            return _failed(build)
        case State.TIMED_OUT:
            return _timed_out(build)
        case State.CANCELLED:
            return _with("Cancelled", build.why)
        case State.ERROR:
            return _with("Interlock could not run this build", build.why)
        case State.SKIPPED:
            return _with("Skipped", build.why)


def _queued(build: Build, ahead: int) -> str:
    if build.delay:
        return _with("Waiting", build.delay)
    if build.faults:
        return "Starting again: the runner lost the build"
    return f"Waiting for a runner ({ahead} ahead)" if ahead > 0 else "Waiting for a runner"


def _with(what: str, why: str) -> str:
    return f"{what}: {why}" if why.strip() else what


def distrust(build: Build) -> str:
    return build.why or f"@{build.change.sender} has no write access"


def tests_failed(tests: TestReport) -> str:
    """`2 of 248 tests failed`; empty if none did. Skipped tests did not run."""
    return f"{tests.failed} of {counted(tests.passed + tests.failed, 'test')} failed" if tests.failed else ""


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def failed_phase(result: Result) -> str:
    """The phase in which the build ended before its time, as the buildspec writes it."""
    if result.failure:
        return result.failure.phase.lower()
    return next((phase.name.lower() for phase in reversed(result.phases) if not phase.succeeded), "")


def command_failed(failure: Failure) -> str:
    command = cut(one_line(failure.command), LONGEST_COMMAND) or "a command"
    return f"{command} {how_it_ended(failure)}"


def how_it_ended(failure: Failure) -> str:
    return "did not end by itself" if failure.exit_code is None else f"exited with {failure.exit_code}"


def _passed(build: Build) -> str:
    parts = ["Passed" if build.took is None else f"Passed in {human(build.took)}"]
    if build.tests.passed + build.tests.failed:
        parts.append(tests_failed(build.tests) or counted(build.tests.passed, "test"))
    if build.has_published:
        parts.append(f"published {short(build.change.sha)}")
    return " · ".join(parts)


def _failed(build: Build) -> str:
    result = build.result
    if result is None:
        return build.why or "Failed"
    phase = failed_phase(result)
    if failing := tests_failed(build.tests):
        return f"{failing} in {phase}" if phase else failing
    if result.failure:
        return _with(f"{phase} failed" if phase else "Failed", command_failed(result.failure))
    return result.message or build.why or (f"{phase} failed" if phase else "Failed")


def _timed_out(build: Build) -> str:
    phase = failed_phase(build.result) if build.result else ""
    after = "" if build.took is None else f" after {_in_minutes(build.took)}"
    return f"Timed out{after}{f' in {phase}' if phase else ''}"


def _in_minutes(duration: timedelta) -> str:
    """Time limits are set in minutes, so they are told in minutes."""
    minutes = round(duration.total_seconds() / MINUTE)
    return f"{minutes} min" if minutes > 1 else human(duration)
