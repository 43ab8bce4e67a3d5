"""Hours that come back: `Mo-Fr 08:00-17:00`, or a recurrence rule of RFC 5545 with a length."""

import re
from collections.abc import Iterator, Mapping
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Self
from zoneinfo import ZoneInfo

# The stubs are a package of their own, types-python-dateutil, and not pinned here.
from dateutil.rrule import rrule, rrulestr  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, model_validator

from deploy.span import Span

Interval = tuple[datetime, datetime]
"""From, inclusive, and to, exclusive; both in UTC."""

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY = timedelta(days=1)
_RANGE = r"(\d{2}):(\d{2})-(\d{2}):(\d{2})"
_WEEKLY = re.compile(rf"(?P<days>[A-Z][a-z](?:[-,][A-Z][a-z])*)?(?:^| |$)(?P<ranges>{_RANGE}(?:,{_RANGE})*)?", re.ASCII)

EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001  a time on the wall, wherever that is
PARTS = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYHOUR", "BYMINUTE"}
)
LONGEST_RULE = 200
CALENDAR = 400
"""Years after which leap years and days of the week come again as they were."""


class Weekly(BaseModel):
    """Days of the week (0 is Monday) and ranges of minutes since midnight; one may end after the next midnight."""

    model_config = ConfigDict(frozen=True)

    days: frozenset[int]
    ranges: tuple[tuple[int, int], ...]

    def between(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Interval]:
        day = start.astimezone(zone).date() - DAY
        while day <= end.astimezone(zone).date():
            if day.weekday() in self.days:
                midnight = datetime.combine(day, time())
                for first, last in self.ranges:
                    yield _on_the_wall(midnight, timedelta(minutes=first), timedelta(minutes=last), zone)
            day += DAY


def weekly(text: str) -> Weekly:
    """Raises ValueError with what may be written instead."""
    found = _WEEKLY.fullmatch(text)
    if not text or not found:
        raise ValueError(f"{text!r} says no hours: write days, times or both, such as Mo-Fr 08:00-17:00 or Sa,Su")
    ranges = tuple(_minutes(text, *map(int, each)) for each in re.findall(_RANGE, found["ranges"] or "00:00-24:00"))
    days = _days(text, found["days"]) if found["days"] else frozenset(range(len(DAYS)))
    return Weekly(days=days, ranges=ranges)


def _days(text: str, written: str) -> frozenset[int]:
    days: set[int] = set()
    for part in written.split(","):
        ends = part.split("-")
        unknown = [each for each in ends if each not in DAYS]
        if unknown or len(ends) > 2:  # noqa: PLR2004  a range has two ends
            raise ValueError(f"{text!r}: {unknown[0] if unknown else part} is none of {', '.join(DAYS)}")
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        days.update((first + step) % len(DAYS) for step in range((last - first) % len(DAYS) + 1))
    return frozenset(days)


def _minutes(text: str, hour: int, minute: int, last_hour: int, last_minute: int) -> tuple[int, int]:
    first, last = 60 * hour + minute, 60 * last_hour + last_minute
    whole = 24 * 60
    if minute > 59 or last_minute > 59 or first >= whole or last > whole or first == last:  # noqa: PLR2004  a clock's
        raise ValueError(f"{text!r}: times are written from 00:00 to 24:00, and begin and end apart")
    return first, last if last > first else last + whole


class Recurring(BaseModel):
    """A rule of RFC 5545 and how long each of its occurrences lasts. Times are those on the wall of the zone."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    rrule: str = Field(
        max_length=LONGEST_RULE, description="Such as FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=12. Without BYHOUR: from midnight."
    )
    span: Span = Field(alias="for", description="How long each occurrence lasts.")
    start: datetime = Field(
        default=EPOCH, description="The first day that counts, for rules with INTERVAL or COUNT: 2026-01-01T00:00."
    )

    @model_validator(mode="after")
    def _happens(self) -> Self:
        if self.start.tzinfo is not None or self.start < EPOCH:
            raise ValueError("start is written without a zone and not before the year 2000")
        if next(iter(_rule(self.rrule, self.start)), None) is None:
            raise ValueError(f"{self.rrule!r} never happens")
        return self

    def between(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Interval]:
        first = start.astimezone(zone).replace(tzinfo=None) - self.span - DAY
        for begin in _rule(self.rrule, self.start).xafter(first, inc=True):
            interval = _on_the_wall(begin, timedelta(), self.span, zone)
            if interval[0] > end:
                return
            yield interval


@lru_cache(maxsize=256)
def _rule(text: str, start: datetime) -> Any:
    """Raises ValueError. What would take long to work out is refused: whoever may push may write rules."""
    if re.search(r"[\s:]", text):
        raise ValueError(f"{text!r} is no recurrence rule: it is one line, without RRULE: before it and without spaces")
    parts = dict(part.partition("=")[::2] for part in text.upper().split(";"))
    unknown = sorted(parts.keys() - PARTS)
    if unknown:
        raise ValueError(f"{unknown[0]} is not known in {text!r}: {', '.join(sorted(PARTS))} are")
    why = _why_not(parts)
    if why:
        raise ValueError(f"{text!r}: {why}")
    try:
        # What breaks while it is worked out leaves the lock of its cache closed for ever: so it is tried without one.
        # It is worked out to the year 9999, which takes a while where nothing comes: so it is tried in the last years.
        late = start.replace(year=start.year + (MAXYEAR - start.year) // CALENDAR * CALENDAR)
        tried = rrulestr(text, dtstart=start).replace(dtstart=late, count=None, until=None)
        happens = next(iter(tried), None) is not None
        rule = rrulestr(text, dtstart=start, cache=True)
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise ValueError(f"{text!r} is no recurrence rule: {error}") from None
    if not happens:
        raise ValueError(f"{text!r} never happens")
    assert isinstance(rule, rrule)
    return rule


def _why_not(parts: Mapping[str, str]) -> str:
    frequency = parts.get("FREQ", "")
    if frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        return "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY"
    if frequency == "DAILY" and parts.keys() & {"BYMONTH", "BYMONTHDAY", "BYSETPOS"}:
        return "with BYMONTH, BYMONTHDAY or BYSETPOS, FREQ is MONTHLY or YEARLY"
    if frequency == "WEEKLY" and "BYSETPOS" in parts:
        return "with BYSETPOS, FREQ is MONTHLY or YEARLY"
    if "," in parts.get("BYSETPOS", ""):
        return "BYSETPOS is one number: write a rule for each"
    if "," in parts.get("BYHOUR", "") + parts.get("BYMINUTE", ""):
        return "BYHOUR is one hour and BYMINUTE one minute: write a rule for each"
    if {"COUNT", "UNTIL"} <= parts.keys():
        return "write COUNT or UNTIL, not both"
    weeks = 53 if frequency == "YEARLY" else 5
    if any(abs(int(each)) > weeks for each in re.findall(r"[+-]?\d+", parts.get("BYDAY", ""), re.ASCII)):
        return f"BYDAY counts to {weeks} with {frequency}"
    if not re.fullmatch(r"[1-9]\d{0,2}", parts.get("INTERVAL", "1"), re.ASCII):
        return "INTERVAL is a number from 1 to 999"
    return ""


def _on_the_wall(day: datetime, first: timedelta, last: timedelta, zone: ZoneInfo) -> Interval:
    """What the clock shows twice belongs wholly to what ends in it; what it skips is told by the offset before.

    https://datatracker.ietf.org/doc/html/rfc5545#section-3.3.5
    """
    begin, end = (day + first).replace(tzinfo=zone), (day + last).replace(tzinfo=zone)
    return begin.astimezone(UTC), max(end.astimezone(UTC), end.replace(fold=1).astimezone(UTC))
