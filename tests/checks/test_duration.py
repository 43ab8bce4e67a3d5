"""Durations as people say them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.duration import human


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (0.0004, "0 s"),
        (0.85, "850 ms"),
        (0.9999, "1 s"),
        (1, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (64, "1 min 04 s"),
        (192, "3 min 12 s"),
        (3599.7, "1 h"),
        (3840, "1 h 04 min"),
        (3600 * 25, "1 d 01 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert human(seconds) == human(timedelta(seconds=seconds)) == text


@given(st.floats(0, 1e9))
def test_no_duration_says_sixty_seconds_or_minutes(seconds: float) -> None:
    words = human(seconds).split()
    said = {f"{number} {unit}" for number, unit in zip(words[::2], words[1::2], strict=True)}
    assert not said & {"1000 ms", "60 s", "60 min", "24 h"}
