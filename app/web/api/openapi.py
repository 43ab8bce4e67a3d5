"""The description of the API as OpenAPI 3.1, made of the routes and the shapes themselves."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.web.api.answer import HEADERS, Error

REF = "#/components/schemas/{model}"
OTHERS = {
    HTTPStatus.BAD_REQUEST: "Something is malformed.",
    HTTPStatus.UNAUTHORIZED: "The token is missing or wrong.",
    HTTPStatus.FORBIDDEN: "No API_TOKEN is set, so the API is closed.",
    HTTPStatus.NOT_FOUND: "There is nothing of this name.",
    HTTPStatus.CONFLICT: "It is refused.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON.",
    HTTPStatus.SERVICE_UNAVAILABLE: "It cannot be answered now.",
}
IN_THE_BODY = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
)


class Operation(NamedTuple):
    """A route of the API. The first line of the handler's docstring is its summary."""

    method: str
    path: str
    handler: Any
    answers: Mapping[HTTPStatus, type[BaseModel]]
    in_path: type[BaseModel] | None = None
    in_query: type[BaseModel] | None = None
    in_body: type[BaseModel] | None = None


def described(operations: Sequence[Operation]) -> dict[str, Any]:
    shapes = {Error: None} | {
        shape: None for each in operations for shape in (*each.answers.values(), each.in_body) if shape
    }
    _, schemas = models_json_schema([(shape, _mode(shape, operations)) for shape in shapes], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(f"/api{each.path}", {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Interlock", "version": "1", "description": "What is delivered where, why, and commands."},
        "paths": paths,
        "components": {
            "schemas": _referred(schemas["$defs"], json.dumps([paths, schemas])),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "API_TOKEN"}},
        },
        "security": [{"token": []}],
    }


def _referred(schemas: dict[str, Any], text: str) -> dict[str, Any]:
    """Without what is told where it stands."""
    return {name: schema for name, schema in schemas.items() if f'"{REF.format(model=name)}"' in text}


def door(operations: Sequence[Operation]) -> Any:
    text = json.dumps(described(operations), ensure_ascii=False)

    async def openapi(_request: web.Request) -> web.Response:
        """This description."""
        return web.Response(text=text, content_type="application/json", headers=HEADERS)

    return openapi


def _mode(shape: type[BaseModel], operations: Sequence[Operation]) -> Any:
    return "validation" if any(each.in_body is shape for each in operations) else "serialization"


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.handler.__qualname__.replace(".", "_").lower(),
        "summary": (operation.handler.__doc__ or "").partition("\n")[0],
        "parameters": [*_parameters(operation.in_path, "path"), *_parameters(operation.in_query, "query")],
        "responses": {
            **{f"{status.value}": _response(status.phrase, shape) for status, shape in operation.answers.items()},
            **{f"{status.value}": _response(why, Error) for status, why in OTHERS.items() if _may(operation, status)},
        },
    }
    if operation.in_body:
        content = {"application/json": {"schema": {"$ref": REF.format(model=operation.in_body.__name__)}}}
        told["requestBody"] = {"required": True, "content": content}
        told["parameters"].append(_KEY)
    return told


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key again is the same command.",
    "schema": {"type": "string", "maxLength": 255},
}


def _may(operation: Operation, status: HTTPStatus) -> bool:
    return operation.in_body is not None or status not in IN_THE_BODY


def _response(description: str, shape: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": REF.format(model=shape.__name__)}}}
    return {"description": description, "content": content}


def _parameters(shape: type[BaseModel] | None, where: str) -> Sequence[dict[str, Any]]:
    if shape is None:
        return []
    schema = shape.model_json_schema()
    return [_parameter(name, told, where, schema) for name, told in schema["properties"].items()]


def _parameter(name: str, told: dict[str, Any], where: str, schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [each for each in told.get("anyOf", [told]) if each.get("type") != "null"]
    kept = {key: value for key, value in kinds[0].items() if key in ("type", "pattern")}
    found = {"name": name, "in": where, "required": name in schema.get("required", ()), "schema": kept}
    return found | ({"description": told["description"]} if "description" in told else {})
