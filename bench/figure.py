"""A figure: what was measured beside what, as medians over rounds and the ratio of the two."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table

PERCENT_95, PERCENT_99 = 0.95, 0.99


@dataclass(frozen=True)
class Spread:
    """The median over rounds, and the least and the most."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def told(self, scale: float = 1.0) -> str:
        least, most = min(self.values) * scale, max(self.values) * scale
        return f"{number(self.median * scale)} ({number(least)} to {number(most)})"


@dataclass
class Figure:
    """A table for people: a title, the names of the columns, rows of texts, and what has to be known to read it."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def show(self, console: Console) -> None:
        table = Table(*self.columns, box=box.SIMPLE_HEAD, pad_edge=False)
        for row in self.rows:
            table.add_row(*row)
        console.print(f"[bold]{self.title}[/bold]")
        console.print(table)
        for note in self.notes:
            console.print(note, style="dim", soft_wrap=True)
        console.print()


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Round by round, as what else the machine does changes from one round to the next."""
    return Spread([one / other for one, other in zip(ours, theirs, strict=True)])


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * PERCENT_99)]


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * PERCENT_95)]


def number(value: float) -> str:
    """Three figures, without an exponent."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2  # noqa: PLR2004  where three figures end
    return f"{value:.{digits}f}"
