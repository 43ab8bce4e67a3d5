"""One version on its way into one environment."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from deploy.announcement import Announcement
from deploy.announcement import State as Shown
from deploy.hand_off import Parameters
from deploy.version import Version

STAGING = "staging"


class State(StrEnum):
    """GATED waits for a person. SUPERSEDED is what a newer version took over from, before or after it was live."""

    REQUESTED = "requested"
    GATED = "gated"
    LIVE = "live"
    SUPERSEDED = "superseded"
    FAILED = "failed"


MOVES: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.GATED, State.LIVE, State.SUPERSEDED, State.FAILED}),
    State.GATED: frozenset({State.SUPERSEDED}),
    State.LIVE: frozenset({State.SUPERSEDED}),
    State.SUPERSEDED: frozenset(),
    State.FAILED: frozenset(),
}

_SHOWN = {
    State.REQUESTED: Shown.IN_PROGRESS,
    State.GATED: Shown.QUEUED,
    State.LIVE: Shown.SUCCESS,
    State.SUPERSEDED: Shown.INACTIVE,
    State.FAILED: Shown.FAILURE,
}


class Deployment(Struct, frozen=True, kw_only=True):
    """`parameters` say where the values of the version's artifacts go. `why` tells how it stands, in one sentence.

    `live` holds what the target has since.
    """

    id: str
    version: Version
    environment: str
    parameters: Parameters
    state: State = State.REQUESTED
    why: str = ""
    live: dict[str, str] = {}

    @property
    def place(self) -> str:
        """The environment of this repository, and of no other."""
        return f"{self.version.repository}/{self.environment}"

    def moved(self, state: State, why: str, live: Mapping[str, str] | None = None) -> "Deployment | None":
        """None if that is no legal move."""
        if state not in MOVES[self.state]:
            return None
        return replace(self, state=state, why=why, live=dict(live or self.live))

    def announcement(self) -> Announcement:
        return Announcement(
            deployment=self.id,
            sha=self.version.sha,
            environment=self.environment,
            production=False,
            state=_SHOWN[self.state],
            why=self.why,
        )
