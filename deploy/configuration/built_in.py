"""The pipeline of a repository that says nothing but what the PRX system's variables say."""

from deploy.configuration import part
from deploy.configuration.defaults import Defaults
from deploy.configuration.layers import Layers, services
from deploy.hand_off import Parameters
from deploy.pipeline import Configuration
from deploy.targets.parameter_store import ParameterStore

STAGING, PRODUCTION = "/prx/stag/", "/prx/prod/"
NOWHERE = part.Where("", 0)


def built_in(
    repository: int, full_name: str, sha: str, hand_off: Parameters, defaults: Defaults | None = None
) -> Configuration:
    """Staging at once, by the parameters that a build names; production by the same names elsewhere, by hand.

    What the organisation demands of environments of these names holds here too: else a repository would be rid of it
    by writing nothing.
    """
    environments = {"staging": _environment(hand_off, automatic=True)}
    if all(name.startswith(STAGING) for names in hand_off.values() for name in names):
        promoted = {
            label: tuple(PRODUCTION + name.removeprefix(STAGING) for name in names) for label, names in hand_off.items()
        }
        environments["production"] = _environment(promoted, automatic=False)
    service = part.Service(where=NOWHERE, labels=tuple(hand_off), environments=environments)
    layers = Layers(name=full_name.partition("/")[2], said=[service])
    made, _ = services([layers], defaults or Defaults())
    return Configuration(repository=repository, sha=sha, services=made)


def _environment(parameters: Parameters, *, automatic: bool) -> part.Environment:
    names = {label: list(each) for label, each in parameters.items()}
    return part.Environment(
        where=NOWHERE,
        target={"type": "parameter_store", "parameters": names},
        target_where=NOWHERE,
        kind=ParameterStore(parameters=parameters),
        automatic=automatic,
    )
