"""What a target itself says is there, as against what is on record: somebody may have changed it by hand."""

from datetime import timedelta

from msgspec import Struct

from checks.errors import Permanent
from checks.repository import Repository
from deploy.deployment import Deployment
from deploy.ports import CD
from deploy.target import State, Write


class Observed(Struct, frozen=True, kw_only=True):
    """`values` is what the target has, `matches` whether that is the present version; None if nobody can tell."""

    values: dict[str, str]
    matches: bool | None
    why: str


async def observe(present: Deployment | None, repository: Repository, cd: CD) -> Observed:
    """Asks the target of what was written last; writes nothing. Raises `Transient` if it does not answer."""
    if present is None:
        return Observed(values={}, matches=None, why="nothing was deployed there yet")
    try:
        target = cd.targets.open(present, repository)
        if target is None:
            return Observed(values={}, matches=None, why="somebody else deploys there, and only they can tell")
        progress = await target.observe(_looking(present, repository, cd))
    except Permanent as refusal:
        return Observed(values={}, matches=None, why=str(refusal))
    values = progress.live.values if progress.live else {}
    return Observed(values=values, matches=progress.state is State.DONE, why=progress.why)


def _looking(present: Deployment, repository: Repository, cd: CD) -> Write:
    """A write whose lease is over: nothing can be written with it."""
    return Write(
        token=present.id,
        service=repository.full_name,
        environment=present.environment.name,
        version=present.version,
        fence=0,
        until=cd.now - timedelta(days=1),
        before=present.before,
    )
