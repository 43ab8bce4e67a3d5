"""Times carry their zone and how long ago they were."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.web.pages import when

NOW = datetime(2026, 11, 21, 14, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("past", "ago"),
    [
        (timedelta(), "now"),
        (timedelta(seconds=-9), "now"),
        (timedelta(seconds=12.7), "12 s ago"),
        (timedelta(minutes=3, seconds=12), "3 min ago"),
        (timedelta(hours=26), "1 d 02 h ago"),
    ],
)
def test_a_moment_says_how_long_ago_it_was(past: timedelta, ago: str) -> None:
    assert f'<span class="ago">{ago}</span>' in when(NOW - past, NOW)


def test_a_moment_of_another_zone_is_shown_in_utc() -> None:
    berlin = NOW.astimezone(timezone(timedelta(hours=1)))
    assert when(berlin, NOW) == (
        '<time datetime="2026-11-21T14:02:30+00:00">2026-11-21 14:02 UTC <span class="ago">now</span></time>'
    )


def test_what_has_no_moment_is_a_dash() -> None:
    assert when(None) == "–"
