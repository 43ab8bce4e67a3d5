"""Deployments begin only at certain times, through summer and winter time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from deploy.promotion import State, Verdict
from deploy.promotions.window import Window

BERLIN = "Europe/Berlin"
OFFICE: dict[str, object] = {"allow": "Mo-Fr 08:00-17:00", "zone": BERLIN}

FIRST, LAST = datetime(2026, 1, 1), datetime(2028, 1, 1)  # noqa: DTZ001  Hypothesis adds the zone


def window(**fields: object) -> Window:
    return Window.model_validate({"type": "window", **fields})


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def said(fields: dict[str, object], now: str) -> str:
    return window(**fields).decide(at(now)).why


def test_it_is_closed_until_monday_and_looked_at_then() -> None:
    assert window(**OFFICE).decide(at("2026-11-20 16:00")) == Verdict(
        state=State.PENDING, why="closed until Mon 08:00 Europe/Berlin", again=timedelta(days=2, hours=15)
    )


def test_it_is_open_and_says_until_when() -> None:
    assert window(**OFFICE).decide(at("2026-11-20 15:59")) == Verdict(
        state=State.PASSED, why="open until 17:00 Europe/Berlin"
    )


@pytest.mark.parametrize(
    ("fields", "now", "why"),
    [
        ({}, "2026-11-20 12:00", "open"),
        ({"allow": "Mo-Su"}, "2026-11-20 12:00", "open"),
        ({"allow": "08:00-17:00"}, "2026-11-21 08:00", "open until 17:00 UTC"),
        ({"allow": "08:00-17:00"}, "2026-11-21 17:00", "closed until Sun 08:00 UTC"),
        ({"allow": "Sa,Su"}, "2026-11-20 12:00", "closed until Sat 00:00 UTC"),
        ({"allow": "Sa,Su"}, "2026-11-21 12:00", "open until Mon 00:00 UTC"),
        ({"allow": "Fr-Mo 10:00-11:00"}, "2026-11-23 10:30", "open until 11:00 UTC"),
        ({"allow": "Mo 08:00-12:00,13:00-17:00"}, "2026-11-23 12:00", "closed until 13:00 UTC"),
        ({"allow": "Fr 22:00-06:00"}, "2026-11-21 05:00", "open until 06:00 UTC"),
        ({"allow": ["Mo 08:00-12:00", "Mo 11:00-17:00"]}, "2026-11-23 09:00", "open until 17:00 UTC"),
        ({"deny": "Fr 12:00-24:00"}, "2026-11-20 11:00", "open until 12:00 UTC"),
        ({"deny": "Fr 12:00-24:00"}, "2026-11-20 12:00", "closed until Sat 00:00 UTC"),
        ({"allow": "Mo-Fr 08:00-17:00", "deny": "Mo 00:00-09:00"}, "2026-11-20 18:00", "closed until Mon 09:00 UTC"),
        (
            {"allow": "Mo 08:00-09:00", "deny": "Mo"},
            "2026-11-20 18:00",
            "closed, and does not open within 400 days: change allow or deny",
        ),
    ],
)
def test_allowed_and_denied_hours(fields: dict[str, object], now: str, why: str) -> None:
    assert said(fields, now) == why


@pytest.mark.parametrize(
    ("rule", "now", "why"),
    [
        ({"rrule": "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=12", "for": "12h"}, "2026-11-27 11:59", "open until 12:00 UTC"),
        (
            {"rrule": "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=12", "for": "12h"},
            "2026-11-27 12:00",
            "closed until Sat 00:00 UTC",
        ),
        (
            {"rrule": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "for": "8d"},
            "2026-12-31 23:00",
            "closed until Fri 00:00 UTC",
        ),
        (
            {"rrule": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "for": "8d"},
            "2027-01-01 00:00",
            "open until 24 Dec 2027 00:00 UTC",
        ),
        (
            {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "for": "1d", "start": "2026-11-23T00:00"},
            "2026-11-24 00:00",
            "open until 7 Dec 2026 00:00 UTC",
        ),
        (
            {"rrule": "FREQ=DAILY;COUNT=2", "for": "1d", "start": "2026-11-23T00:00"},
            "2026-11-24 00:00",
            "closed until Wed 00:00 UTC",
        ),
    ],
)
def test_hours_by_rule(rule: dict[str, object], now: str, why: str) -> None:
    assert said({"deny": rule}, now) == why


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ("2026-03-27 15:59", "open until 17:00 Europe/Berlin"),
        ("2026-03-27 16:00", "closed until Mon 08:00 Europe/Berlin"),
        ("2026-03-30 05:59", "closed until 08:00 Europe/Berlin"),
        ("2026-03-30 06:00", "open until 17:00 Europe/Berlin"),
        ("2026-10-23 15:00", "closed until Mon 08:00 Europe/Berlin"),
        ("2026-10-26 06:59", "closed until 08:00 Europe/Berlin"),
        ("2026-10-26 07:00", "open until 17:00 Europe/Berlin"),
    ],
)
def test_office_hours_follow_the_clock_on_the_wall_over_both_changes(now: str, why: str) -> None:
    assert said(OFFICE, now) == why


def test_the_wait_over_a_change_is_the_real_one() -> None:
    """From Friday 17:00 to Monday 08:00 are 63 hours, of which spring takes one and autumn gives one."""
    assert window(**OFFICE).decide(at("2026-03-27 16:00")).again == timedelta(hours=62)
    assert window(**OFFICE).decide(at("2026-10-23 15:00")).again == timedelta(hours=64)


@settings(deadline=None)  # a slow machine is no finding
@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)), st.sampled_from([BERLIN, "America/New_York", "UTC"]))
def test_any_moment_is_open_when_the_clock_on_the_wall_says_so(now: datetime, zone: str) -> None:
    wall = now.astimezone(ZoneInfo(zone))
    by_day = wall.weekday() < 5 and 8 <= wall.hour < 17
    by_night = wall.weekday() in (4, 5) and (wall.hour >= 22 if wall.weekday() == 4 else wall.hour < 6)
    office, night = window(allow="Mo-Fr 08:00-17:00", zone=zone), window(allow="Fr 22:00-06:00", zone=zone)
    assert (office.decide(now).state is State.PASSED, night.decide(now).state is State.PASSED) == (by_day, by_night)
    assert (window(deny="Fr 22:00-06:00", zone=zone).decide(now).state is State.PASSED) is not by_night
    for each in (office, night):
        verdict = each.decide(now)
        if verdict.again:
            assert each.decide(now + verdict.again).state is State.PASSED
            assert each.decide(now + verdict.again - timedelta(seconds=1)).state is State.PENDING


@pytest.mark.parametrize(
    ("hours", "now", "state"),
    [
        ("Su 02:30-03:30", "2026-03-29 00:59", State.PENDING),  # the hour that the clock skips holds no time
        ("Su 02:30-03:30", "2026-03-29 01:00", State.PENDING),
        ("Su 02:30-03:30", "2026-03-29 01:30", State.PENDING),
        ("Su 01:00-04:00", "2026-03-29 01:30", State.PASSED),
        ("Su 01:00-02:30", "2026-10-25 00:29", State.PASSED),  # 02:29, for the first time
        ("Su 01:00-02:30", "2026-10-25 01:29", State.PASSED),  # 02:29, for the second time
        ("Su 01:00-02:30", "2026-10-25 01:30", State.PENDING),
        ("Su 02:00-03:00", "2026-10-25 00:00", State.PASSED),
        ("Su 02:00-03:00", "2026-10-25 01:59", State.PASSED),
        ("Su 02:00-03:00", "2026-10-25 02:00", State.PENDING),
    ],
)
def test_the_hour_that_is_skipped_and_the_hour_that_comes_twice(hours: str, now: str, state: State) -> None:
    assert window(allow=hours, zone=BERLIN).decide(at(now)).state == state


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"allow": ""}, "'' says no hours: write days, times or both, such as Mo-Fr 08:00-17:00 or Sa,Su"),
        ({"allow": "weekdays"}, "'weekdays' says no hours"),
        ({"allow": "Mo-Fr  08:00-17:00"}, "says no hours"),
        ({"allow": "Mo-Fr 8-17"}, "says no hours"),
        ({"allow": "Mo-Xx 08:00-17:00"}, "'Mo-Xx 08:00-17:00': Xx is none of Mo, Tu, We, Th, Fr, Sa, Su"),
        ({"allow": "Mo-We-Fr"}, "Mo-We-Fr is none of Mo, Tu"),
        ({"allow": "Mo 08:60-09:00"}, "times are written from 00:00 to 24:00, and begin and end apart"),
        ({"allow": "Mo 24:00-09:00"}, "times are written from"),
        ({"allow": "Mo 08:00-25:00"}, "times are written from"),
        ({"allow": "Mo 08:00-08:00"}, "times are written from"),
        ({"zone": "Europe/Atlantis"}, "'Europe/Atlantis' is no time zone: write a name such as Europe/Berlin, or UTC"),
        ({"zone": "../../etc/passwd"}, "is no time zone"),
        ({"zone": ""}, "is no time zone"),
        ({"zone": "Europe"}, "is no time zone"),
        ({"deny": {"rrule": "FREQ=SECONDLY", "for": "1h"}}, "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY"),
        ({"deny": {"rrule": "BYDAY=MO", "for": "1h"}}, "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY"),
        (
            {"deny": {"rrule": "FREQ=DAILY;BYMONTH=2", "for": "1h"}},
            "with BYMONTH, BYMONTHDAY or BYSETPOS, FREQ is MONTHLY or YEARLY",
        ),
        ({"deny": {"rrule": "FREQ=DAILY;INTERVAL=0", "for": "1h"}}, "INTERVAL is a number from 1 to 999"),
        (
            {"deny": {"rrule": "FREQ=DAILY;BYMINUTE=1,2", "for": "1h"}},
            "BYHOUR is one hour and BYMINUTE one minute: write a rule for each",
        ),
        (
            {"deny": {"rrule": "FREQ=DAILY;BYSECOND=1", "for": "1h"}},
            "BYSECOND is not known in 'FREQ=DAILY;BYSECOND=1': BYDAY, BYHOUR,",
        ),
        ({"deny": {"rrule": "FREQ=DAILY\nDTSTART:19000101", "for": "1h"}}, "is no recurrence rule: it is one line"),
        ({"deny": {"rrule": "FREQ=DAILY;BYDAY=XX", "for": "1h"}}, "is no recurrence rule: invalid 'BYDAY': XX"),
        ({"deny": {"rrule": "FREQ=MONTHLY;BYDAY=99MO", "for": "1h"}}, "BYDAY counts to 5 with MONTHLY"),
        ({"deny": {"rrule": "FREQ=YEARLY;BYDAY=MO,-54TU", "for": "1h"}}, "BYDAY counts to 53 with YEARLY"),
        ({"deny": {"rrule": "FREQ=WEEKLY;BYSETPOS=8", "for": "1h"}}, "with BYSETPOS, FREQ is MONTHLY or YEARLY"),
        ({"deny": {"rrule": "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1,-1", "for": "1h"}}, "BYSETPOS is one number"),
        ({"deny": {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "for": "1h"}}, "never happens"),
        ({"deny": {"rrule": "FREQ=DAILY;COUNT=0", "for": "1h"}}, "never happens"),
        ({"deny": {"rrule": "FREQ=DAILY;UNTIL=19990101", "for": "1h"}}, "never happens"),
        ({"deny": {"rrule": "FREQ=DAILY;COUNT=1;UNTIL=20300101", "for": "1h"}}, "write COUNT or UNTIL, not both"),
        ({"deny": {"rrule": "FREQ=DAILY"}}, "Field required"),
        ({"deny": {"rrule": "FREQ=DAILY", "for": "1h", "start": "1999-01-01T00:00"}}, "not before the year 2000"),
    ],
)
def test_what_is_no_window_is_refused_with_what_may_be_written(fields: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        window(**fields)
    assert why in str(refused.value)


def test_what_was_written_is_kept_as_it_was() -> None:
    fields = {"type": "window", "allow": ["Mo-Fr"], "deny": [{"rrule": "FREQ=MONTHLY", "for": "4h"}], "zone": BERLIN}
    kept = Window.model_validate(fields).model_dump(mode="json", exclude_defaults=True)
    assert kept == fields
    assert Window.model_validate(kept) == Window.model_validate(fields)
