"""Ids sort by the order in which they were made."""

import re
import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store import ids
from app.store.ids import new_id

_LARGEST = 2**128 - 1


def test_an_id_is_26_letters_and_digits() -> None:
    assert re.fullmatch(r"[0-7][0-9a-hjkmnp-tv-z]{25}", new_id())


def test_later_ids_are_greater() -> None:
    made = [new_id() for _ in range(10_000)]

    assert all(earlier < later for earlier, later in pairwise(made))


def test_threads_never_share_an_id() -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(new_id() for _ in range(1_000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 8_000


def test_a_clock_that_is_set_back_changes_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert new_id() > before


@given(st.integers(0, _LARGEST), st.integers(0, _LARGEST))
def test_text_sorts_as_the_numbers_do(one: int, other: int) -> None:
    assert (ids._text(one) < ids._text(other)) == (one < other)
