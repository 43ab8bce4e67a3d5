"""What was rolled back stays out until a fix arrives: the pin, and what ends it by itself."""

from collections.abc import Sequence

from checks.change import short
from deploy.deployment import Deployment
from deploy.events import HoldEnded, HoldPlaced
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


async def lift_pins(deployment: Deployment, cd: CD) -> Sequence[HoldEnded]:
    """A version that takes the bad one back, or that a person sends although they know, ends the pin."""
    said: list[HoldEnded] = []
    for hold in await cd.holds.covering(deployment.place):
        if not hold.bad or hold.scope != deployment.place:
            continue
        why = f"@{deployment.by} sent {deployment.version.name}" if deployment.by else await _fix(hold, deployment, cd)
        lifted = hold.lifted(deployment.by, why, cd.now) if why else None
        if lifted:
            cd.holds.save(lifted)
            said.append(HoldEnded(hold=hold.id, scope=hold.scope, why=why, by=deployment.by))
    return said


async def _fix(hold: Hold, deployment: Deployment, cd: CD) -> str:
    """Why this version is a fix; "" if it is none. What the bad commit is not in any more needs no other fix."""
    repository, sha = await cd.repositories.get(deployment.version.repository), deployment.version.sha
    relation = await cd.ancestry.relation(repository, hold.bad, sha)
    if relation is Relation.DIVERGED and await cd.ancestry.is_on_default_branch(repository, sha):
        return f"{short(sha)} does not contain {short(hold.bad)} any more"
    if relation is not Relation.AHEAD:
        return ""
    bad = await cd.ancestry.between(repository, hold.good, hold.bad)
    return revert_of(bad, await cd.ancestry.between(repository, hold.bad, sha))
