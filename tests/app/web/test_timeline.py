"""Phases stand one after the other on an axis that ends with the last of them."""

from hypothesis import given
from hypothesis import strategies as st

from app.web.timeline import MOST_TICKS, Bar, Tick, bars, ticks
from checks.result import Phase


def test_bars_follow_each_other() -> None:
    phases = (Phase(name="INSTALL", succeeded=True, seconds=30), Phase(name="BUILD", succeeded=False, seconds=90))
    assert bars(phases, {"BUILD": 12}) == [
        Bar("INSTALL", True, 30, 0, 25, 0),
        Bar("BUILD", False, 90, 25, 75, 12),
    ]
    assert ticks(phases) == [
        Tick(0, "0 s"),
        Tick(25, "30 s"),
        Tick(50, "1 min"),
        Tick(75, "1 min 30 s"),
        Tick(100, "2 min"),
    ]


@given(st.lists(st.floats(0, 1e6), max_size=12))
def test_nothing_leaves_the_axis(seconds: list[float]) -> None:
    phases = [Phase(name="BUILD", succeeded=True, seconds=each) for each in seconds]
    assert all(bar.start >= 0 and bar.start + bar.width <= 100.02 for bar in bars(phases, {}))
    assert len(ticks(phases)) <= MOST_TICKS + 1
