"""Where versions go: one kind a file."""

from collections.abc import Mapping

from deploy.target import Kind
from deploy.targets.external import External
from deploy.targets.function import Function
from deploy.targets.local import Local
from deploy.targets.parameter_store import ParameterStore
from deploy.targets.static_site import StaticSite

KINDS: Mapping[str, type[Kind]] = {
    "external": External,
    "function": Function,
    "local": Local,
    "parameter_store": ParameterStore,
    "static_site": StaticSite,
}
