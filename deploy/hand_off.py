"""What a build wants handed over, as the PRX system's variables say it: which parameters get the value of a label."""

import re
from collections.abc import Mapping

VARIABLES = ("PRX_SPIRE_ECR_PKG_PARAMETERS", "PRX_SPIRE_S3_PKG_PARAMETERS")

NAME = re.compile(r"(/[A-Za-z0-9_.-]+){1,15}")
LONGEST_NAME = 1011
"""https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html"""
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Parameters = dict[str, tuple[str, ...]]
"""Label → names of parameters."""


def wanted(exported: Mapping[str, str]) -> Parameters:
    """What the exported variables ask for. Raises ValueError that names the variable and the malformed entry."""
    found: Parameters = {}
    for variable in VARIABLES:
        try:
            said = mapping(exported.get(variable, ""))
        except ValueError as error:
            raise ValueError(f"{variable}, {error}") from None
        for label, names in said.items():
            found[label] = tuple(dict.fromkeys(found.get(label, ()) + names))
    return found


def mapping(text: str) -> Parameters:
    """What one of the variables says: `LABEL=/name,/name;LABEL=/name`.

    Raises ValueError with the place of the first entry that is malformed. Spaces count. A `;` may end the last entry.
    """
    found: Parameters = {}
    labels: dict[str, str] = {}
    start = 0
    entries = text.removesuffix(";").split(";") if text else []
    for number, entry in enumerate(entries, 1):
        label, names = _entry(entry, f"entry {number} (character {start + 1}), {entry!r}")
        for name in names:
            if labels.setdefault(name, label) != label:
                raise ValueError(f"entry {number} (character {start + 1}): {name} has {labels[name]} already")
        found[label] = tuple(dict.fromkeys(found.get(label, ()) + names))
        start += len(entry) + 1
    return found


def is_name(name: str) -> str:
    """The name of a parameter as it came. Raises ValueError for what is none."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ValueError(f"{name!r} is not the name of a parameter: write it like /prx/stag/Spire/MyApp/pkg/docker-tag")
    return name


def _entry(entry: str, place: str) -> tuple[str, tuple[str, ...]]:
    label, equals, rest = entry.partition("=")
    if not equals or "=" in rest:
        raise ValueError(f"{place}: it needs exactly one =, as in LABEL=/name,/name")
    if not LABEL.fullmatch(label):
        raise ValueError(f"{place}: {label!r} is not the name of a variable")
    try:
        return label, tuple(is_name(name) for name in rest.split(","))
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
