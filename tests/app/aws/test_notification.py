"""What EventBridge says of builds is understood with all its quirks, and garbage is refused in a sentence."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.aws.notification import NotForUs, translate
from checks.errors import Permanent
from checks.events import RunNoticed

ARN = "arn:aws:codebuild:us-east-1:123456789012:build/ci:8ae3ddb9-4a55-4e1f-b2d2-2d8ab2a5f8f1"
RUN = "ci:8ae3ddb9-4a55-4e1f-b2d2-2d8ab2a5f8f1"
BUILD = "01jcz3v5n1b3m8r4x0q7t2d6wk"


def event(kind: str = "State", token: str = f"{BUILD}-0", **detail: Any) -> bytes:
    """An event as it really comes: with everything that is not used."""
    return json.dumps(
        {
            "version": "0",
            "id": "bfdc1220-60ff-44ad-bfa7-3b6e6ba3b2d0",
            "detail-type": f"CodeBuild Build {kind} Change",
            "source": "aws.codebuild",
            "account": "123456789012",
            "time": "2026-11-21T14:05:00Z",
            "region": "us-east-1",
            "resources": [ARN],
            "detail": {
                "build-id": ARN,
                "project-name": "ci",
                "current-phase-context": "[: ]",
                "version": "1",
                "additional-information": {
                    "environment": {
                        "privileged-mode": True,
                        "environment-variables": [
                            {"name": "PRX_REPO", "type": "PLAINTEXT", "value": "acme/web"},
                            {"name": "INTERLOCK_RUN", "type": "PLAINTEXT", "value": token},
                        ],
                    },
                    "timeout-in-minutes": 60.0,
                    "build-start-time": "Nov 21, 2026 2:05:00 PM",
                    "logs": {"deep-link": "https://console.aws.amazon.com/#logEvent:group=null;stream=null"},
                    "phases": [{"phase-context": [], "start-time": "Nov 21, 2026 2:05:00 PM"}],
                },
                **detail,
            },
        }
    ).encode()


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED"])
def test_every_end_is_noticed(status: str) -> None:
    said = translate(event(**{"build-status": status, "current-phase": "COMPLETED"}))

    assert said == RunNoticed(build=BUILD, run=RUN, ended=True)


def test_a_build_that_goes_on_is_in_a_phase() -> None:
    said = translate(event(**{"build-status": "IN_PROGRESS", "current-phase": "PROVISIONING"}))

    assert said == RunNoticed(build=BUILD, run=RUN, phase="PROVISIONING")


def test_after_a_phase_comes_the_next() -> None:
    said = translate(event("Phase", **{"completed-phase": "INSTALL", "completed-phase-status": "SUCCEEDED"}))

    assert said == RunNoticed(build=BUILD, run=RUN, phase="PRE_BUILD")


@pytest.mark.parametrize(
    "detail",
    [
        {"build-status": "IN_PROGRESS", "current-phase": "SUBMITTED"},
        {"build-status": "IN_PROGRESS", "current-phase": "QUEUED"},
        {"build-status": "IN_PROGRESS", "current-phase": "A_NEW_PHASE"},
        {"completed-phase": "BUILD", "completed-phase-status": "FAILED"},
        {"completed-phase": "COMPLETED", "completed-phase-status": "SUCCEEDED"},
        {},
    ],
)
def test_what_moves_nothing_is_not_for_us(detail: dict[str, str]) -> None:
    kind = "Phase" if "completed-phase" in detail else "State"

    assert translate(event(kind, **detail)) == NotForUs("it has not begun, or its end follows")


@pytest.mark.parametrize(
    "token", ["", "somebody", "-0", f"{'b' * 161}-0", f"{BUILD}\0-0", f"{BUILD}-0\n", f"{BUILD}-x"]
)
def test_builds_of_others_are_not_for_us(token: str) -> None:
    said = translate(event(token=token, **{"build-status": "FAILED"}))

    assert said == NotForUs("Interlock did not start this build")


def test_events_of_other_services_are_not_for_us() -> None:
    body = {"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": {"state": "gone"}}

    assert translate(json.dumps(body).encode()) == NotForUs(
        "aws.ec2 EC2 Instance State-change Notification is no build of CodeBuild"
    )


@pytest.mark.parametrize(
    "missing", ["additional-information", "build-id", "build-status", "current-phase", "current-phase-context"]
)
def test_what_is_missing_raises_nothing(missing: str) -> None:
    body = json.loads(event(**{"build-status": "IN_PROGRESS", "current-phase": "BUILD"}))
    del body["detail"][missing]

    assert isinstance(translate(json.dumps(body).encode()), RunNoticed | NotForUs)


_DOCUMENTS = st.recursive(st.none() | st.text(), st.lists).map(json.dumps)


@given(st.binary() | (st.text() | _DOCUMENTS).map(str.encode))
def test_garbage_is_refused_in_a_sentence(body: bytes) -> None:
    with pytest.raises(Permanent, match="this is not an event of EventBridge"):
        translate(body)
