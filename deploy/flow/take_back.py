"""What did not work is taken back: by the environment's policy, or because somebody says so."""

from collections.abc import Sequence

from checks.events import Event
from deploy.deployment import Deployment, Kind, State
from deploy.events import DeploymentMoved, DeploymentRequested
from deploy.flow.pins import pin
from deploy.ports import CD


async def protect(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """What did not work is taken back, where the environment says so."""
    if event.state != State.FAILED:
        return ()
    deployment = await cd.deployments.get(event.deployment)
    if deployment.arrived_at is None or not deployment.environment.rolls_back or deployment.kind is Kind.ROLLBACK:
        return ()
    here = await cd.deployments.place(deployment.place)
    if here.present is None or here.present.id != deployment.id or here.good_before is None:
        return ()
    if any(each.undoes == deployment.id for each in here.deployments):
        return ()
    return roll_back(deployment, here.good_before, by="", reason=deployment.why, cd=cd)


def roll_back(bad: Deployment, good: Deployment, *, by: str, reason: str, cd: CD) -> Sequence[Event]:
    """What was good before is put back, and what is bad does not return by itself."""
    undoing = Deployment(
        id=cd.new_id(),
        version=good.version,
        service=bad.service,
        environment=bad.environment,
        kind=Kind.ROLLBACK,
        by=by,
        reason=reason,
        asked_at=cd.now,
        undoes=bad.id,
    )
    cd.deployments.save(undoing)
    requested = DeploymentRequested(deployment=undoing.id, place=undoing.place, by=by)
    return [requested, *pin(bad, good, by, reason, cd)]
