"""How long, as people write it in YAML: `15s`, `10m`, `2h`, `1d`, or several of them: `1h30m`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
PATTERN = r"^(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,6}s)?$"
LONGEST = timedelta(days=366)


def parsed(written: object) -> timedelta:
    """Raises ValueError with what may be written instead."""
    if isinstance(written, timedelta):
        return written
    found = re.fullmatch(PATTERN, written, re.ASCII) if isinstance(written, str) else None
    if not found or not written:
        raise ValueError(f"{written!r} is no duration: write a number and a unit, such as 15s, 10m, 2h or 1d")
    span = sum((int(part[:-1]) * UNITS[part[-1]] for part in found.groups() if part), timedelta())
    if not timedelta() < span <= LONGEST:
        raise ValueError(f"{written!r} has to be longer than nothing and at most {LONGEST.days}d")
    return span


def written(span: timedelta) -> str:
    """The text that `parsed` reads as this span, to the second."""
    rest, text = span, ""
    for unit, length in UNITS.items():
        count, rest = divmod(rest, length)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


Span = Annotated[
    timedelta,
    BeforeValidator(parsed),
    PlainSerializer(written, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["15s", "10m", "2h", "1d"]}),
]
