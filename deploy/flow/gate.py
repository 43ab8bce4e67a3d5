"""May it start, and did it work? What stands before and after a deployment is asked until it lets it pass."""

from collections.abc import Sequence

from msgspec.structs import replace

from checks.errors import Permanent
from checks.events import Event
from deploy.deployment import WAITING, Deployment, Kind, State
from deploy.events import (
    DeploymentDue,
    DeploymentMoved,
    DeploymentReady,
    DeploymentRequested,
    HoldEnded,
)
from deploy.flow.deciding import decided
from deploy.flow.judging import GITHUB, judged
from deploy.flow.moving import settle
from deploy.flow.pins import holding
from deploy.hold import Hold, in_the_way
from deploy.order import Relation, Verdict
from deploy.place import Place
from deploy.ports import CD
from deploy.promotion import Result, When
from deploy.promotion import State as Promotion


async def begin(event: DeploymentRequested, cd: CD) -> Sequence[Event]:
    """A deployment was asked for: may it start?"""
    deployment = await cd.deployments.get(event.deployment)
    return await _before(deployment, cd) if deployment.state is State.REQUESTED else ()


async def give_way(event: DeploymentRequested, cd: CD) -> Sequence[Event]:
    """What only waits for people, and nobody has decided on, gives way to a newer version that contains it."""
    newer = await cd.deployments.get(event.deployment)
    repository = await cd.repositories.get(newer.version.repository)
    here = await cd.deployments.place(newer.place)
    said: list[Event] = []
    for older in here.waiting:
        if older.id == newer.id or not _waits_for_people_only(older):
            continue
        if await cd.ancestry.relation(repository, older.version.sha, newer.version.sha) is Relation.AHEAD:
            said += settle(older, State.SUPERSEDED, f"{newer.version.name} contains it and is newer", cd)
    return said


async def look_again(event: DeploymentDue, cd: CD) -> Sequence[Event]:
    """Something may have changed: a time came, somebody decided, or a hold is gone."""
    deployment = await cd.deployments.get(event.deployment)
    match deployment.state:
        case State.REQUESTED | State.GATED:
            return await _before(deployment, cd)
        case State.READY | State.DEPLOYING:
            return [ready(deployment)]
        case State.VERIFYING:
            return await _after(deployment, cd)
        case _:
            return ()


async def verify(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """What was written is looked at at once."""
    if event.state != State.VERIFYING:
        return ()
    deployment = await cd.deployments.get(event.deployment)
    return await _after(deployment, cd) if deployment.state is State.VERIFYING else ()


async def wake_next(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """The environment is free again: what waited for that may go on, the newest first."""
    if event.state in (State.DEPLOYING, State.VERIFYING) or State(event.state).is_waiting:
        return ()
    here = await cd.deployments.place(event.place)
    return [DeploymentDue(deployment=each.id) for each in here.waiting] if here.moving is None else ()


async def wake_held(event: HoldEnded, cd: CD) -> Sequence[Event]:
    """A hold is gone: what it stopped may go on."""
    return [DeploymentDue(deployment=each.id) for each in await cd.deployments.waiting_below(event.scope)]


def ready(deployment: Deployment) -> DeploymentReady:
    return DeploymentReady(deployment=deployment.id, place=deployment.place, commanded=not deployment.kind.is_gated)


def busy_with(deployment: Deployment, here: Place) -> str:
    """Why a promotion waits for the one before it; "" if it need not. What is not verified yet is not replaced."""
    moving = here.moving
    if moving is None or moving.id == deployment.id or not deployment.kind.is_gated:
        return ""
    doing = "verified" if moving.state is State.VERIFYING else "deployed"
    return f"{moving.version.name} is being {doing} in {deployment.environment.name}"


async def held_by(deployment: Deployment, cd: CD) -> Hold | None:
    """What holds it."""
    holds = await holding(deployment, await cd.holds.covering(deployment.place), cd)
    forced = deployment.kind in (Kind.ROLLBACK, Kind.EMERGENCY)
    return in_the_way(holds, deployment.place, deployment.by, cd.now, forced=forced)


async def _before(deployment: Deployment, cd: CD) -> Sequence[Event]:
    if not deployment.kind.is_gated:
        return await _opened(deployment, (), await held_by(deployment, cd), cd)
    try:
        pointer = await cd.pointers.get(deployment.place)
        # A write that is under way may fail: only what has arrived takes over.
        decision = await decided(deployment, replace(pointer, aim=pointer.live), cd)
        if decision.verdict in (Verdict.SAME, Verdict.SUPERSEDED):
            return settle(deployment, State.SUPERSEDED, decision.why, cd)
        held = await held_by(deployment, cd)
        results = await judged(deployment, When.BEFORE, cd)
    except Permanent as refusal:
        return settle(deployment, State.ERROR, str(refusal), cd)
    ended = next((each for each in results if each.state in (Promotion.FAILED, Promotion.EXPIRED)), None)
    if ended:
        return settle(deployment, State.REJECTED, f"{ended.name}: {ended.why}", cd, results=results)
    order = decision.why if decision.verdict is Verdict.WAITS and not deployment.by else ""
    return await _opened(deployment, results, held, cd, order)


async def _opened(
    deployment: Deployment, results: tuple[Result, ...], held: Hold | None, cd: CD, order: str = ""
) -> Sequence[Event]:
    """All promotions were asked: it is ready, or waits for the first that does not let it pass."""
    waits = next((each for each in results if each.when is When.BEFORE and not each.state.lets_pass), None)
    busy = busy_with(deployment, await cd.deployments.place(deployment.place))
    if order or waits or held or busy:
        why = order or (held.sentence if held else f"{waits.name}: {waits.why}" if waits else busy)
        times = [each.look_at for each in results if each.look_at and each.state.is_open]
        times += [held.until] if held and held.until else []
        return settle(deployment, State.GATED, why, cd, results=results, look_at=min(times, default=None))
    said = settle(deployment, State.READY, "nothing stands in its way", cd, results=results)
    return [*said, ready(deployment)] if said else ()


async def _after(deployment: Deployment, cd: CD) -> Sequence[Event]:
    try:
        results = await judged(deployment, When.AFTER, cd)
    except Permanent as refusal:
        return settle(deployment, State.FAILED, str(refusal), cd)
    after = [each for each in results if each.when is When.AFTER]
    ended = next((each for each in after if each.state in (Promotion.FAILED, Promotion.EXPIRED)), None)
    if ended:
        return settle(deployment, State.FAILED, f"{ended.name}: {ended.why}", cd, results=results)
    waits = next((each for each in after if not each.state.lets_pass), None)
    if waits is None:
        why = "; ".join(f"{each.name}: {each.why}" for each in after) or "written"
        return settle(deployment, State.LIVE, why, cd, results=results)
    times = [each.look_at for each in after if each.look_at and each.state.is_open]
    return settle(
        deployment,
        State.VERIFYING,
        f"{waits.name}: {waits.why}",
        cd,
        results=results,
        look_at=min(times, default=None),
    )


def _waits_for_people_only(deployment: Deployment) -> bool:
    if deployment.by or deployment.decisions or deployment.state not in WAITING:
        return False
    missing = [each for each in deployment.results if not each.state.lets_pass]
    return bool(missing) and all(each.type in ("manual", GITHUB) for each in missing)
