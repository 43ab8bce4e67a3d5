"""The phases of a build as bars on a common time axis, positions in per cent of the whole."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from checks.duration import human
from checks.result import Phase

STEPS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
MOST_TICKS = 6
THINNEST = 0.4
"""A phase that took no time is still seen."""


class Bar(NamedTuple):
    """A phase; `line` is where it begins in the log, 0 if that is not known."""

    name: str
    succeeded: bool
    seconds: float
    start: float
    width: float
    line: int


class Tick(NamedTuple):
    position: float
    label: str


def bars(phases: Sequence[Phase], lines: Mapping[str, int]) -> list[Bar]:
    total = sum(phase.seconds for phase in phases) or 1.0
    found, before = [], 0.0
    for phase in phases:
        start, width = 100 * before / total, max(THINNEST, 100 * phase.seconds / total)
        start = min(start, 100 - width)
        line = lines.get(phase.name, 0)
        found.append(Bar(phase.name, phase.succeeded, phase.seconds, round(start, 2), round(width, 2), line))
        before += phase.seconds
    return found


def ticks(phases: Sequence[Phase]) -> list[Tick]:
    total = sum(phase.seconds for phase in phases)
    if not total:
        return []
    step = next((each for each in STEPS if total / each <= MOST_TICKS), total / MOST_TICKS)
    return [Tick(round(100 * index * step / total, 2), human(index * step)) for index in range(int(total / step) + 1)]
