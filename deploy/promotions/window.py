"""Deployments begin only at certain times, told in the time zone of the people who have to be awake."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, field_validator

from deploy.hours import Interval, Recurring, Weekly, weekly
from deploy.moment import said
from deploy.promotion import Case, Promotion, State, Surroundings, Verdict

HORIZON = timedelta(days=400)
"""How far ahead it is told when a window opens: yearly ones come round once."""

MOST = 20


def _several(written: Any) -> Any:
    return written if isinstance(written, list | tuple) else [written]


def _are_hours(written: str) -> str:
    weekly(written)
    return written


Entry = Annotated[
    Annotated[str, AfterValidator(_are_hours), Tag("hours")] | Annotated[Recurring, Tag("rule")],
    Discriminator(lambda written: "hours" if isinstance(written, str) else "rule"),
]
Hours = Annotated[tuple[Entry, ...], BeforeValidator(_several), Field(max_length=MOST)]


class Window(Promotion):
    """Open while no `deny` is on, and one `allow` is, if there are any."""

    type: Literal["window"]
    allow: Hours = Field(default=(), description="Hours such as Mo-Fr 08:00-17:00, or {rrule: …, for: 4h}, or a list.")
    deny: Hours = Field(default=(), description="The same; what is denied is closed, whatever is allowed.")
    zone: str = Field(default="UTC", description="A name of the IANA time zone database, such as Europe/Berlin.")

    momentary = True

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError):
            raise ValueError(f"{name!r} is no time zone: write a name such as Europe/Berlin, or UTC") from None
        return name

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        return self.decide(case.now)

    def decide(self, now: datetime) -> Verdict:
        zone, end = ZoneInfo(self.zone), now + HORIZON
        always = [(now, end + HORIZON)]
        allowed = _intervals(self.allow, now, end, zone) if self.allow else always
        opens, closes = next(_openings(allowed, _intervals(self.deny, now, end, zone)), (end, end))
        if opens <= now:
            why = f"open until {said(closes, now, zone)}" if closes < end else "open"
            return Verdict(state=State.PASSED, why=why)
        if opens < end:
            return Verdict(state=State.PENDING, why=f"closed until {said(opens, now, zone)}", again=opens - now)
        why = f"closed, and does not open within {HORIZON.days} days: change allow or deny"
        return Verdict(state=State.PENDING, why=why, again=timedelta(days=1))


def _intervals(written: Sequence[str | Recurring], now: datetime, end: datetime, zone: ZoneInfo) -> Sequence[Interval]:
    """What has not ended yet, cut off at now."""
    hours: Iterable[Weekly | Recurring] = [weekly(each) if isinstance(each, str) else each for each in written]
    return [
        (max(begin, now), last)
        for each in hours
        for begin, last in each.between(now, end, zone)
        if last > max(begin, now)
    ]


def _openings(allowed: Iterable[Interval], denied: Iterable[Interval]) -> Iterator[Interval]:
    """The times that are allowed and not denied, in order."""
    edges = [edge for begin, end in allowed for edge in ((begin, 1, 0), (end, -1, 0))]
    edges += [edge for begin, end in denied for edge in ((begin, 0, 1), (end, 0, -1))]
    allowing = denying = 0
    since: datetime | None = None
    for at, together in groupby(sorted(edges), key=itemgetter(0)):
        for _, allows, denies in together:
            allowing, denying = allowing + allows, denying + denies
        is_open = allowing > 0 and denying == 0
        if is_open and since is None:
            since = at
        elif not is_open and since is not None:
            yield since, at
            since = None
