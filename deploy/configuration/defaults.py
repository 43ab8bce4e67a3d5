"""What an organisation says for all its repositories."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from deploy.configuration import part
from deploy.pipeline import Problem, Rule


class Defaults(Struct, frozen=True, kw_only=True):
    """`pipelines` have their environments in order, each with what has to be true after a deployment there.

    `notes` say what was accepted and has no effect.
    """

    promotions: Mapping[str, dict[str, Any]] = {}
    environments: Mapping[str, part.Environment] = {}
    pipelines: Mapping[str, Mapping[str, tuple[Rule, ...]]] = {}
    services: Mapping[str, part.Service] = {}
    notes: tuple[Problem, ...] = ()

    def services_of(self, full_name: str) -> Mapping[str, part.Service]:
        """Those that are defined for a repository: by its name, or by `owner/name`."""
        names = {full_name.lower(), full_name.partition("/")[2].lower()}
        return {name: each for name, each in self.services.items() if each.repository.lower() in names}
