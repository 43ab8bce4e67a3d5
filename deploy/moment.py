"""A moment as people say it, as short as it is clear from now: `14:02 UTC`, `Mon 08:00 UTC`, `4 Jan 2027 08:00 UTC`."""

from datetime import datetime, timedelta, tzinfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEK = timedelta(days=6)
"""Farther away than this, the name of a day may mean two of them."""


def said(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """`zone` is the one to tell it in, and is named: UTC, or a `ZoneInfo` by its key."""
    here, today = moment.astimezone(zone), now.astimezone(zone)
    clock = f"{here:%H:%M} {zone}"
    if here.date() == today.date():
        return clock
    if abs(here.date() - today.date()) <= WEEK:
        return f"{DAYS[here.weekday()]} {clock}"
    return f"{here.day} {MONTHS[here.month - 1]} {here.year} {clock}"
