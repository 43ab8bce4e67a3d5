"""One environment of a service with what happened there: what it has, what waits, and what was good before."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from deploy.deployment import Deployment, State


class Place(Struct, frozen=True, kw_only=True):
    """`deployments` are those of the place that matter still, the newest first."""

    name: str
    deployments: tuple[Deployment, ...] = ()

    @property
    def present(self) -> Deployment | None:
        """Whose version was written last, be it verified or not."""
        written = [each for each in self.deployments if each.arrived_at]
        return max(written, key=lambda each: (each.arrived_at, each.id), default=None)

    @property
    def waiting(self) -> tuple[Deployment, ...]:
        return tuple(each for each in self.deployments if each.state.is_waiting)

    @property
    def moving(self) -> Deployment | None:
        return next((each for each in self.deployments if each.state.is_moving), None)

    @property
    def good(self) -> tuple[Deployment, ...]:
        """What was live and verified here, the newest first, each version once; what was undone is not among them."""
        undone = {each.version.id for each in self.deployments if each.state is State.ROLLED_BACK}
        found: dict[str, Deployment] = {}
        for each in sorted(self._verified(), key=lambda each: (each.live_at, each.id), reverse=True):
            if each.version.id not in undone:
                found.setdefault(each.version.id, each)
        return tuple(found.values())

    @property
    def good_before(self) -> Deployment | None:
        """What a rollback would put back: the newest good one that is another version than the present one."""
        now = self.present.version.id if self.present else ""
        return next((each for each in self.good if each.version.id != now), None)

    def live_since(self, version: str) -> datetime | None:
        """Since when this version has been live here without a break."""
        present = self.present
        if present is None or present.state is not State.LIVE or present.version.id != version:
            return None
        return present.live_at

    def lived(self, version: str) -> timedelta:
        """The longest time that this version was live here, of those that have ended."""
        spans = [
            each.ended_at - each.live_at
            for each in self._verified()
            if each.version.id == version and each.live_at and each.ended_at
        ]
        return max(spans, default=timedelta())

    def _verified(self) -> Iterator[Deployment]:
        return (each for each in self.deployments if each.live_at)
