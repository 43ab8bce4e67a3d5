"""GitHub's example payloads of webhooks, and the schemas that payloads of our own making have to fit."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from tests.published.npm import EXAMPLES, SCHEMAS, file

Payload = dict[str, Any]


class _Examples(msgspec.Struct):
    name: str
    examples: list[Payload]


@cache
def webhook_examples() -> Mapping[str, list[Payload]]:
    """Payloads by the name of their event. They are shared: copy before changing one."""
    listed = msgspec.json.decode(file(EXAMPLES, "api.github.com/index.json"), type=list[_Examples])
    return {event.name: event.examples for event in listed}


def webhook_schema_errors(event: str, payload: Payload) -> list[str]:
    """Where a payload differs from GitHub's schema of its event; empty if nowhere.

    Only for payloads of our own making: real ones that are older, or of an Enterprise Server, differ too.
    """
    return [f"{_place(error.instance_path)}: {error.message}" for error in _validator(event).iter_errors(payload)]


@cache
def _validator(event: str) -> jsonschema_rs.Draft7Validator:
    schema = _schemas()
    name = next((name for name in (f"{event}_event", f"{event}$event") if name in schema["definitions"]), None)
    if name is None:
        raise KeyError(f"GitHub publishes no schema of an event {event!r}")
    return jsonschema_rs.Draft7Validator({"definitions": schema["definitions"], "$ref": f"#/definitions/{name}"})


@cache
def _schemas() -> Payload:
    return msgspec.json.decode(file(SCHEMAS, "schema.json"), type=Payload)


def _place(path: list[str | int]) -> str:
    return "/".join(map(str, path)) or "payload"
