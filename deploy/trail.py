"""Where the change of a pull request is, as the one comment there says it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from checks.change import short
from checks.markdown import code, document, link, plain, table
from checks.repository import Repository
from checks.secrets import mask
from deploy.check import MOST_BYTES
from deploy.deployment import State

MARK = "where-is-this-change"

_SAID = {
    State.LIVE: "● live",
    State.GATED: "○ waits",
    State.FAILED: "✕ failed",
    State.ROLLED_BACK: "↩ rolled back",
}


class Step(Struct, frozen=True, kw_only=True):
    """What became of the change in one environment, with the version that did it."""

    service: str
    environment: str
    state: State
    sha: str
    why: str = ""
    at: datetime


class Trail(Struct, frozen=True, kw_only=True):
    """What was said on a pull request: `number` is the comment's on GitHub, None before it is there and 0 where
    GitHub takes none from us. `text` is what it says."""

    repository: int
    pull_request: int
    steps: tuple[Step, ...] = ()
    number: int | None = None
    text: str = ""

    def stepped(self, step: Step) -> "Trail":
        """An environment keeps its line; later ones follow. What was said is not news because it is said later."""
        where = (step.service, step.environment)
        known = next((each for each in self.steps if (each.service, each.environment) == where), None)
        if known is None:
            return replace(self, steps=(*self.steps, step))
        if replace(step, at=known.at) == known:
            return self
        return replace(self, steps=tuple(step if each is known else each for each in self.steps))


def trail_text(repository: Repository, steps: Sequence[Step]) -> str:
    """A line per environment; with the service where there are several."""
    several = len({each.service for each in steps}) > 1
    rows = [
        (
            plain(f"{each.service} {each.environment}" if several else each.environment),
            _SAID.get(each.state, each.state),
            link(code(short(each.sha)), f"{repository.html_url}/commit/{each.sha}"),
            f"{each.at:%-d %b %H:%M} UTC",
            "" if each.state is State.LIVE else plain(mask(each.why), 300),
        )
        for each in steps
    ]
    return document(
        ["**Where is this change**", table(("environment", "state", "version", "since", "why"), rows)], MOST_BYTES
    )
