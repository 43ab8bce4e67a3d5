"""The title of a check: the answer in one line, for the list of checks is read more often than any page."""

from datetime import timedelta

from checks.build import Build, State
from checks.change import short
from checks.duration import MINUTE, human
from checks.markdown import cut, one_line
from checks.result import Failure, Result
from checks.secrets import mask

LONGEST = 255
LONGEST_COMMAND = 120


def title(build: Build, ahead: int = 0) -> str:
    return cut(one_line(mask(_title(build, ahead))), LONGEST)


def _title(build: Build, ahead: int) -> str:
    match build.state:
        case State.WAITING_FOR_APPROVAL:
            return f"Waiting for approval: {distrust(build)}"
        case State.QUEUED:
            return _queued(build, ahead)
        case State.RUNNING:
            return _with("Building", build.phase.lower())
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
    if build.faults:
        return "Starting again: the runner lost the build"
    return f"Waiting for a runner ({ahead} ahead)" if ahead > 0 else "Waiting for a runner"


def _with(what: str, why: str) -> str:
    return f"{what}: {why}" if why.strip() else what


def distrust(build: Build) -> str:
    return build.why or f"@{build.change.sender} has no write access"


def took(build: Build) -> timedelta | None:
    """How long the run took, from its start on a runner to its end."""
    if build.started_at is None or build.finished_at is None:
        return None
    return max(timedelta(), build.finished_at - build.started_at)


def has_published(build: Build) -> bool:
    """Only what a publishing build exports is published."""
    return bool(build.state is State.SUCCEEDED and build.publishes and build.result and build.result.exported)


def tests_failed(result: Result) -> str:
    """`2 of 248 tests failed`; empty if none did. Skipped tests did not run."""
    tests = result.tests
    if tests is None or not tests.failed:
        return ""
    return f"{tests.failed} of {counted(tests.passed + tests.failed, 'test')} failed"


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
    duration, tests = took(build), build.result.tests if build.result else None
    parts = ["Passed" if duration is None else f"Passed in {human(duration)}"]
    if build.result and tests and tests.passed + tests.failed:
        parts.append(tests_failed(build.result) or counted(tests.passed, "test"))
    if has_published(build):
        parts.append(f"published {short(build.change.sha)}")
    return " · ".join(parts)


def _failed(build: Build) -> str:
    result = build.result
    if result is None:
        return build.why or "Failed"
    phase = failed_phase(result)
    if failing := tests_failed(result):
        return f"{failing} in {phase}" if phase else failing
    if result.failure:
        return _with(f"{phase} failed" if phase else "Failed", command_failed(result.failure))
    return result.message or build.why or (f"{phase} failed" if phase else "Failed")


def _timed_out(build: Build) -> str:
    duration, phase = took(build), failed_phase(build.result) if build.result else ""
    after = "" if duration is None else f" after {_in_minutes(duration)}"
    return f"Timed out{after}{f' in {phase}' if phase else ''}"


def _in_minutes(duration: timedelta) -> str:
    """Time limits are set in minutes, so they are told in minutes."""
    minutes = round(duration.total_seconds() / MINUTE)
    return f"{minutes} min" if minutes > 1 else human(duration)
