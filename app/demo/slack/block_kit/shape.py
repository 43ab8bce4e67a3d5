"""What a piece of JSON may look like, and how Slack says that it does not.

A `Check` takes a value and the JSON pointer to it, and yields complaints in Slack's words.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any, str], Iterator[str]]


def said(words: str, at: str) -> str:
    return f"{words} [json-pointer:{at}]"


def string(most: int, least: int = 1) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield said("must provide a string", at)
        elif len(value) > most:
            yield said(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            yield said(f"must be more than {least - 1} characters", at)

    return check


def link(most: int) -> Check:
    length = string(most)

    def check(value: Any, at: str) -> Iterator[str]:
        complaints = list(length(value, at))
        yield from complaints
        if not complaints and ":" not in value:
            yield said("must be a valid URL", at)

    return check


def boolean(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield said("must provide a boolean", at)


def number(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield said("must provide a number", at)


def between(least: int, most: int) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        complaints = list(number(value, at))
        yield from complaints
        if not complaints and not least <= value <= most:
            yield said(f"must be between {least} and {most}", at)

    return check


def word(*allowed: str) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in allowed:
            yield said(f"must be one of {', '.join(allowed)}", at)

    return check


def array(of: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield said("must provide an array", at)
            return
        if len(value) > most:
            yield said(f"no more than {most} items allowed", at)
        if len(value) < least:
            yield said(f"no fewer than {least} items allowed", at)
        for index, each in enumerate(value):
            yield from of(each, f"{at}/{index}")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields and no others; `type` is whoever chose this record's matter."""
    fields = {**required, **(optional or {})}

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield said("must provide an object", at)
            return
        yield from (said(f"missing required field: {name}", at) for name in required if name not in value)
        for name, each in value.items():
            if name in fields:
                yield from fields[name](each, f"{at}/{name}")
            elif name != "type":
                yield said(f"invalid additional property: {name}", at)

    return check


def by_type(kinds: Callable[[], Mapping[str, Check]]) -> Check:
    """One of several records, told apart by their `type`; asked for late, as they may contain each other."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield said("must provide an object", at)
        elif "type" not in value:
            yield said("missing required field: type", at)
        elif not isinstance(value["type"], str) or value["type"] not in kinds():
            yield said(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            yield from kinds()[value["type"]](value, at)

    return check


def either(*names: str, of: Check) -> Check:
    """A record that needs at least one of these fields."""

    def check(value: Any, at: str) -> Iterator[str]:
        yield from of(value, at)
        if isinstance(value, dict) and not any(value.get(name) for name in names):
            yield said(f"missing required field: {names[0]}", at)

    return check
