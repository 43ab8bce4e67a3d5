"""What the API told, as lines for people: why, and how each environment stands."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from checks.duration import human

SECOND = timedelta(seconds=1)
COLOURS = {"live": "green", "verifying": "yellow", "deploying": "yellow", "held": "yellow"} | dict.fromkeys(
    ("failed", "error", "rejected"), "red"
)

Told = Mapping[str, Any]
Row = tuple[str, str, str, str, str]
"""Environment, version, state, since, why."""


def say(line: str, *, err: bool = False) -> None:
    """Whatever else a terminal would obey is left out."""
    click.echo("".join(each if each.isprintable() or each == "\x1b" else " " for each in line), err=err)


def why(explanation: Told) -> Sequence[str]:
    lines = [plain(explanation["title"])]
    lines += [f"  • {plain(_reason(each))}" for each in explanation["reasons"] if each["cause"] != "live"]
    return [*lines, *([plain(explanation["present"])] if explanation["present"] else [])]


def _reason(reason: Told) -> str:
    name = f"{reason['name']}: " if reason["name"] and reason["cause"] == "promotion" else ""
    step = f"; {reason['next']}" if reason["next"] else ""
    return f"{name}{reason['why']}{step}"


def status(environments: Sequence[Told], now: datetime) -> Sequence[str]:
    """A row for each version and hold of each environment, in columns."""
    rows = [row for each in environments for row in _rows(each, now)]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    return [_line(row, widths) for row in rows]


def _rows(environment: Told, now: datetime) -> Iterator[Row]:
    name = environment["name"]
    present, moving = environment["present"], environment["moving"]
    if present is None:
        yield name, "–", "", "", ""
    else:
        why = "" if present["state"] == "live" else plain(present["why"])
        yield name, present["version"]["name"], present["state"], _since(environment["since"], now), why
    others = [moving] if moving and (present is None or moving["id"] != present["id"]) else []
    for each in [*others, *environment["waiting"]]:
        state = each["state"] if each in others else "waits"
        yield "", each["version"]["name"], state, _since(each["asked_at"], now), plain(each["why"])
    for each in environment["holds"]:
        yield "", "", "held", _since(each["since"], now), plain(each["sentence"])


def _line(row: Row, widths: Sequence[int]) -> str:
    name, version, state, since, why = row
    colour = COLOURS.get(state)
    shown = state.ljust(widths[2])
    parts = [
        name.ljust(widths[0]),
        version.ljust(widths[1]),
        click.style(shown, fg=colour) if colour else shown,
        since.ljust(widths[3]),
        why,
    ]
    return f"  {'  '.join(parts)}".rstrip()


def _since(moment: str | None, now: datetime) -> str:
    """In the larger unit alone: nobody reads seconds off a board."""
    if not moment:
        return ""
    age = now - datetime.fromisoformat(moment)
    return " ".join(human(age).split()[:2]) if age >= SECOND else "now"


def plain(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
