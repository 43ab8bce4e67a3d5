"""What the Deployments API accepts, word for word as it refuses the rest."""

import re
from collections.abc import Sequence
from typing import Any

from app.demo.github import check_rules
from app.demo.github.check_run import CheckRun
from app.demo.github.documents.fields import Json
from app.demo.github.refusal import Refusal

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
LONGEST_DESCRIPTION = 140
MOST_STATUSES = 100
"""GitHub has such a limit and does not publish it; this one is small enough to be met.
https://github.com/manifoldco/heighliner/pull/63"""


def text(body: Json, name: str, default: str = "") -> str:
    return check_rules.field(body, name, str) or default


def flag(body: Json, name: str, default: bool) -> bool:
    found: bool | None = check_rules.field(body, name, bool)
    return default if found is None else found


def payload(body: Json) -> dict[str, Any] | str:
    given = body.get("payload")
    if given is not None and not isinstance(given, dict | str):
        raise check_rules.invalid(f"For 'properties/payload', {given!r} is not a string or object.")
    return given or {}


def state(body: Json) -> str:
    return check_rules.member(body, "state", STATES, required=True) or ""


def description(body: Json) -> str:
    found = text(body, "description")
    if len(found) > LONGEST_DESCRIPTION:
        raise _invalid_status("description", f"description is too long (maximum is {LONGEST_DESCRIPTION} characters)")
    return found


def link(body: Json, name: str) -> str:
    found = text(body, name)
    if found and not re.match(r"https?://[^\s/]", found):
        raise _invalid_status(name, f"{name} must use http(s) scheme")
    return found


def check_number(statuses: int) -> None:
    if statuses >= MOST_STATUSES:
        raise _invalid_status("deployment_id", "This deployment has reached the maximum number of statuses.")


def check_contexts(body: Json, ref: str, runs: Sequence[CheckRun]) -> None:
    """Every check that is named has to have succeeded; unless any are named, every one that there is."""
    states = {run.name: run.conclusion or "pending" for run in runs}
    wanted = check_rules.field(body, "required_contexts", list)
    open_ones = {
        name: states.get(name, "missing")
        for name in (states if wanted is None else wanted)
        if states.get(name) != "success"
    }
    if not open_ones:
        return
    contexts = [{"context": name, "state": state} for name, state in open_ones.items()]
    error = {"resource": "Deployment", "field": "required_contexts", "code": "invalid", "contexts": contexts}
    raise Refusal(409, f"Conflict: Commit status checks failed for {ref}.", [error])


def _invalid_status(name: str, message: str) -> Refusal:
    error = {"resource": "DeploymentStatus", "code": "custom", "field": name, "message": message}
    return Refusal(422, "Validation Failed", [error])
