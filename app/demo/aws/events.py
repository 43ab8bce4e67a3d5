"""What EventBridge tells of a build, with the habits of the real events.

Times are American and without a zone, numbers are floats, ids are ARNs, empty contexts are not empty, log names are
missing at first, and the whole buildspec is in every event.
https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app.demo.aws.build import Build, Phase

Json = dict[str, Any]

STATE_CHANGE = "CodeBuild Build State Change"
PHASE_CHANGE = "CodeBuild Build Phase Change"


def state_change(build: Build) -> Json:
    """At the start the phase is SUBMITTED, at the end COMPLETED."""
    detail = {
        "build-status": build.status,
        "current-phase": build.phase.name if build.is_complete else "SUBMITTED",
        "current-phase-context": "[]",
    }
    return _event(STATE_CHANGE, build, detail)


def phase_change(build: Build, phase: Phase) -> Json:
    detail = {
        "completed-phase": phase.name,
        "completed-phase-status": phase.status,
        "completed-phase-context": f"[{', '.join(_contexts(phase))}]",
        "completed-phase-duration-seconds": float(int(phase.seconds)),
        "completed-phase-start": american(phase.started),
        "completed-phase-end": american(phase.ended or phase.started),
    }
    return _event(PHASE_CHANGE, build, detail)


def american(time: datetime) -> str:
    """`Sep 1, 2017 4:12:29 PM`, in UTC."""
    time = time.astimezone(UTC)
    return f"{time:%b} {time.day}, {time.year} {time.hour % 12 or 12}:{time:%M:%S %p}"


def _event(kind: str, build: Build, detail: Json) -> Json:
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": kind,
        "source": "aws.codebuild",
        "account": build.account.number,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": build.account.region,
        "resources": [build.arn],
        "detail": {
            **detail,
            "project-name": build.project,
            "build-id": build.arn,
            "version": "1",
            "additional-information": _information(build),
        },
    }


def _information(build: Build) -> Json:
    settings = build.settings
    about: Json = {
        "artifact": {"location": settings["artifacts"]["location"]},
        "cache": settings["cache"],
        "environment": _environment(settings["environment"]),
        "build-number": float(build.number),
        "timeout-in-minutes": float(settings["timeoutInMinutes"]),
        "queued-timeout-in-minutes": float(settings["queuedTimeoutInMinutes"]),
        "build-complete": build.is_complete,
        "initiator": settings["initiator"],
        "build-start-time": american(build.started),
        "source": _kebab(settings["source"]),
        "logs": _logs(build),
        "phases": [_phase(phase) for phase in build.phases],
        "project-file-system-locations": [],
    }
    if "sourceVersion" in settings:
        about["source-version"] = settings["sourceVersion"]
    if build.exported:
        about["exported-environment-variables"] = [
            {"name": name, "value": value} for name, value in build.exported.items()
        ]
    return about


def _environment(environment: Json) -> Json:
    shown = ("image", "privilegedMode", "imagePullCredentialsType", "computeType", "type", "environmentVariables")
    return _kebab({name: environment[name] for name in shown if name in environment})


def _logs(build: Build) -> Json:
    names = {"group-name": build.group, "stream-name": build.stream} if build.stream else {}
    return {**names, "deep-link": build.deep_link}


def _phase(phase: Phase) -> Json:
    shown: Json = {"phase-type": phase.name, "start-time": american(phase.started)}
    if phase.ended:
        shown |= {
            "phase-status": phase.status,
            "phase-context": _contexts(phase) if phase.name != "SUBMITTED" else [],
            "end-time": american(phase.ended),
            "duration-in-seconds": float(int(phase.seconds)),
        }
    return shown


def _contexts(phase: Phase) -> list[str]:
    return [f"{code}: {message}" for code, message in phase.contexts]


def _kebab(members: Json) -> Json:
    """`gitCloneDepth` is `git-clone-depth` in events."""
    return {"".join(f"-{each.lower()}" if each.isupper() else each for each in name): members[name] for name in members}
