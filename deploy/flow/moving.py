"""How every chapter changes a deployment: only by legal moves, and nothing is said where nothing changed."""

from collections.abc import Sequence
from typing import Any

from checks.events import Event
from deploy.deployment import Deployment, State
from deploy.events import DeploymentMoved
from deploy.ports import CD


def settle(deployment: Deployment, state: State, why: str, cd: CD, **facts: Any) -> Sequence[Event]:
    """The deployment moves, with what follows for those who watch; nothing if that is no legal move."""
    moved = deployment.moved(state, why, cd.now, **facts)
    if moved is None or (moved == deployment and moved.look_at is None):
        return ()
    # A time to look again is told once for each time that it is saved: a clock that is late may have heard it too soon.
    cd.deployments.save(moved)
    if (moved.state, moved.why) == (deployment.state, deployment.why):
        return ()
    return [
        DeploymentMoved(
            deployment=moved.id,
            place=moved.place,
            sha=moved.version.sha,
            repository=moved.version.repository,
            state=state,
            why=why,
        )
    ]
