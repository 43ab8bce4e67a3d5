"""A check run as GitHub wants to be told it, and a digest to know whether it was told before."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from checks.annotation import Annotation
from checks.check_run import CheckRun

MOST_ANNOTATIONS = 50
"""GitHub takes so many with one request, and appends them to those it has.
https://docs.github.com/en/rest/checks/runs#update-a-check-run"""
MOST_SUMMARY = 65_535


def body(check: CheckRun, annotations: Sequence[Annotation] = (), note: str = "") -> dict[str, Any]:
    """What a check run shows, without what cannot change any more (see `new_body`).

    A conclusion ends the check run at once whatever else is said, so it is there only at the end.
    """
    told: dict[str, Any] = {
        "name": check.name,
        "external_id": check.external_id,
        "status": check.status,
        "output": output(check, annotations, note),
        "actions": [
            {"label": each.label, "description": each.description, "identifier": each.button} for each in check.actions
        ],
    }
    if check.details_url.startswith(("http://", "https://")):
        told["details_url"] = check.details_url
    if check.started_at:
        told["started_at"] = _time(check.started_at)
    if check.conclusion:
        told["conclusion"] = check.conclusion
        if check.completed_at:
            told["completed_at"] = _time(check.completed_at)
    return told


def new_body(check: CheckRun, annotations: Sequence[Annotation] = (), note: str = "") -> dict[str, Any]:
    return {**body(check, annotations, note), "head_sha": check.head_sha}


def output(check: CheckRun, annotations: Sequence[Annotation] = (), note: str = "") -> dict[str, Any]:
    """Title and summary have to be repeated with every batch of annotations."""
    summary = f"{check.summary[: MOST_SUMMARY - len(note) - 2]}\n\n{note}" if note else check.summary
    told: dict[str, Any] = {"title": check.title, "summary": summary}
    if check.text:
        told["text"] = check.text
    if annotations:
        told["annotations"] = [_annotation(each) for each in annotations]
    return told


def digest(check: CheckRun) -> str:
    """Equal for checks that look the same, in every process and version of Python."""
    return sha256(msgspec.json.encode(check, order="deterministic")).hexdigest()


def _annotation(each: Annotation) -> dict[str, Any]:
    told = {
        "path": each.path,
        "start_line": each.start_line,
        "end_line": each.end_line,
        "annotation_level": each.level,
        "title": each.title,
        "message": each.message,
        "raw_details": each.raw_details,
    }
    return {name: value for name, value in told.items() if value != ""}


def _time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
