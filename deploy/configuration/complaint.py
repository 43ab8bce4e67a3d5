"""What pydantic says of a field that is not as its model wants it, as a sentence for whoever wrote it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from checks.document import quoted, suggestion

Place = tuple[str | int, ...]

WANTED: Mapping[str, str] = {
    "bool": "true or false",
    "datetime": "a date and a time",
    "dict": "a mapping of names to values",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "a mapping of names to values",
    "string": "a text",
    "tuple": "a list",
}
"""What is wanted, by the first word of the error's type."""

LIMITS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda told: f"has to be {told['ge']} or more",
    "less_than_equal": lambda told: f"has to be {told['le']} or less",
    "string_too_long": lambda told: f"holds {told['max_length']} characters at most",
    "string_too_short": lambda told: "may not be empty",
    "too_long": lambda told: f"holds {told['max_length']} at most, and here are {told['actual_length']}",
    "too_short": lambda told: "may not be empty",
}


def sentence(key: str, errors: list[Any], what: str, model: type[BaseModel]) -> str:
    """The sentence on all that is said of one place; `key` is its name there, and `model` what it is a part of."""
    error = errors[0]
    kind, told = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key in {what}: {quoted(key)}{suggestion(key, keys(model))}"
    if kind == "missing":
        return f"{what} needs {key}{_about(model, key)}"
    if kind == "value_error":
        return f"{key}: {told['error']}" if error["loc"] else str(told["error"])
    if kind == "literal_error":
        allowed = [name or number for name, number in re.findall(r"'([^']*)'|(\d+)", told["expected"])]
        if len(allowed) == 1:
            return f"{key} can only be {allowed[0]}, not {shown(error['input'])}"
        return f"{key} cannot be {shown(error['input'])}{suggestion(str(error['input'])[:100], allowed)}"
    if kind == "string_pattern_mismatch":
        return f"{key} cannot be {shown(error['input'])}: it has to match {told['pattern']}"
    if kind in LIMITS:
        return f"{key} {LIMITS[kind](told)}"
    wanted = list(dict.fromkeys(WANTED[each["type"].split("_")[0]] for each in errors if _is_of_type(each)))
    return f"{key} has to be {' or '.join(wanted) or 'something else'}, not {shown(error['input'])}"


def keys(model: type[BaseModel]) -> tuple[str, ...]:
    """What people may write, by the names that they write."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def model_at(model: type[BaseModel], place: Place) -> type[BaseModel]:
    """The model that describes what is at a place of this one."""
    for part in place:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if isinstance(part, str) and part in fields:
            model = next(_models(fields[part].annotation, fields[part].metadata), model)
    return model


def shown(value: Any) -> str:
    """A value as it may be quoted."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return quoted(text if len(text) <= 100 else f"{text[:99]}…")  # noqa: PLR2004  enough to find it


def _models(*annotations: Any) -> Iterator[type[BaseModel]]:
    for each in annotations:
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each
        elif isinstance(each, list):
            yield from _models(*each)
        else:
            yield from _models(*get_args(each))


def _about(model: type[BaseModel], key: str) -> str:
    described = {field.alias or name: field.description for name, field in model.model_fields.items()}
    text = (described.get(key) or "").rstrip(".")
    return f": {text[:1].lower()}{text[1:]}" if text else ""


def _is_of_type(error: Any) -> bool:
    return error["type"].split("_")[0] in WANTED
