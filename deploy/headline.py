"""How a deployment stands, in one line with a glyph, as a channel tells it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from checks.duration import human
from checks.markdown import one_line
from checks.message import Line, Strong, Tone
from checks.repository import Repository
from checks.secrets import mask
from deploy.deployment import Deployment, Kind, State
from deploy.hold import Hold
from deploy.promotion import Decision, Result, When
from deploy.revert import Commit
from deploy.version import Version

LONGEST_WHY = 300

_AGAIN = frozenset({Kind.ROLLBACK, Kind.REDEPLOY})

_ENDS = {
    State.FAILED: (Tone.BAD, "failed in"),
    State.ERROR: (Tone.BAD, "failed in"),
    State.ROLLED_BACK: (Tone.BACK, "was taken back in"),
    State.CANCELLED: (Tone.TOLD, "does not go to"),
}


class Facts(Struct, frozen=True, kw_only=True):
    """`before` is what the environment had, or has while this waits, `coming` the commits that are new to it, and
    `leaving` those that it loses; `hold` is what keeps it waiting, and `good` what a rollback would put back."""

    deployment: Deployment
    repository: Repository
    before: Version | None = None
    coming: Sequence[Commit] = ()
    leaving: Sequence[Commit] = ()
    hold: Hold | None = None
    good: Version | None = None
    now: datetime

    @property
    def named(self) -> tuple[Strong, str]:
        """`web 4f2a91c`."""
        return (Strong(self.deployment.service), f" {self.deployment.version.name}")

    @property
    def where(self) -> str:
        return self.deployment.environment.name

    @property
    def commanded_back(self) -> bool:
        return self.deployment.kind is Kind.ROLLBACK and bool(self.deployment.by)

    @property
    def rejection(self) -> Decision | None:
        """What somebody said who did not want it."""
        return next((each for each in self.deployment.decisions if not each.approved), None)

    def asks(self) -> list[Result]:
        """What people can approve."""
        open_ones = [each for each in self.deployment.results_of(When.BEFORE) if not each.state.lets_pass]
        return [each for each in open_ones if each.asks_people]


def headline(facts: Facts) -> tuple[Tone, Line]:
    deployment = facts.deployment
    match deployment.state:
        case State.GATED:
            return _waiting(facts)
        case State.REQUESTED | State.READY | State.DEPLOYING:
            return _moving(facts)
        case State.VERIFYING:
            return Tone.MOVES, (*facts.named, f" is in {facts.where}, and is being verified{_verified_by(facts)}")
        case State.LIVE:
            return Tone.GOOD, (*facts.named, f" is live in {facts.where}{_again(facts)}")
        case State.SUPERSEDED:
            how = (
                f"was live in {facts.where}{_for(deployment)}" if deployment.live_at else f"did not go to {facts.where}"
            )
            return Tone.TOLD, (*facts.named, f" {how}{_because(deployment.why)}")
        case State.REJECTED if said := facts.rejection:
            how = f" was rejected for {facts.where} by @{said.by}{_because(said.reason)}"
            return Tone.BAD, (*facts.named, how)
        case State.REJECTED:
            return Tone.BAD, (*facts.named, f" was rejected for {facts.where}{_because(deployment.why)}")
        case _:
            tone, how = _ENDS[deployment.state]
            return tone, (*facts.named, f" {how} {facts.where}{_because(deployment.why)}")


def why(text: str) -> str:
    """What somebody or something else said, on one line."""
    line = one_line(mask(text))
    return line if len(line) <= LONGEST_WHY else f"{line[: LONGEST_WHY - 1]}…"


def _waiting(facts: Facts) -> tuple[Tone, Line]:
    arrow = (Strong(facts.deployment.service), f" {facts.deployment.version.name} → {facts.where} ")
    if facts.hold:
        return Tone.HELD, (*arrow, f"is held: {why(facts.hold.sentence)}")
    if facts.asks():
        return Tone.WAITS, (*arrow, "needs an approval")
    missing = [each for each in facts.deployment.results_of(When.BEFORE) if not each.state.lets_pass]
    if missing:
        return Tone.WAITS, (*arrow, f"waits for {missing[0].name}: {why(missing[0].why) or 'it is being asked'}")
    return Tone.WAITS, (*arrow, f"waits: {why(facts.deployment.why) or 'it is not its turn yet'}")


def _moving(facts: Facts) -> tuple[Tone, Line]:
    deployment = facts.deployment
    by = f", by @{deployment.by}" if deployment.by else ""
    reason = _because(deployment.reason)
    match deployment.kind:
        case Kind.ROLLBACK:
            since = f" from {facts.before.name}" if facts.before else ""
            head = f" {facts.where} goes back{since} to {deployment.version.name}{by}{reason}"
            return Tone.BACK, (Strong(deployment.service), head)
        case Kind.EMERGENCY:
            return Tone.MOVES, (*facts.named, f" goes to {facts.where} as an emergency{by}{reason}")
        case _:
            return Tone.MOVES, (*facts.named, f" is on its way to {facts.where}{_again(facts)}")


def _again(facts: Facts) -> str:
    return " again" if facts.deployment.kind in _AGAIN else ""


def _for(deployment: Deployment) -> str:
    """How long it was live."""
    live, ended = deployment.live_at, deployment.ended_at
    return f" for {human(ended - live)}" if live and ended else ""


def _verified_by(facts: Facts) -> str:
    names = [each.name for each in facts.deployment.results_of(When.AFTER) if not each.state.lets_pass]
    return f": {', '.join(names)}" if names else ""


def _because(text: str) -> str:
    return f": {why(text)}" if text else ""
