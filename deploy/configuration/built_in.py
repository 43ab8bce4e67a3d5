"""The pipeline of a repository that says nothing but what the PRX system's variables say."""

from deploy.hand_off import Parameters
from deploy.pipeline import Configuration, Environment, Service

STAGING, PRODUCTION = "/prx/stag/", "/prx/prod/"


def built_in(repository: int, full_name: str, sha: str, hand_off: Parameters) -> Configuration:
    """Staging at once, by the parameters that a build names; production by the same names elsewhere, by hand."""
    staging = Environment(name="staging", shown="staging", target=_target(hand_off), automatic=True)
    environments = [staging]
    if all(name.startswith(STAGING) for names in hand_off.values() for name in names):
        promoted = {
            label: tuple(PRODUCTION + name.removeprefix(STAGING) for name in names) for label, names in hand_off.items()
        }
        environments.append(
            Environment(
                name="production",
                shown="production",
                target=_target(promoted),
                earlier="staging",
                production=True,
            )
        )
    service = Service(name=full_name.partition("/")[2], labels=tuple(hand_off), environments=tuple(environments))
    return Configuration(repository=repository, sha=sha, services=(service,))


def _target(parameters: Parameters) -> dict[str, object]:
    return {"type": "parameter_store", "parameters": {label: list(names) for label, names in parameters.items()}}
