"""What was rolled back stays out until a fix arrives: the pin, and what ends it by itself."""

from collections.abc import Mapping, Sequence

from checks.change import short
from deploy.deployment import Deployment, State
from deploy.deployment import Kind as Way
from deploy.events import DeploymentMoved, HoldEnded, HoldPlaced
from deploy.hold import Hold, Kind
from deploy.order import Relation
from deploy.ports import CD
from deploy.revert import revert_of


def pin(undone: Deployment, good: Deployment, by: str, reason: str, cd: CD) -> Sequence[HoldPlaced]:
    """Keeps what was undone, and what contains it, from coming back by itself."""
    hold = Hold(
        id=cd.new_id(),
        kind=Kind.PIN,
        scope=undone.place,
        owner=by,
        reason=reason,
        since=cd.now,
        good=good.version.sha,
        bad=undone.version.sha,
    )
    cd.holds.save(hold)
    return [HoldPlaced(hold=hold.id, scope=hold.scope, placed=hold, by=by)]


async def lift_pins(event: DeploymentMoved, cd: CD) -> Sequence[HoldEnded]:
    """A pin ends when what takes the bad version back has arrived, or what a person sent although they know."""
    if event.state not in (State.VERIFYING, State.LIVE):
        return ()
    deployment = await cd.deployments.get(event.deployment)
    if deployment.arrived_at is None or deployment.kind not in (Way.PROMOTE, Way.EMERGENCY):
        return ()
    holds = {each.id: each for each in await cd.holds.covering(deployment.place)}
    said: list[HoldEnded] = []
    for name, why in (await ended_by(deployment, cd)).items():
        hold = holds.get(name)
        lifted = hold.lifted(deployment.by, why, cd.now) if hold and hold.since <= deployment.arrived_at else None
        if lifted:
            cd.holds.save(lifted)
            said.append(HoldEnded(hold=lifted.id, scope=lifted.scope, why=why, by=deployment.by))
    return said


async def ended_by(deployment: Deployment, cd: CD) -> Mapping[str, str]:
    """The pins of its place that do not stop it, and end when it has arrived, each with the reason."""
    found: dict[str, str] = {}
    for hold in await cd.holds.covering(deployment.place):
        if not hold.bad or hold.scope != deployment.place:
            continue
        why = f"@{deployment.by} sent {deployment.version.name}" if deployment.by else await _fix(hold, deployment, cd)
        if why:
            found[hold.id] = why
    return found


async def holding(deployment: Deployment, holds: Sequence[Hold], cd: CD) -> Sequence[Hold]:
    """Those that may stop it: a pin does not hold the fix that it waits for."""
    fixed = await ended_by(deployment, cd)
    return [each for each in holds if each.id not in fixed]


async def _fix(hold: Hold, deployment: Deployment, cd: CD) -> str:
    """Why this version is a fix; "" if it is none. What the bad commit is not in any more needs no other fix."""
    repository, sha = await cd.repositories.get(deployment.version.repository), deployment.version.sha
    relation = await cd.ancestry.relation(repository, hold.bad, sha)
    if relation is Relation.DIVERGED and await cd.ancestry.is_on_default_branch(repository, sha):
        return f"{short(sha)} does not contain {short(hold.bad)} any more"
    if relation is not Relation.AHEAD:
        return ""
    bad = await cd.ancestry.between(repository, hold.good, hold.bad)
    return revert_of(bad, await cd.ancestry.between(repository, hold.bad, sha), repository.full_name)
