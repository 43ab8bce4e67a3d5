"""Deployments begin only at certain times, told in the time zone of the people who have to be awake."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
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
        allowed = None if not self.allow else _intervals(self.allow, now, end, zone)
        denied = _intervals(self.deny, now, end, zone)
        if _is_open(now, allowed, denied):
            closes = _next(_ends(allowed or ()) | _begins(denied), now, allowed, denied, opens=False)
            why = f"open until {said(closes, now, zone)}" if closes else "open"
            return Verdict(state=State.PASSED, why=why)
        opens = _next(_begins(allowed or ()) | _ends(denied), now, allowed, denied, opens=True)
        if opens is None:
            why = f"closed, and does not open within {HORIZON.days} days: change allow or deny"
            return Verdict(state=State.PENDING, why=why, again=timedelta(days=1))
        return Verdict(state=State.PENDING, why=f"closed until {said(opens, now, zone)}", again=opens - now)


def _intervals(written: Sequence[str | Recurring], now: datetime, end: datetime, zone: ZoneInfo) -> Sequence[Interval]:
    hours: Iterable[Weekly | Recurring] = [weekly(each) if isinstance(each, str) else each for each in written]
    return [interval for each in hours for interval in each.between(now, end, zone) if interval[1] > now]


def _is_open(at: datetime, allowed: Sequence[Interval] | None, denied: Sequence[Interval]) -> bool:
    if any(begin <= at < end for begin, end in denied):
        return False
    return allowed is None or any(begin <= at < end for begin, end in allowed)


def _next(
    candidates: set[datetime],
    now: datetime,
    allowed: Sequence[Interval] | None,
    denied: Sequence[Interval],
    *,
    opens: bool,
) -> datetime | None:
    """When it becomes open, or closed: only where something begins or ends can it change."""
    later = sorted(at for at in candidates if now < at < now + HORIZON)
    return next((at for at in later if _is_open(at, allowed, denied) is opens), None)


def _begins(intervals: Sequence[Interval]) -> set[datetime]:
    return {begin for begin, _ in intervals}


def _ends(intervals: Sequence[Interval]) -> set[datetime]:
    return {end for _, end in intervals}
