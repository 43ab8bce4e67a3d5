"""Where builds run: one kind of runner a file or folder, each made by what `KINDS` names."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from checks.ports import Runner

KINDS: Mapping[str, str] = {
    "local": "checks.runners.local:LocalRunner",
}


def kind(name: str) -> Callable[..., Runner]:
    """The class of a kind of runner; its module is imported only now. ValueError if there is no such kind."""
    if name not in KINDS:
        raise ValueError(f'there is no runner "{name}"; known are {", ".join(sorted(KINDS))}')
    module, _, attribute = KINDS[name].partition(":")
    found: Any = getattr(import_module(module), attribute)
    return found  # type: ignore[no-any-return]  # the table names only runners
