"""What the Checks API accepts, word for word as it refuses the rest."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.demo.github.check_run import Action, Annotation
from app.demo.github.documents.fields import Json
from app.demo.github.refusal import Refusal

LONGEST_TEXT = 65_535
LONGEST_MESSAGE = 64 * 1024
MOST_ANNOTATIONS = 50
MOST_ACTIONS = 3
STATUSES = ("queued", "in_progress", "completed")
CONCLUSIONS = ("success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required")
LEVELS = ("notice", "warning", "failure")
KINDS: dict[type, str] = {str: "string", int: "integer", list: "array", dict: "object", bool: "boolean"}


def invalid(problem: str) -> Refusal:
    return Refusal(422, f"Invalid request.\n\n{problem}")


def field(body: Json, name: str, kind: type[Any], *, required: bool = False, longest: int = 0) -> Any:
    """A field of the request, or None; refused if it is missing, of another type or too long."""
    value = body.get(name)
    if value is None:
        if required:
            raise invalid(f'"{name}" wasn\'t supplied.')
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise invalid(f"For 'properties/{name}', {value!r} is not a {KINDS[kind]}.")
    if longest and len(value) > longest:
        raise invalid(f"Only {longest} characters are allowed; {len(value)} were supplied.")
    return value


def member(body: Json, name: str, allowed: Sequence[str], *, required: bool = False) -> str | None:
    value: str | None = field(body, name, str, required=required)
    if value is not None and value not in allowed:
        raise invalid(f"{value} is not a member of {list(allowed)}.")
    return value


def items(body: Json, name: str, most: int) -> list[Json]:
    found: list[Json] = field(body, name, list) or []
    if len(found) > most:
        raise invalid(f"No more than {most} items are allowed; {len(found)} were supplied.")
    if not all(isinstance(each, dict) for each in found):
        raise invalid(f"For 'properties/{name}', an item is not an object.")
    return found


def moment(body: Json, name: str) -> datetime | None:
    value = field(body, name, str)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise invalid(f"For 'properties/{name}', {value!r} is not a valid date-time.")
    return found.replace(microsecond=0)


def link(body: Json, name: str) -> str | None:
    value: str | None = field(body, name, str)
    if value is not None and not re.match(r"https?://[^\s/]", value):
        raise Refusal(422, "Validation Failed", [_error(name, "details_url must use http or https scheme")])
    return value


def actions(body: Json) -> tuple[Action, ...]:
    return tuple(
        Action(
            label=field(each, "label", str, required=True, longest=20),
            description=field(each, "description", str, required=True, longest=40),
            identifier=field(each, "identifier", str, required=True, longest=20),
        )
        for each in items(body, "actions", MOST_ACTIONS)
    )


def output_text(output: Json, name: str, *, required: bool = False) -> str | None:
    found: str | None = field(output, name, str, required=required, longest=LONGEST_TEXT)
    return found


def annotations(output: Json) -> list[Annotation]:
    return [_annotation(each) for each in items(output, "annotations", MOST_ANNOTATIONS)]


def _annotation(given: Json) -> Annotation:
    found = Annotation(
        path=field(given, "path", str, required=True),
        start_line=field(given, "start_line", int, required=True),
        end_line=field(given, "end_line", int, required=True),
        start_column=field(given, "start_column", int),
        end_column=field(given, "end_column", int),
        annotation_level=member(given, "annotation_level", LEVELS, required=True) or "",
        message=field(given, "message", str, required=True),
        title=field(given, "title", str, longest=255),
        raw_details=field(given, "raw_details", str),
    )
    problem = _problem(found)
    if problem:
        raise Refusal(422, "Validation Failed", [_error("annotations", problem)])
    return found


def _problem(one: Annotation) -> str | None:
    if one.start_line < 1 or one.end_line < one.start_line:
        return "end_line must be on or after start_line, and lines begin at 1"
    if one.start_line != one.end_line and (one.start_column is not None or one.end_column is not None):
        return "columns are only allowed when start_line and end_line are the same"
    if not one.path or one.path.startswith(("/", "./", "../")) or "\\" in one.path:
        return "path must be relative to the repository"
    if any(len(text.encode()) > LONGEST_MESSAGE for text in (one.message, one.raw_details or "")):
        return "message and raw_details are limited to 64 KB"
    return None if one.message else "message cannot be blank"


def _error(name: str, message: str) -> dict[str, str]:
    return {"resource": "CheckRun", "code": "custom", "field": name, "message": message}
