"""CodeBuild's description of a build, read as a report: pure, and tolerant of what is missing or new.

The shape is that of BatchGetBuilds: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from checks.change import short
from checks.ports import Report
from checks.result import Failure, Outcome, Phase, Result
from checks.secrets import mask

Told = Mapping[str, Any]

UNKNOWN = "CodeBuild knows nothing of this run"
NO_MACHINE = "CodeBuild had no machine for this build within {minutes} min"

_COMMAND = re.compile(
    r"Error while executing command: (?P<command>.*)\. Reason: (?:exit status (?P<code>[0-9]{1,10})|.*)\Z", re.DOTALL
)
_ENDS = {
    "SUCCEEDED": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "FAULT": Outcome.FAULT,
    "TIMED_OUT": Outcome.TIMED_OUT,
    "STOPPED": Outcome.STOPPED,
}
_BEFORE_THE_SOURCE = ("SUBMITTED", "QUEUED", "PROVISIONING")
"""Nothing of the repository has a part in these phases."""

_NETWORK = re.compile(
    r"i/o timeout|timed out|deadline exceeded|no such host|could not resolve|connection (?:refused|reset|timed)"
    r"|dial tcp|tls handshake|(?:early|unexpected) eof|hung up unexpectedly"
    r"|(?:http|status(?: code)?:?|error:) (?:429|5[0-9][0-9])|internal server error|bad gateway|service unavailable"
    r"|rate exceeded|throttl|requestlimitexceeded|slow ?down",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_LEFT_OUT = ("SUBMITTED", "COMPLETED")


def unknown(run: str) -> Report:
    return Report(run=run, result=Result(outcome=Outcome.FAULT, message=UNKNOWN))


def report(build: Told) -> Report:
    """What has become of the build, without its log and its tests."""
    run = str(build["id"])
    if not is_ended(build):
        return Report(run=run, phase=_phase_now(build))
    return Report(run=run, result=_result(build))


def is_ended(build: Told) -> bool:
    return build.get("buildStatus") in _ENDS and build.get("buildComplete", True) is not False


def variables(build: Told) -> dict[str, str]:
    """The variables that the build was started with; those that are kept elsewhere have no value here."""
    listed = (build.get("environment") or {}).get("environmentVariables") or ()
    return {
        each["name"]: each.get("value", "")
        for each in listed
        if each.get("name") and each.get("type", "PLAINTEXT") == "PLAINTEXT"
    }


def _phase_now(build: Told) -> str:
    match build.get("currentPhase") or "QUEUED":
        case "SUBMITTED":
            return "QUEUED"
        case "COMPLETED":
            return "FINALIZING"
        case phase:
            return str(phase)


def _result(build: Told) -> Result:
    phases = build.get("phases") or ()
    outcome, failure, message = _ENDS[build["buildStatus"]], None, ""
    if outcome is Outcome.STOPPED:
        message = "stopped"
    elif other := _other_commit(build):
        outcome, message = Outcome.FAULT, other
    elif outcome is not Outcome.SUCCEEDED:
        outcome, failure, message = _why(build, outcome)
    return Result(
        outcome=outcome,
        phases=tuple(_phases(phases)),
        failure=failure,
        exported={
            each["name"]: each.get("value") or ""
            for each in build.get("exportedEnvironmentVariables") or ()
            if each.get("name")
        },
        message=message,
    )


def _phases(told: Sequence[Told]) -> Iterator[Phase]:
    for each in told:
        name, succeeded = str(each.get("phaseType", "")), each.get("phaseStatus") == "SUCCEEDED"
        # Waiting is no part of what the build did, unless it ended there.
        if name and each.get("phaseStatus") and name not in _LEFT_OUT and not (name == "QUEUED" and succeeded):
            yield Phase(name=name, succeeded=succeeded, seconds=_seconds(each))


def _seconds(phase: Told) -> float:
    """By its beginning and end, which CodeBuild tells in milliseconds; what it calls the duration is whole seconds."""
    begin, end = phase.get("startTime"), phase.get("endTime")
    if isinstance(begin, datetime) and isinstance(end, datetime):
        return max(0.0, (end - begin).total_seconds())
    return max(0.0, float(phase.get("durationInSeconds") or 0))


def _why(build: Told, outcome: Outcome) -> tuple[Outcome, Failure | None, str]:
    """The first phase that did not succeed tells what went wrong, and whose fault it is."""
    failed = next((each for each in build.get("phases") or () if _has_failed(each)), None)
    if failed is None:
        return outcome, None, f"CodeBuild says {build['buildStatus']}, and not why"
    name, (code, said) = str(failed.get("phaseType", "")), _context(failed)
    if name == "QUEUED" and failed.get("phaseStatus") == "TIMED_OUT":
        return outcome, None, NO_MACHINE.format(minutes=build.get("queuedTimeoutInMinutes", "its"))
    message = mask(f"{code}: {said}" if code and said else said or code) or f"{name} ended with {failed['phaseStatus']}"
    if outcome is Outcome.FAILED and _is_of_the_platform(name, code, said):
        return Outcome.FAULT, None, message
    if command := _COMMAND.search(said):
        exit_code = int(command["code"]) if command["code"] else None
        return outcome, Failure(phase=name, command=mask(command["command"]), exit_code=exit_code), mask(said)
    return outcome, None, message


def _has_failed(phase: Told) -> bool:
    return phase.get("phaseStatus") not in (None, "SUCCEEDED", "IN_PROGRESS")


def _context(phase: Told) -> tuple[str, str]:
    """The code and message of the first context that says something; `[": "]` and `[: ]` say nothing."""
    for each in phase.get("contexts") or ():
        code, said = str(each.get("statusCode") or "").strip(" :"), str(each.get("message") or "").strip()
        if code or said.strip(" :"):
            return code, said
    return "", ""


def _is_of_the_platform(phase: str, code: str, said: str) -> bool:
    if phase in _BEFORE_THE_SOURCE:
        return True
    return phase == "DOWNLOAD_SOURCE" and code != "YAML_FILE_ERROR" and bool(_NETWORK.search(said))


def _other_commit(build: Told) -> str:
    """A sentence if what was built is not what the check is on. Only git says which commit it got."""
    built, wanted = str(build.get("resolvedSourceVersion") or ""), variables(build).get("PRX_COMMIT", "")
    is_git = str((build.get("source") or {}).get("type", "")).startswith("GITHUB")
    if not is_git or not _COMMIT.fullmatch(built) or not wanted or built == wanted:
        return ""
    return f"CodeBuild built {short(built)}, and this check is on {short(wanted)}"
