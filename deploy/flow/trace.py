"""What people see where they look at their pull request: in which environments its change is."""

from collections.abc import Sequence

from checks.events import Event
from deploy.deployment import Deployment, State
from deploy.events import CommentDue, DeploymentMoved
from deploy.ports import CD
from deploy.trail import Step, Trail, trail_text
from deploy.version import Version

MOST_COMMITS = 20
"""Commits of a deployment whose pull requests are looked for, the newest: a request each, unless it is known."""

TELLING = frozenset({State.LIVE, State.FAILED, State.ROLLED_BACK})


async def find_pull_requests(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """A version came, went or waits for production: who made what is new in it is told."""
    deployment = await cd.deployments.get(event.deployment)
    state = State(event.state)
    if state not in TELLING and not (state is State.GATED and deployment.environment.production):
        return ()
    repository = await cd.repositories.get(event.repository)
    step = Step(
        service=deployment.service,
        environment=deployment.environment.name,
        state=state,
        sha=event.sha,
        why=_why(deployment, event),
        at=cd.now,
    )
    numbers: dict[int, None] = {}
    for sha in await _new_commits(deployment, cd):
        proposals = await cd.pull_requests.of_commit(repository, sha)
        merged = [each for each in proposals if each.merged and each.base == repository.default_branch]
        numbers |= dict.fromkeys(each.number for each in merged)
    return [CommentDue(repository=event.repository, pull_request=number, step=step) for number in sorted(numbers)]


async def comment(event: CommentDue, cd: CD) -> Sequence[Event]:
    """The one comment on a pull request says where its change is."""
    repository = await cd.repositories.get(event.repository)
    known = await cd.trails.known(event.repository, event.pull_request)
    before = known or Trail(repository=event.repository, pull_request=event.pull_request)
    wanted = before.stepped(event.step)
    text = trail_text(repository, wanted.steps)
    if wanted != before:
        told = await cd.trails.show(repository, wanted, text, repeated=cd.repeated)
        cd.trails.save(told)
    return ()


def _why(deployment: Deployment, event: DeploymentMoved) -> str:
    """What it waits for by name: how far that is changes by the minute, and stands on the check."""
    names = [each.name for each in deployment.results if not each.state.lets_pass]
    return ", ".join(names) if event.state == State.GATED and names else event.why


async def _new_commits(deployment: Deployment, cd: CD) -> Sequence[str]:
    """What this version has and the one before it had not; of the first one only itself is told."""
    version = deployment.version
    before = await _before(deployment, cd)
    if before is None:
        return [version.sha]
    if before.version.sha == version.sha:
        return ()
    repository = await cd.repositories.get(version.repository)
    commits = await cd.ancestry.between(repository, before.version.sha, version.sha)
    return [each.sha for each in commits][-MOST_COMMITS:]


async def version_before(deployment: Deployment, cd: CD) -> Version | None:
    """What the environment had, or has while this waits."""
    before = await _before(deployment, cd)
    return before.version if before else None


async def _before(deployment: Deployment, cd: CD) -> Deployment | None:
    """What the environment had when this came; has while it waits, or since it was taken back."""
    if deployment.replaces and deployment.state is not State.ROLLED_BACK:
        return await cd.deployments.find(deployment.replaces)
    if deployment.arrived_at and deployment.state is not State.ROLLED_BACK:
        return None
    present = (await cd.deployments.place(deployment.place)).present
    return present if present and present.id != deployment.id else None
