"""Why a version is where it is: everything that stands in its way, each with who or what moves it on."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from deploy.deployment import Deployment, Kind, State
from deploy.hold import Hold
from deploy.hold import Kind as HoldKind
from deploy.moment import said
from deploy.order import Decision, Verdict
from deploy.pipeline import Environment, Service
from deploy.place import Place
from deploy.promotion import Result, When
from deploy.promotion import State as Promotion
from deploy.version import Version

SOON = timedelta(minutes=1)
"""What is looked at again within this time goes on by itself."""

_TROUBLE = frozenset({State.FAILED, State.ERROR, State.REJECTED})


class Cause(StrEnum):
    """EARLIER: the environment before comes first. QUEUE: it is not its turn yet. ENDED: it goes no further."""

    PROMOTION = "promotion"
    HOLD = "hold"
    ORDER = "order"
    QUEUE = "queue"
    EARLIER = "earlier"
    WRITE = "write"
    FAILED = "failed"
    ENDED = "ended"
    LIVE = "live"
    NOTHING = "nothing"


class Reason(Struct, frozen=True, kw_only=True):
    """`name` is the promotion's, or the hold's id; `next` says who or what moves it on, "" where nothing has to."""

    cause: Cause
    why: str
    name: str = ""
    next: str = ""

    @property
    def sentence(self) -> str:
        name = f"{self.name}: " if self.cause is Cause.PROMOTION else ""
        step = f"; {self.next}" if self.next else ""
        return f"{name}{self.why}{step}"


class Why(Struct, frozen=True, kw_only=True):
    """`title` says where it is, `reasons` why, and `present` what is there instead ("" if it is there itself).

    `waits` says that it does not go on by itself within a moment: somebody has to act, or a time has to come.
    """

    service: str
    environment: str
    title: str
    reasons: tuple[Reason, ...] = ()
    present: str = ""
    deployment: str = ""
    version: str = ""
    sha: str = ""
    state: str = ""
    waits: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """The title, each reason, and what is there."""
        reasons = [each.sentence for each in self.reasons if each.cause is not Cause.LIVE]
        return (self.title, *reasons, *([self.present] if self.present else []))


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of an environment when somebody asks. `earlier` is the place before it, None for the first.

    `order` is what the order rule says of the deployment in question, None where it was not asked.
    """

    service: str
    environment: Environment
    here: Place
    earlier: Place | None = None
    holds: Sequence[Hold] = ()
    order: Decision | None = None
    now: datetime


def in_question(here: Place) -> Deployment | None:
    """What somebody means who asks only for the environment: what moves, what waits, what failed, what is there."""
    present = here.present
    newest = here.deployments[0] if here.deployments else None
    if here.moving or here.waiting:
        return here.moving or here.waiting[0]
    if newest and (present is None or newest.id > present.id) and newest.state in _TROUBLE:
        return newest
    return present or newest


def of_version(version: Version, here: Place) -> Deployment | None:
    """The newest deployment of what was published at this version's commit."""
    return next((each for each in here.deployments if each.version.sha == version.sha), None)


def why_environment(facts: Facts) -> Why:
    deployment = in_question(facts.here)
    if deployment is None:
        return _nothing_yet(facts)
    found = why_deployment(deployment, facts)
    if deployment.state is not State.LIVE:
        return found
    return replace(found, reasons=(*found.reasons, *_not_promoted(facts)))


def why_version(version: Version, service: Service, facts: Facts) -> Why:
    """Also of a version that nobody has sent there."""
    if deployment := of_version(version, facts.here):
        return why_deployment(deployment, facts)
    return Why(
        service=facts.service,
        environment=facts.environment.name,
        title=f"{facts.service} {version.name} is not in {facts.environment.name} because",
        reasons=(_not_sent(version, service, facts),),
        present=_present(facts),
        version=version.id,
        sha=version.sha,
        waits=True,
    )


def why_deployment(deployment: Deployment, facts: Facts) -> Why:
    reasons = tuple(_reasons(deployment, facts))
    present = facts.here.present
    is_there = present is not None and present.id == deployment.id
    return Why(
        service=deployment.service,
        environment=deployment.environment.name,
        title=_title(deployment, facts, is_there=is_there),
        reasons=reasons,
        present="" if is_there else _present(facts),
        deployment=deployment.id,
        version=deployment.version.id,
        sha=deployment.version.sha,
        state=deployment.state,
        waits=_waits(deployment, reasons, facts),
    )


# --- what stands in the way --------------------------------------------------------------------


def _reasons(deployment: Deployment, facts: Facts) -> Iterator[Reason]:
    match deployment.state:
        case State.LIVE:
            yield Reason(cause=Cause.LIVE, why=deployment.why)
        case State.DEPLOYING:
            yield Reason(cause=Cause.WRITE, why=deployment.why)
        case State.VERIFYING:
            yield from _open(deployment, When.AFTER, facts.now)
        case State.REQUESTED | State.GATED | State.READY:
            yield from _before(deployment, facts)
        case State.FAILED | State.ERROR | State.REJECTED:
            step = _after_failure(deployment, facts)
            yield Reason(cause=Cause.FAILED, why=deployment.why or deployment.state, next=step)
        case _:
            step = _after_end(deployment)
            yield Reason(cause=Cause.ENDED, why=deployment.why or deployment.state, next=step)


def _before(deployment: Deployment, facts: Facts) -> Iterator[Reason]:
    found = [*_open(deployment, When.BEFORE, facts.now), *_held(deployment, facts)]
    order = facts.order
    if order and order.verdict is Verdict.WAITS and not deployment.by:
        again = _again(deployment.environment)
        found.append(Reason(cause=Cause.ORDER, why=order.why, next=f"{again} it, or push what contains both"))
    elif order and order.verdict in (Verdict.SAME, Verdict.SUPERSEDED):
        found.append(Reason(cause=Cause.ORDER, why=order.why))
    moving = facts.here.moving
    if moving and moving.id != deployment.id and moving.state is State.DEPLOYING:
        why = f"{moving.version.name} is written there now"
        found.append(Reason(cause=Cause.QUEUE, why=why, next="it is looked at again when that has ended"))
    yield from found
    if not found:
        yield Reason(cause=Cause.QUEUE, why=_its_turn(deployment))


def _its_turn(deployment: Deployment) -> str:
    if deployment.state is State.READY:
        return "nothing stands in its way: it is written next"
    return deployment.why or "what stands before it is being asked"


def _open(deployment: Deployment, when: When, now: datetime) -> Iterator[Reason]:
    for each in deployment.results_of(when):
        if not each.state.lets_pass:
            why = each.why or "it is being asked"
            yield Reason(cause=Cause.PROMOTION, name=each.name, why=why, next=_next(each, now))


def _next(result: Result, now: datetime) -> str:
    match result.state:
        case Promotion.INCONCLUSIVE:
            return "override it, or cancel the deployment"
        case Promotion.PENDING if result.type == "manual":
            return "approve or reject it"
        case Promotion.PENDING if result.type == "github":
            return ""
        case _ if result.look_at and result.look_at > now:
            return f"looked at again {said(result.look_at, now, UTC)}"
        case _:
            return ""


def _held(deployment: Deployment, facts: Facts) -> Iterator[Reason]:
    forced = deployment.kind in (Kind.ROLLBACK, Kind.EMERGENCY)
    for hold in facts.holds:
        stops = hold.covers(deployment.place) and hold.is_active(facts.now) and hold.stops(deployment.by, forced=forced)
        if stops:
            yield Reason(cause=Cause.HOLD, name=hold.id, why=hold.sentence, next=_lifts(hold))


def _lifts(hold: Hold) -> str:
    if hold.bad:
        return ""
    if hold.kind is HoldKind.LOCK and hold.owner:
        return f"@{hold.owner} may go on, and whoever may write can lift it"
    return "whoever may write can lift it"


def _waits(deployment: Deployment, reasons: Sequence[Reason], facts: Facts) -> bool:
    if deployment.state.is_waiting:
        if any(each.cause in (Cause.HOLD, Cause.ORDER) for each in reasons):
            return True
        return any(_needs_time(each, facts.now) for each in deployment.results_of(When.BEFORE))
    return deployment.state is State.VERIFYING and any(
        each.state is Promotion.INCONCLUSIVE or (each.asks_people and each.state is Promotion.PENDING)
        for each in deployment.results_of(When.AFTER)
    )


def _needs_time(result: Result, now: datetime) -> bool:
    if result.state is Promotion.INCONCLUSIVE:
        return True
    is_judged = bool(result.why) and result.state is Promotion.PENDING
    return is_judged and (result.asks_people or result.look_at is None or result.look_at - now > SOON)


# --- what to do next ---------------------------------------------------------------------------


def _again(environment: Environment) -> str:
    """The command that sends a version there once more."""
    return "promote" if environment.earlier else "deploy"


def _after_failure(deployment: Deployment, facts: Facts) -> str:
    again = _again(deployment.environment)
    if deployment.state is State.REJECTED:
        return f"push a fix, or {again} it again to ask anew"
    present = facts.here.present
    if deployment.arrived_at and present and present.id == deployment.id:
        back = f", or roll back to {facts.here.good_before.version.name}" if facts.here.good_before else ""
        return f"push a fix{back}, or redeploy to try again"
    return f"{again} it again once that is mended"


def _after_end(deployment: Deployment) -> str:
    match deployment.state:
        case State.CANCELLED:
            return f"{_again(deployment.environment)} it again"
        case State.ROLLED_BACK:
            return "push a revert or a fix; what contains it waits until then"
        case _:
            return ""


def _not_sent(version: Version, service: Service, facts: Facts) -> Reason:
    environment, before = facts.environment, facts.earlier
    missing = set(service.labels) - {each.export.label for each in version.artifacts}
    if missing:
        names = ", ".join(sorted(missing))
        return Reason(cause=Cause.NOTHING, why=f"its build did not publish {names}", next="publish it from the build")
    if before is None:
        return Reason(cause=Cause.NOTHING, why="nobody has sent it there", next="deploy it")
    there = of_version(version, before)
    if there is None or not there.live_at:
        how = there.state.value if there else "not there"
        why = f"it has to be live and verified in {environment.earlier} first, where it is {how}"
        return Reason(cause=Cause.EARLIER, why=why, next=f"ask why it is not in {environment.earlier}")
    if there.state is State.LIVE:
        return Reason(cause=Cause.EARLIER, why=f"nobody has promoted it from {environment.earlier}", next="promote it")
    why = f"it was live in {environment.earlier}, and nobody promoted it then"
    return Reason(cause=Cause.EARLIER, why=why, next="deploy it, or promote what is newer")


def _not_promoted(facts: Facts) -> Iterator[Reason]:
    """The environment before has something newer that nobody has sent here."""
    before = facts.earlier.present if facts.earlier else None
    present = facts.here.present
    if before is None or before.state is not State.LIVE or present is None or of_version(before.version, facts.here):
        return
    why = f"{facts.environment.earlier} has {before.version.name}, which nobody has promoted"
    yield Reason(cause=Cause.EARLIER, why=why, next="promote it")


def _nothing_yet(facts: Facts) -> Why:
    environment, before = facts.environment, facts.earlier.present if facts.earlier else None
    if not environment.earlier:
        reason = Reason(cause=Cause.NOTHING, why="nothing was published yet", next="push to the default branch")
    elif before is None:
        why = f"nothing is in {environment.earlier} yet, which comes first"
        reason = Reason(cause=Cause.EARLIER, why=why)
    elif before.state is not State.LIVE:
        why = f"{before.version.name} is {before.state.value} in {environment.earlier}, which comes first"
        reason = Reason(cause=Cause.EARLIER, why=why)
    else:
        why = f"nobody has promoted {before.version.name} from {environment.earlier}"
        reason = Reason(cause=Cause.EARLIER, why=why, next="promote it")
    return Why(
        service=facts.service,
        environment=environment.name,
        title=f"{facts.service} has nothing in {environment.name} because",
        reasons=(reason,),
        waits=True,
    )


# --- where it is -------------------------------------------------------------------------------


def _title(deployment: Deployment, facts: Facts, *, is_there: bool) -> str:
    name, where = f"{deployment.service} {deployment.version.name}", deployment.environment.name
    match deployment.state:
        case State.LIVE if deployment.live_at:
            return f"{name} is live in {where} since {said(deployment.live_at, facts.now, UTC)}"
        case State.DEPLOYING:
            return f"{name} is on its way to {where}"
        case State.VERIFYING:
            return f"{name} is in {where}, and is not verified yet because"
        case State.FAILED if is_there:
            return f"{name} is in {where}, and failed there because"
        case State.FAILED | State.SUPERSEDED | State.ROLLED_BACK if deployment.arrived_at:
            return f"{name} is not in {where} any more because"
        case _:
            return f"{name} is not in {where} because"


def _present(facts: Facts) -> str:
    """What is there, and since when."""
    present = facts.here.present
    if present is None or present.arrived_at is None:
        return f"{facts.environment.name} has nothing yet"
    if present.state is State.LIVE and present.live_at:
        return f"{present.version.name} is live since {said(present.live_at, facts.now, UTC)}"
    since = said(present.arrived_at, facts.now, UTC)
    how = "is not verified yet" if present.state is State.VERIFYING else f"is {present.state.value}"
    return f"{present.version.name} is there since {since}, and {how}"
