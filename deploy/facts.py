"""What has to be known to plan a command: the same for whoever asks for the plan and for whoever carries it out."""

from collections.abc import Mapping

from deploy.command import PERMISSION, Command
from deploy.deployment import place
from deploy.pipeline import Configuration, Service
from deploy.place import Place
from deploy.plan import Facts
from deploy.ports import CD


async def facts_of(command: Command, cd: CD) -> Facts:
    """The right of whoever commands is asked now, of GitHub; the operator's is the token."""
    repository = await cd.repositories.get(command.repository)
    configuration = await cd.configurations.get(command.repository)
    service = _service(configuration, command.service)
    scope = _scope(command, service)
    needed = PERMISSION[command.verb]
    return Facts(
        command=command,
        full_name=repository.full_name,
        may=command.is_operators or await cd.around.may(repository, command.by, needed, command.by_id),
        configuration=configuration,
        places=await _places(command.repository, service, cd) if service else {},
        versions=await cd.versions.named(command.repository, command.version) if command.version else (),
        holds=await cd.holds.covering(scope),
        now=cd.now,
    )


async def _places(repository: int, service: Service, cd: CD) -> Mapping[str, Place]:
    names = [each.name for each in service.environments]
    return {name: await cd.deployments.place(place(repository, service.name, name)) for name in names}


def _service(configuration: Configuration | None, name: str) -> Service | None:
    services = configuration.services if configuration else ()
    if not name and len(services) == 1:
        return services[0]
    return next((each for each in services if each.name == name), None)


def _scope(command: Command, service: Service | None) -> str:
    if not command.service and not command.environment:
        return str(command.repository)
    name = service.name if service else command.service
    return f"{command.repository}/{name}/{command.environment}".rstrip("/")
