"""What people see of it: GitHub shows each deployment as our record says."""

from collections.abc import Sequence

from checks.events import Event
from deploy.announcement import State as Shown
from deploy.events import DeploymentMoved
from deploy.ports import CD


async def announce(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """GitHub shows what became of a deployment."""
    deployment = await cd.deployments.get(event.deployment)
    repository = await cd.repositories.get(deployment.version.repository)
    announcement, known = deployment.announcement(), await cd.announcements.known(deployment.id)
    if known is None and announcement.state is Shown.INACTIVE and not cd.repeated:
        return ()  # it was never live, and GitHub never heard of it
    repeated = cd.repeated
    while (told := await cd.announcements.show(repository, announcement, known, repeated=repeated)) != known:
        known, repeated = told, False
        cd.announcements.save(told)
    return ()
