"""CodeBuild's description of a build, as real ones look, read as a report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.ports import Report
from checks.result import Failure, Outcome, Phase, Result
from checks.runners.codebuild.build import report

SHA = "4f2a91c" + "0" * 33
START = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def phase(name: str, status: str = "SUCCEEDED", code: str = "", said: str = "", seconds: float = 1) -> dict[str, Any]:
    return {
        "phaseType": name,
        "phaseStatus": status,
        "startTime": START,
        "endTime": START + timedelta(seconds=seconds),
        "durationInSeconds": seconds,
        "contexts": [{"statusCode": code, "message": said}],
    }


def build(status: str, *phases: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {
        "id": "web:1",
        "buildStatus": status,
        "buildComplete": status != "IN_PROGRESS",
        "currentPhase": "COMPLETED",
        "phases": [phase("SUBMITTED"), *phases, {"phaseType": "COMPLETED", "startTime": START}],
        "source": {"type": "GITHUB"},
        "environment": {"environmentVariables": [{"name": "PRX_COMMIT", "value": SHA, "type": "PLAINTEXT"}]},
        "resolvedSourceVersion": SHA,
        "somethingNew": {"of": "2027"},
        **facts,
    }


def result(*told: Any, **facts: Any) -> Result:
    found = report(build(*told, **facts)).result
    assert found
    return found


@pytest.mark.parametrize(
    ("current", "shown"),
    [
        ("SUBMITTED", "QUEUED"),
        ("QUEUED", "QUEUED"),
        (None, "QUEUED"),
        ("PROVISIONING", "PROVISIONING"),
        ("PRE_BUILD", "PRE_BUILD"),
        ("COMPLETED", "FINALIZING"),
    ],
)
def test_a_run_that_goes_on_is_in_a_phase(current: str | None, shown: str) -> None:
    assert report(build("IN_PROGRESS", currentPhase=current)) == Report(run="web:1", phase=shown)


def test_a_status_before_the_end_is_no_end() -> None:
    assert report(build("FAILED", buildComplete=False, currentPhase="FINALIZING")).result is None


def test_a_build_that_succeeded_has_its_phases_and_what_it_exported() -> None:
    told = result(
        "SUCCEEDED",
        phase("QUEUED", seconds=60),
        phase("PROVISIONING", seconds=7.5),
        phase("BUILD", seconds=30),
        exportedEnvironmentVariables=[{"name": "MY_APP", "value": "web:4f2a91c"}, {"name": "EMPTY"}],
    )
    assert told == Result(
        outcome=Outcome.SUCCEEDED,
        phases=(
            Phase(name="PROVISIONING", succeeded=True, seconds=7.5),
            Phase(name="BUILD", succeeded=True, seconds=30.0),
        ),
        exported={"MY_APP": "web:4f2a91c", "EMPTY": ""},
    )


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"durationInSeconds": 0}, 0.25),
        ({"durationInSeconds": None}, 0.25),
        ({"durationInSeconds": 7, "endTime": None}, 7.0),
        ({"durationInSeconds": None, "endTime": None}, 0.0),
    ],
)
def test_a_phase_took_from_its_beginning_to_its_end_or_the_seconds_that_are_told(
    told: dict[str, Any], seconds: float
) -> None:
    phases = result("SUCCEEDED", {**phase("BUILD", seconds=0.25), **told}).phases
    assert phases == (Phase(name="BUILD", succeeded=True, seconds=seconds),)


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (
            "Error while executing command: npm ci. Reason: exit status 7",
            Failure(phase="BUILD", command="npm ci", exit_code=7),
        ),
        (
            "Error while executing command: docker build -t $URI:latest .. Reason: exit status 1",
            Failure(phase="BUILD", command="docker build -t $URI:latest .", exit_code=1),
        ),
        (
            "Error while executing command: set -e\nmake. Reason: done\n. Reason: exit status 2",
            Failure(phase="BUILD", command="set -e\nmake. Reason: done\n", exit_code=2),
        ),
        (
            "Error while executing command: sleep 1. Reason: signal: killed",
            Failure(phase="BUILD", command="sleep 1", exit_code=None),
        ),
        (
            "Error while executing command: curl -H 'Authorization: token abcdefghijk' x. Reason: exit status 22",
            Failure(phase="BUILD", command="curl -H 'Authorization: ***' x", exit_code=22),
        ),
    ],
)
def test_the_command_that_failed_is_told_with_its_exit_code(said: str, failure: Failure) -> None:
    told = result("FAILED", phase("BUILD", "FAILED", "COMMAND_EXECUTION_ERROR", said), phase("POST_BUILD"))
    assert (told.outcome, told.failure) == (Outcome.FAILED, failure)


def test_the_first_failure_is_the_one_that_is_told() -> None:
    first = "Error while executing command: make. Reason: exit status 2"
    last = "Error while executing command: docker push. Reason: exit status 1"
    told = result("FAILED", phase("BUILD", "FAILED", "C", first), phase("POST_BUILD", "FAILED", "C", last))
    assert told.failure == Failure(phase="BUILD", command="make", exit_code=2)


@pytest.mark.parametrize(
    ("failed", "outcome", "message"),
    [
        (
            phase("DOWNLOAD_SOURCE", "FAILED", "YAML_FILE_ERROR", "wrong number of container tags, expected 1"),
            Outcome.FAILED,
            "YAML_FILE_ERROR: wrong number of container tags, expected 1",
        ),
        (
            phase("DOWNLOAD_SOURCE", "FAILED", "CLIENT_ERROR", "reference not found for primary source"),
            Outcome.FAILED,
            "CLIENT_ERROR: reference not found for primary source",
        ),
        (
            phase("DOWNLOAD_SOURCE", "CLIENT_ERROR", "CLIENT_ERROR", "Get https://github.com: dial tcp: i/o timeout"),
            Outcome.FAULT,
            "CLIENT_ERROR: Get https://github.com: dial tcp: i/o timeout",
        ),
        (
            phase("DOWNLOAD_SOURCE", "FAILED", "CLIENT_ERROR", "RPC failed; HTTP 429 curl 22 for primary source"),
            Outcome.FAULT,
            "CLIENT_ERROR: RPC failed; HTTP 429 curl 22 for primary source",
        ),
        (
            phase("PROVISIONING", "CLIENT_ERROR", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "CannotPullContainerError"),
            Outcome.FAULT,
            "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: CannotPullContainerError",
        ),
        (
            phase("QUEUED", "CLIENT_ERROR", "VPC_CLIENT_ERROR", "Unexpected EC2 error: RequestLimitExceeded"),
            Outcome.FAULT,
            "VPC_CLIENT_ERROR: Unexpected EC2 error: RequestLimitExceeded",
        ),
        (
            phase("UPLOAD_ARTIFACTS", "FAILED", "CLIENT_ERROR", "no matching artifact paths found"),
            Outcome.FAILED,
            "CLIENT_ERROR: no matching artifact paths found",
        ),
        ({**phase("INSTALL", "FAILED"), "contexts": []}, Outcome.FAILED, "INSTALL ended with FAILED"),
        (phase("INSTALL", "FAILED", "", ": "), Outcome.FAILED, "INSTALL ended with FAILED"),
    ],
)
def test_a_failure_without_a_command_is_told_in_codebuilds_words(
    failed: dict[str, Any], outcome: Outcome, message: str
) -> None:
    told = result("FAILED", failed)
    assert (told.outcome, told.failure, told.message) == (outcome, None, message)


@pytest.mark.parametrize(
    ("status", "failed", "outcome", "message"),
    [
        ("FAULT", phase("BUILD", "FAULT", "INTERNAL_ERROR", "lost"), Outcome.FAULT, "INTERNAL_ERROR: lost"),
        ("FAULT", phase("BUILD"), Outcome.FAULT, "CodeBuild says FAULT, and not why"),
        ("TIMED_OUT", phase("BUILD", "TIMED_OUT", "BUILD_TIMED_OUT", "Build has timed out. "),
         Outcome.TIMED_OUT, "BUILD_TIMED_OUT: Build has timed out."),
        ("TIMED_OUT", phase("QUEUED", "TIMED_OUT"),
         Outcome.TIMED_OUT, "CodeBuild had no machine for this build within 480 min"),
        ("STOPPED", phase("BUILD", "STOPPED"), Outcome.STOPPED, "stopped"),
    ],
)  # fmt: skip
def test_every_end_has_its_outcome_and_reason(
    status: str, failed: dict[str, Any], outcome: Outcome, message: str
) -> None:
    told = result(status, failed, queuedTimeoutInMinutes=480)
    assert (told.outcome, told.message) == (outcome, message)


def test_another_commit_than_the_checks_is_never_a_success() -> None:
    other = "9be01d2" + "0" * 33
    told = result("SUCCEEDED", phase("BUILD"), resolvedSourceVersion=other)
    assert (told.outcome, told.message) == (Outcome.FAULT, "CodeBuild built 9be01d2, and this check is on 4f2a91c")
    harmless: list[dict[str, Any]] = [{"source": {"type": "S3"}}, {"environment": {}}, {"environment": None}]
    for facts in harmless:
        told = result("SUCCEEDED", phase("BUILD"), resolvedSourceVersion=other, **facts)
        assert told.outcome is Outcome.SUCCEEDED


def test_a_bare_minimum_is_enough() -> None:
    assert report({"id": "web:1", "buildStatus": "SUCCEEDED"}) == Report(
        run="web:1", result=Result(outcome=Outcome.SUCCEEDED)
    )
    assert report({"id": "web:1"}) == Report(run="web:1", phase="QUEUED")


@given(st.text(max_size=60), st.text(max_size=200), st.sampled_from(["FAILED", "FAULT", "TIMED_OUT", "CLIENT_ERROR"]))
def test_no_context_whatever_raises(code: str, said: str, status: str) -> None:
    for name in ("QUEUED", "DOWNLOAD_SOURCE", "BUILD", "SOMETHING_NEW"):
        assert result("FAILED", phase(name, status, code, said)).outcome in (Outcome.FAILED, Outcome.FAULT)
