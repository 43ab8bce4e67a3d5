"""What keeps an environment, a service, a repository or everything from moving, with owner, reason and end."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from checks.change import short

FAR = timedelta(days=300)


class Kind(StrEnum):
    """A LOCK stops all but its owner, a FREEZE all but emergencies and rollbacks, a PIN only what moves by itself."""

    LOCK = "lock"
    FREEZE = "freeze"
    PIN = "pin"


class State(StrEnum):
    ACTIVE = "active"
    LIFTED = "lifted"
    EXPIRED = "expired"


class Hold(Struct, frozen=True, kw_only=True):
    """`scope` is a place, or what a place begins with: `42/web/production`, `42/web`, `42`, and "" for everything.

    A pin that a rollback left says which versions are `bad`: those that contain the commit `bad` and not a fix of
    what came after `good`.
    """

    id: str
    kind: Kind
    scope: str
    owner: str
    reason: str
    since: datetime
    until: datetime | None = None
    good: str = ""
    bad: str = ""
    state: State = State.ACTIVE
    ended_by: str = ""
    ended_at: datetime | None = None
    ended_why: str = ""

    def covers(self, place: str) -> bool:
        return not self.scope or place == self.scope or place.startswith(f"{self.scope}/")

    def is_active(self, now: datetime) -> bool:
        return self.state is State.ACTIVE and (self.until is None or now < self.until)

    def lifted(self, by: str, why: str, now: datetime) -> "Hold | None":
        """None if it has ended before."""
        if self.state is not State.ACTIVE:
            return None
        return replace(self, state=State.LIFTED, ended_by=by, ended_why=why, ended_at=now)

    def expired(self, now: datetime) -> "Hold | None":
        """None if its end has not come, or it has ended before."""
        if self.state is not State.ACTIVE or self.until is None or now < self.until:
            return None
        return replace(self, state=State.EXPIRED, ended_at=self.until)

    def stops(self, by: str, *, forced: bool) -> bool:
        """Whether it stops what this person asked for ("" if nobody did); `forced` is an emergency or a rollback."""
        match self.kind:
            case Kind.PIN:
                return not by and not forced
            case Kind.FREEZE:
                return not forced
            case Kind.LOCK:
                return not by or by.lower() != self.owner.lower()

    @property
    def sentence(self) -> str:
        """What it is, and who ends it."""
        owner = f"@{self.owner}" if self.owner else "Interlock"
        what = {Kind.LOCK: "locked", Kind.FREEZE: "frozen", Kind.PIN: "pinned"}[self.kind]
        if self.bad:
            return f"{what} after {short(self.bad)} was rolled back, until a revert of it arrives or somebody lifts it"
        return f"{what} by {owner}{ending(self.until, self.since)}: {self.reason}"


def ending(until: datetime | None, since: datetime) -> str:
    """What follows a sentence; the year where somebody might think of another one."""
    if until is None:
        return ""
    year = f" {until.year}" if until - since > FAR else ""
    return f" until {until:%-d %b}{year} {until:%H:%M} UTC"


def in_the_way(holds: Iterable[Hold], place: str, by: str, now: datetime, *, forced: bool = False) -> Hold | None:
    """The oldest hold that stops this."""
    stopping = [each for each in holds if each.covers(place) and each.is_active(now) and each.stops(by, forced=forced)]
    return min(stopping, key=lambda each: each.id, default=None)
