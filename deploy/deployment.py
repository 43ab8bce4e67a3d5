"""One version on its way into one environment: promoted, deployed again, or put back."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from deploy.announcement import Announcement
from deploy.announcement import State as Shown
from deploy.pipeline import Environment
from deploy.promotion import Decision, Result, When
from deploy.target import Live
from deploy.version import Version


class Kind(StrEnum):
    """PROMOTE only goes forward. The others are commanded, and may go anywhere: REDEPLOY writes what is there once
    more, ROLLBACK puts back what was good, EMERGENCY skips what stands before a deployment."""

    PROMOTE = "promote"
    REDEPLOY = "redeploy"
    ROLLBACK = "rollback"
    EMERGENCY = "emergency"

    @property
    def is_gated(self) -> bool:
        """Whether the promotions before a deployment are asked."""
        return self is Kind.PROMOTE


class State(StrEnum):
    """FAILED is the user's, ERROR ours or the platform's. SUPERSEDED is what a newer version took over from, before or
    after it was live; ROLLED_BACK what was undone."""

    REQUESTED = "requested"
    GATED = "gated"
    READY = "ready"
    DEPLOYING = "deploying"
    VERIFYING = "verifying"
    LIVE = "live"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled_back"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ERROR = "error"

    @property
    def is_waiting(self) -> bool:
        """Nothing was written yet."""
        return self in WAITING

    @property
    def is_moving(self) -> bool:
        return self in (State.DEPLOYING, State.VERIFYING)


WAITING = frozenset({State.REQUESTED, State.GATED, State.READY})
_ENDS = frozenset({State.SUPERSEDED, State.REJECTED, State.CANCELLED, State.FAILED, State.ERROR})

MOVES: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.GATED, State.READY}) | _ENDS,
    State.GATED: frozenset({State.GATED, State.READY}) | _ENDS,
    # What opened for a moment may close before the write; killed after the write, it has arrived.
    State.READY: frozenset({State.GATED, State.DEPLOYING, State.VERIFYING, State.LIVE}) | _ENDS,
    State.DEPLOYING: frozenset(
        {
            State.GATED,  # held, or behind what somebody commanded, before anything was written
            State.DEPLOYING,
            State.VERIFYING,
            State.LIVE,
            State.SUPERSEDED,
            State.CANCELLED,  # only of what somebody else deploys, and never reports
            State.FAILED,
            State.ERROR,
        }
    ),
    State.VERIFYING: frozenset({State.VERIFYING, State.LIVE, State.FAILED, State.SUPERSEDED, State.ROLLED_BACK}),
    State.LIVE: frozenset({State.SUPERSEDED, State.ROLLED_BACK}),
    State.FAILED: frozenset({State.ROLLED_BACK}),
    **dict.fromkeys(_ENDS - {State.FAILED} | {State.ROLLED_BACK}, frozenset()),
}

_SHOWN = {
    State.REQUESTED: Shown.QUEUED,
    State.GATED: Shown.QUEUED,
    State.READY: Shown.QUEUED,
    State.DEPLOYING: Shown.IN_PROGRESS,
    State.VERIFYING: Shown.IN_PROGRESS,
    State.LIVE: Shown.SUCCESS,
    State.SUPERSEDED: Shown.INACTIVE,
    State.ROLLED_BACK: Shown.INACTIVE,
    State.REJECTED: Shown.FAILURE,
    State.CANCELLED: Shown.INACTIVE,
    State.FAILED: Shown.FAILURE,
    State.ERROR: Shown.ERROR,
}


class Deployment(Struct, frozen=True, kw_only=True):
    """`environment` is what was configured when it set out, and stays. `why` tells how it stands, in one sentence.

    `by` asked for it, a login with the number of the user, and "" if nobody did; `reason` is theirs. `results` are its
    promotions, those before it first; `decisions` is what people said of it. `before` holds what the target had
    when the write began, and `live` what it has since; `seen` is the newest lease that there was at that first look.
    `replaces` is the deployment that was there, `undoes` the one that a rollback takes back. `began_at` is when the
    write began, `arrived_at` when it was done, `live_at` when it was verified as well, `ended_at` when something else
    took its place. `look_at` is when there is something to look at again.
    """

    id: str
    version: Version
    service: str
    environment: Environment
    kind: Kind = Kind.PROMOTE
    by: str = ""
    by_id: int = 0
    reason: str = ""
    asked_at: datetime
    state: State = State.REQUESTED
    why: str = ""
    results: tuple[Result, ...] = ()
    decisions: tuple[Decision, ...] = ()
    before: Live | None = None
    seen: int = 0
    live: dict[str, str] = {}
    undoes: str = ""
    replaces: str = ""
    began_at: datetime | None = None
    arrived_at: datetime | None = None
    live_at: datetime | None = None
    ended_at: datetime | None = None
    look_at: datetime | None = None

    @property
    def place(self) -> str:
        return place(self.version.repository, self.service, self.environment.name)

    @property
    def name(self) -> str:
        """As people say it: `web 4f2a91c → staging`."""
        return f"{self.service} {self.version.name} → {self.environment.name}"

    def moved(self, state: State, why: str, now: datetime, **facts: Any) -> "Deployment | None":
        """None if that is no legal move."""
        if state not in MOVES[self.state]:
            return None
        match state:
            case State.LIVE | State.VERIFYING:
                arrived_at = self.arrived_at or facts.get("arrived_at") or now
                facts = {**facts, "arrived_at": arrived_at}
                if state is State.LIVE:
                    facts["live_at"] = max(now, arrived_at)
            case _ if not MOVES[state] or (state is State.FAILED and self.arrived_at is None):
                facts = {"ended_at": now, **facts}
        return replace(self, state=state, why=why, **{"look_at": None, **facts})

    def results_of(self, when: When) -> tuple[Result, ...]:
        return tuple(each for each in self.results if each.when is when)

    def _asked(self) -> str:
        after = [each.name for each in self.results_of(When.AFTER) if not each.state.lets_pass]
        return ", ".join(after) or "what was written"

    def announcement(self) -> Announcement:
        """GitHub takes only so many statuses: what is counted while it is verified is not said there."""
        return Announcement(
            deployment=self.id,
            sha=self.version.sha,
            environment=self.environment.shown,
            production=self.environment.production,
            state=_SHOWN[self.state],
            why=self.why if self.state is not State.VERIFYING else f"verifying: {self._asked()}",
            environment_url=self.environment.url,
        )


def place(repository: int, service: str, environment: str) -> str:
    """The environment of one service of one repository; what is said of `42/web` is said of all below it."""
    return f"{repository}/{service}/{environment}"
