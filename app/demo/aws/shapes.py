"""What botocore's service models say of a request: whether it is right, and what AWS says if it is not.

AWS does not document its words for this. They are as people report them, and begin with "1 validation error detected".
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from botocore.session import get_session  # type: ignore[import-untyped]  # no stubs

from app.demo.aws.refusal import Refusal

TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "float": (int, float),
    "double": (int, float),
}


@cache
def model(service: str) -> Any:
    """botocore's model of a service, by its name there."""
    return get_session().get_service_model(service)


def check(shape: Any, value: Any, code: str) -> None:
    """Raises a Refusal of this code with everything that is wrong."""
    wrong = list(_wrong(shape, value, ""))
    if wrong:
        plural = "s" if len(wrong) > 1 else ""
        raise Refusal(code, f"{len(wrong)} validation error{plural} detected: {'; '.join(wrong)}")


def _wrong(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    wanted = TYPES.get(kind)
    if wanted and (not isinstance(value, wanted) or (kind in {"integer", "long"} and isinstance(value, bool))):
        raise Refusal("SerializationException", f"{path or 'the request'} has to be a {kind}")
    if kind == "structure":
        yield from _wrong_members(shape, value, path)
    elif kind == "list":
        for number, item in enumerate(value, 1):
            yield from _wrong(shape.member, item, f"{path}.{number}.member")
    for unmet in _unmet(shape, value):
        yield f"Value {_shown(value)} at '{path}' failed to satisfy constraint: {unmet}"


def _wrong_members(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        at = f"{path}.{name}" if path else name
        if value.get(name) is not None:
            yield from _wrong(member, value[name], at)
        elif name in shape.required_members:
            yield f"Value null at '{at}' failed to satisfy constraint: Member must not be null"


def _unmet(shape: Any, value: Any) -> Iterator[str]:
    rules = shape.metadata
    size, unit = (value, "value") if isinstance(value, int) else (_length(value), "length")
    if "min" in rules and size < rules["min"]:
        yield f"Member must have {unit} greater than or equal to {rules['min']}"
    if "max" in rules and size > rules["max"]:
        yield f"Member must have {unit} less than or equal to {rules['max']}"
    if "enum" in rules and value not in rules["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(rules['enum'])}]"
    if "pattern" in rules and not _matcher(rules["pattern"])(value):
        yield f"Member must satisfy regular expression pattern: {rules['pattern']}"


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, list, dict)) else 0


@cache
def _matcher(pattern: str) -> Callable[[str], object]:
    r"""The patterns are Java's; `\p{L}` and its like, which Python lacks, are not checked."""
    return re.compile(pattern).fullmatch if "\\p{" not in pattern else lambda _: True


def _shown(value: Any) -> str:
    return f"'{value}'"
