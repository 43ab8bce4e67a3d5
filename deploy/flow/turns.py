"""Whose turn it is in an environment: it moves in one way at a time, and what is commanded goes first."""

from collections.abc import Sequence

from deploy.deployment import Deployment
from deploy.place import Place
from deploy.pointer import Pointer


def others(deployment: Deployment, here: Place) -> Sequence[Deployment]:
    return [each for each in here.deployments if each.state.is_moving and each.id != deployment.id]


def behind(deployment: Deployment, here: Place) -> str:
    """Why it waits for another one that moves; "" if it need not."""
    first = [each for each in others(deployment, here) if _goes_first(each, deployment)]
    return f"{first[0].version.name} is being deployed in {deployment.environment.name}" if first else ""


def _goes_first(one: Deployment, other: Deployment) -> bool:
    """What is commanded before what moves by itself; then the newest command, but the promotion that began first."""
    if one.kind.is_gated is not other.kind.is_gated:
        return other.kind.is_gated
    return one.id < other.id if one.kind.is_gated else one.id > other.id


def was_overtaken(deployment: Deployment, here: Place, pointer: Pointer) -> bool:
    """Somebody else wrote, or may have, between what is on record and our write."""
    if deployment.before is None or deployment.replaces != (here.present.id if here.present else ""):
        return True
    return pointer.writer != deployment.id and pointer.number > deployment.seen
