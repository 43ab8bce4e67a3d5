"""What GitHub tells of deployments: our own status wakes the flow, an external deployer's moves its environment, and
everybody else's changes nothing."""

from collections.abc import Sequence

from checks.errors import Permanent, Transient
from checks.events import Event
from deploy.announcement import StatusHeard
from deploy.deployment import Deployment, State
from deploy.events import DeploymentDue, StatusTold
from deploy.flow.deciding import decided
from deploy.flow.moving import settle
from deploy.flow.release import LEASE, arrived
from deploy.order import Verdict
from deploy.pointer import Pointer
from deploy.ports import CD
from deploy.targets.external import External

GOING = frozenset({"pending", "queued", "in_progress", "waiting"})


async def hear_status(event: StatusTold, cd: CD) -> Sequence[Event]:
    """A deployment got a status on GitHub. What it says counts only from whom the environment names."""
    heard = event.heard
    deployment = await cd.deployments.find(heard.token) if heard.token else None
    if deployment is None or not _is_ours(heard, deployment, cd):
        return ()
    if heard.is_from(cd.app_id):
        # What says the same as our record is news to nobody.
        is_known = deployment.announcement().state == heard.state
        return () if is_known else [DeploymentDue(deployment=deployment.id)]
    target = deployment.environment.target
    if target.get("type") != "external" or deployment.state is not State.DEPLOYING:
        return ()
    if not External.model_validate(target).hears(heard.status_app_name, heard.by):
        return ()
    return await _reported(heard, deployment, cd)


def _is_ours(heard: StatusHeard, deployment: Deployment, cd: CD) -> bool:
    return (heard.deployment_app, heard.repository, heard.sha) == (
        cd.app_id,
        deployment.version.repository,
        deployment.version.sha,
    )


async def _reported(heard: StatusHeard, deployment: Deployment, cd: CD) -> Sequence[Event]:
    said = heard.description or f"{heard.status_app_name or heard.by} says {heard.state}"
    if heard.state in GOING:
        return settle(deployment, State.DEPLOYING, said, cd)
    if heard.state == "success":
        return await _arrived(deployment, said, cd)
    if heard.state in ("failure", "error"):
        return settle(deployment, State.FAILED if heard.state == "failure" else State.ERROR, said, cd)
    return ()


async def _arrived(deployment: Deployment, said: str, cd: CD) -> Sequence[Event]:
    pointer = await cd.pointers.change(deployment.place, lambda now: now.leased(cd.now, cd.now + LEASE))
    if pointer is None:
        raise Transient(f"somebody else writes into {deployment.environment.name}")
    lease = pointer.fence

    def written(now: Pointer) -> Pointer | None:
        aimed = now.aimed(lease, deployment.version.sha)
        return aimed.arrived(lease) if aimed else None

    try:
        decision = await decided(deployment, pointer, cd)
    except (Transient, Permanent):
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        raise
    if decision.verdict is Verdict.SUPERSEDED:
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        return settle(deployment, State.SUPERSEDED, decision.why, cd)
    if await cd.pointers.change(deployment.place, written) is None:
        raise Transient(f"the lease on {deployment.environment.name} was taken over")
    return arrived(deployment, await cd.deployments.place(deployment.place), said, cd)
