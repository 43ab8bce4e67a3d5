"""A version sets out: to the first environment when it is registered, to the next when it is live."""

from collections.abc import Sequence

from checks.events import Event
from deploy.deployment import Deployment, Kind, State, place
from deploy.events import DeploymentDue, DeploymentMoved, DeploymentRequested, VersionRegistered
from deploy.flow.configure import configuration_of
from deploy.pipeline import Environment, Service
from deploy.ports import CD
from deploy.version import Version


async def propose(event: VersionRegistered, cd: CD) -> Sequence[Event]:
    """A version goes to the first environment of each service that it has everything of."""
    version = event.registered
    configuration, refused = await configuration_of(version, event.hand_off, cd)
    labels = {each.export.label for each in version.artifacts}
    said: list[Event] = [*refused]
    for service in configuration.services:
        first = service.environments[0] if service.environments else None
        if not first or not first.automatic or not labels >= set(service.labels):
            continue
        # Nobody wrote down that it should go there, so nobody misses it where the operator does not hand over.
        if configuration.written or cd.targets.hands_over(await cd.repositories.get(version.repository)):
            said += await _proposed(version, service, first, cd)
    return said


async def propose_next(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """What is live goes on to the next environment, if that is reached by itself."""
    if event.state != State.LIVE:
        return ()
    deployment = await cd.deployments.get(event.deployment)
    configuration = await cd.configurations.get(event.repository)
    service = configuration.service(deployment.service) if configuration else None
    following = service.after(deployment.environment.name) if service else None
    if service is None or following is None:
        return ()
    there = await cd.deployments.place(place(event.repository, service.name, following.name))
    # What waits there for this version to be live here is looked at once more.
    woken = [DeploymentDue(deployment=each.id) for each in there.waiting if each.version.id == deployment.version.id]
    if not following.automatic or deployment.kind not in (Kind.PROMOTE, Kind.EMERGENCY):
        return woken
    return [*woken, *await _proposed(deployment.version, service, following, cd)]


async def _proposed(version: Version, service: Service, environment: Environment, cd: CD) -> Sequence[Event]:
    """Nothing if this version was proposed there before."""
    there = await cd.deployments.place(place(version.repository, service.name, environment.name))
    if any(each.version.id == version.id and each.kind is Kind.PROMOTE for each in there.deployments):
        return ()
    return request(_deployment(version, service, environment, cd), cd)


def _deployment(version: Version, service: Service, environment: Environment, cd: CD) -> Deployment:
    return Deployment(id=cd.new_id(), version=version, service=service.name, environment=environment, asked_at=cd.now)


def request(deployment: Deployment, cd: CD) -> Sequence[Event]:
    cd.deployments.save(deployment)
    return [DeploymentRequested(deployment=deployment.id, place=deployment.place, by=deployment.by)]
