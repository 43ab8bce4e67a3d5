"""What AWS publishes about its answers: botocore's service models, and what of an answer is against them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.demo.aws.shapes import model

TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "double": float,
    "timestamp": datetime,
}


def answer_errors(service: str, operation: str, answer: Any) -> list[str]:
    """What is unknown, missing, of the wrong type or not one of the values that are allowed."""
    return list(_errors(model(service).operation_model(operation).output_shape, answer, operation))


def error_names(service: str, operation: str) -> set[str]:
    """The exceptions that the model declares for an operation."""
    return {shape.name for shape in model(service).operation_model(operation).error_shapes}


def _errors(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if _is_other(kind, value):
        yield f"{path} is {value!r}, not a {kind}"
    elif kind == "structure":
        yield from (f"{path}.{name} is unknown" for name in value if name not in shape.members)
        yield from (f"{path}.{name} is missing" for name in shape.required_members if name not in value)
        for name in value.keys() & shape.members.keys():
            yield from _errors(shape.members[name], value[name], f"{path}.{name}")
    elif kind == "list":
        for number, item in enumerate(value):
            yield from _errors(shape.member, item, f"{path}[{number}]")
    elif kind == "map":
        for name, item in value.items():
            yield from _errors(shape.value, item, f"{path}.{name}")
    elif kind == "string":
        yield from _string_errors(shape, value, path)


def _is_other(kind: str, value: Any) -> bool:
    return not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")


def _string_errors(shape: Any, value: str, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"{path} is {value!r}, none of {shape.enum}"
    if len(value) < shape.metadata.get("min", 0):
        yield f"{path} is too short"
