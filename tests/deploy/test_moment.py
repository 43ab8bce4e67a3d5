"""Moments are told as short as they are clear."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from deploy.moment import said

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        (datetime(2026, 11, 23, 14, 2, tzinfo=UTC), "UTC", "14:02 UTC"),
        (datetime(2026, 11, 24, 0, 2, tzinfo=UTC), "UTC", "Tue 00:02 UTC"),
        (datetime(2026, 11, 24, 0, 2, tzinfo=UTC), "Europe/Berlin", "01:02 Europe/Berlin"),
        (datetime(2026, 11, 29, 8, 0, tzinfo=UTC), "UTC", "Sun 08:00 UTC"),
        (datetime(2026, 11, 30, 8, 0, tzinfo=UTC), "UTC", "30 Nov 2026 08:00 UTC"),
        (datetime(2026, 11, 17, 8, 0, tzinfo=UTC), "UTC", "Tue 08:00 UTC"),
        (datetime(2026, 11, 16, 8, 0, tzinfo=UTC), "UTC", "16 Nov 2026 08:00 UTC"),
    ],
)
def test_a_moment_is_told_as_it_is_seen_from_now(moment: datetime, zone: str, text: str) -> None:
    assert said(moment, NOW, UTC if zone == "UTC" else ZoneInfo(zone)) == text
