"""Where versions go, as people write it down: read, checked and laid on what their organisation says."""

from deploy.configuration.built_in import built_in
from deploy.configuration.defaults import Defaults
from deploy.configuration.interlock import FILE, FILES, of_organisation, read
from deploy.configuration.malformed import Malformed, said
from deploy.configuration.organisation import TOPS, is_of_organisation, read_defaults


def is_of_delivery(path: str) -> bool:
    """Whether a file of a repository may say where versions go."""
    return path in FILES or is_of_organisation(path)


__all__ = [
    "FILE",
    "FILES",
    "TOPS",
    "Defaults",
    "Malformed",
    "built_in",
    "is_of_delivery",
    "is_of_organisation",
    "of_organisation",
    "read",
    "read_defaults",
    "said",
]
