"""How long, as people write it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.span import LONGEST, parsed, written


@pytest.mark.parametrize(
    ("text", "seconds"), [("15s", 15), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("90m", 5400)]
)
def test_a_number_and_a_unit_are_a_duration(text: str, seconds: int) -> None:
    assert parsed(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", 15, "15 s", "15S", "1m1h", "-1s", "1.5h", "s", None, "١s", "1s\n"])
def test_anything_else_is_told_what_may_be_written(text: object) -> None:
    with pytest.raises(ValueError, match="is no duration: write a number and a unit, such as 15s, 10m, 2h or 1d"):
        parsed(text)


@pytest.mark.parametrize("text", ["0s", "0d0h", "367d", "999999d"])
def test_nothing_and_more_than_a_year_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has to be longer than nothing and at most 366d"):
        parsed(text)


@given(st.integers(1, LONGEST // timedelta(seconds=1)))
def test_what_is_written_is_read_as_the_same(seconds: int) -> None:
    assert parsed(written(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
