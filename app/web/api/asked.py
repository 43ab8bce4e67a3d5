"""What a request says, checked: whatever is malformed is refused by the name of its field."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from aiohttp import ClientPayloadError, web
from pydantic import BaseModel, Field, ValidationError

from app.web.api.answer import Refusal, malformed
from deploy.near import unknown

MOST_BYTES = 64 * 1024
PATIENCE = 10.0
"""Seconds that a body may take to arrive."""
LONGEST = 100
"""Characters of a strange name that are repeated to whoever sent it."""

Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
Commit = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{4,64}$")]
VersionName = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{4,64}$")]
Identity = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]

MEANT = {
    "repository": "must be owner/name",
    "sha": "must be the first digits of a commit, at least 4",
    "version": "must be the first digits of a commit, at least 4, or a version's id",
    "id": "must be 1 to 64 letters, digits, dashes and underscores",
    "deployment": "must be the id of a deployment",
    "reason": "must be text of at most 500 characters",
}

S = TypeVar("S", bound=BaseModel)


def query(request: web.Request, shape: type[S]) -> S:
    """The query, each parameter at most once."""
    doubled = next((name for name in request.query if len(request.query.getall(name)) > 1), None)
    if doubled is not None:
        raise malformed(f"{_cut(doubled)}: say it once")
    return _validated(shape, dict(request.query))


def path(request: web.Request, shape: type[S]) -> S:
    return _validated(shape, dict(request.match_info))


async def body(request: web.Request, shape: type[S]) -> S:
    raw = await _read(request)
    try:
        return shape.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise malformed(_fault(error, shape)) from None


async def _read(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON, with the content type application/json")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the body without Content-Encoding")
    read = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.content.iter_any():
                read += chunk
                if len(read) > MOST_BYTES:
                    message = f"the body is larger than {MOST_BYTES} bytes"
                    raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message, {"Connection": "close"})
    except TimeoutError:
        message = f"the body did not arrive within {PATIENCE:g} s"
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, message, {"Connection": "close"}) from None
    except (ConnectionError, ClientPayloadError, web.RequestPayloadError):
        raise malformed("the connection broke off before the body was complete") from None
    return bytes(read)


def _validated(shape: type[S], given: dict[str, str]) -> S:
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        raise malformed(_fault(error, shape)) from None


def _fault(error: ValidationError, shape: type[BaseModel]) -> str:
    """One sentence for the first of the faults, with the field's name first."""
    first: dict[str, Any] = dict(error.errors(include_url=False)[0])
    field = str(first["loc"][0]) if first["loc"] else "the body"
    match first["type"]:
        case "json_invalid":
            return f"the body is not JSON: {first['ctx']['error']}"
        case "model_type" | "model_attributes_type":
            return "the body is not a JSON object"
        case "missing":
            return f"{field}: is missing"
        case "extra_forbidden":
            return f"{_cut(field)}: {unknown('field', _cut(field), shape.model_fields)}"
        case "enum" if isinstance(first["input"], str):
            known = [each.value for each in shape.model_fields[field].annotation or ()]
            return f"{field}: {unknown(field, _cut(first['input']), known)}"
        case "string_pattern_mismatch" | "string_too_long" | "string_too_short":
            return f"{field}: {MEANT.get(field, 'must be a name of 1 to 100 characters')}"
    reason = first["msg"].removeprefix("Value error, ").replace("Input should", "must")
    return f"{field}: {reason}" if first["loc"] else reason


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
