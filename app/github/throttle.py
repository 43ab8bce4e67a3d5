"""A lane for every installation: what one of them does holds no other up."""

from dataclasses import replace

from app.github.clock import Clock
from app.github.lane import MINUTE, WRITE_POINTS, Lane, Limits


class Throttle:
    """A lane for each installation, and one for the App itself (None)."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._lanes: dict[int | None, Lane] = {}

    def lane(self, installation: int | None) -> Lane:
        if installation not in self._lanes:
            limits = self._of_the_app() if installation is None else self._limits
            self._lanes[installation] = Lane(limits, self._clock)
        return self._lanes[installation]

    def _of_the_app(self) -> Limits:
        """The App itself writes nothing but tokens, which bother nobody: for them the points are the limit."""
        pace = min(self._limits.between_writes, MINUTE * WRITE_POINTS / self._limits.points_a_minute)
        return replace(self._limits, between_writes=pace)
