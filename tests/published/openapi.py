"""GitHub's published description of its REST API, asked whether a request or an answer fits it."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from tests.published.npm import OPENAPI, file

Schema = dict[str, Any]
SCHEMA_MAPS = ("properties", "patternProperties")
SCHEMA_LISTS = ("allOf", "anyOf", "oneOf")
SCHEMA_FIELDS = ("items", "additionalProperties", "not")


@cache
def openapi() -> "OpenAPI":
    return OpenAPI(msgspec.json.decode(file(OPENAPI, "generated/api.github.com.json")))


class OpenAPI:
    """Paths are GitHub's, without scheme, host and query. Schemas are compiled when first used."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self._paths = [(self._pattern(path, methods), path) for path, methods in document["paths"].items()]
        self._operations: dict[tuple[str, str], Schema | None] = {}
        self._validators: dict[int, jsonschema_rs.Draft202012Validator] = {}
        self._components: dict[str, tuple[Schema, set[str]]] = {}

    def request_errors(self, method: str, path: str, query: Mapping[str, str], body: object = None) -> list[str]:
        """What GitHub would not understand of a request; empty if nothing. `body` is None if there is none."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path}: GitHub has no such operation"]
        return [*self._query_errors(operation, query), *self._body_errors(operation, body)]

    def response_errors(self, method: str, path: str, status: int, body: object = None) -> list[str]:
        """Where an answer is not as GitHub describes it; empty if nowhere. `body` is None if there is none."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path}: GitHub has no such operation"]
        responses = operation["responses"]
        if str(status) not in responses:
            return [f"{method} {path}: GitHub answers {', '.join(responses)}, not {status}"]
        schema = _json_schema(self._resolved(responses[str(status)]))
        if schema is None:
            return [] if body is None else [f"{method} {path}: a {status} has no body"]
        return self._errors("response", schema, body)

    def _pattern(self, path: str, methods: Schema) -> re.Pattern[str]:
        """A parameter is one segment of the path, unless the description says that it is a number or several."""
        listed = (self._resolved(one) for method in methods.values() for one in method.get("parameters", ()))
        parameters = {one["name"]: one for one in listed if one["in"] == "path"}
        literals_and_names = enumerate(re.split(r"\{([^}]+)\}", path))
        parts = (_group(parameters.get(part, {})) if at % 2 else re.escape(part) for at, part in literals_and_names)
        return re.compile("".join(parts))

    def _operation(self, method: str, path: str) -> Schema | None:
        """The operation whose path has the fewest characters in parameters."""
        key = (method.lower(), path)
        if key not in self._operations:
            found = [
                (sum(map(len, match.groups())), template)
                for pattern, template in self._paths
                if (match := pattern.fullmatch(path)) and key[0] in self._document["paths"][template]
            ]
            self._operations[key] = self._document["paths"][min(found)[1]][key[0]] if found else None
        return self._operations[key]

    def _query_errors(self, operation: Schema, query: Mapping[str, str]) -> Iterable[str]:
        parameters = [self._resolved(parameter) for parameter in operation.get("parameters", [])]
        known = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
        for name, parameter in known.items():
            if parameter.get("required") and name not in query:
                yield f"query: {name} is missing"
        for name, value in query.items():
            if name not in known:
                yield f"query: {name} is unknown, there are {', '.join(known) or 'none'}"
            else:
                schema = known[name]["schema"]
                yield from self._errors(f"query {name}", schema, _typed(value, self._resolved(schema)))

    def _body_errors(self, operation: Schema, body: object) -> Iterable[str]:
        wanted = self._resolved(operation.get("requestBody", {}))
        schema = _json_schema(wanted)
        if schema is None or (body is None and not wanted.get("required")):
            return () if body is None or schema is not None else ("body: there must be none",)
        unknown = set(body) - self._names(schema) if isinstance(body, dict) and self._names(schema) else ()
        return [*self._errors("body", schema, body), *(f"body: {name} is unknown" for name in sorted(unknown))]

    def _names(self, schema: Schema) -> set[str]:
        """Every property that a schema names at its top; GitHub ignores what it does not know, we do not."""
        schema = self._resolved(schema)
        nested = (self._names(part) for key in SCHEMA_LISTS for part in schema.get(key, ()))
        return set(schema.get("properties", {})).union(*nested)

    def _errors(self, what: str, schema: Schema, value: object) -> list[str]:
        if id(schema) not in self._validators:
            self._validators[id(schema)] = jsonschema_rs.Draft202012Validator(self._standalone(schema))
        errors = self._validators[id(schema)].iter_errors(value)
        return [f"{'/'.join(map(str, [what, *error.instance_path]))}: {error.message:.300}" for error in errors]

    def _standalone(self, schema: Schema) -> Schema:
        """A schema with all components that it reaches, and no others, so that compiling is quick."""
        reached: set[str] = set()
        waiting: set[str] = set()
        root = _converted(schema, waiting)
        while waiting:
            reached.add(name := waiting.pop())
            waiting |= self._component(name)[1] - reached
        return {"allOf": [root], "components": {"schemas": {name: self._component(name)[0] for name in reached}}}

    def _component(self, name: str) -> tuple[Schema, set[str]]:
        """A component as a JSON schema, and the components that it names."""
        if name not in self._components:
            refs: set[str] = set()
            self._components[name] = (_converted(self._document["components"]["schemas"][name], refs), refs)
        return self._components[name]

    def _resolved(self, part: Schema) -> Schema:
        if "$ref" not in part:
            return part
        found: Any = self._document
        for key in part["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return self._resolved(found)


def _group(parameter: Schema) -> str:
    if parameter.get("x-multi-segment"):
        return "(.+)"
    return r"(\d+)" if parameter.get("schema", {}).get("type") == "integer" else "([^/]+)"


def _json_schema(part: Schema) -> Schema | None:
    content = part.get("content", {})
    schema: Schema | None = next(
        (one["schema"] for kind, one in content.items() if "json" in kind and "schema" in one), None
    )
    return schema


def _typed(value: str, schema: Schema) -> object:
    """A query value as the JSON that it stands for."""
    match schema.get("type"):
        case "integer" if re.fullmatch(r"-?\d+", value):
            return int(value)
        case "boolean" if value in ("true", "false"):
            return value == "true"
        case "array":
            return value.split(",")
        case _:
            return value


def _converted(schema: Schema, refs: set[str]) -> Schema:
    """An OpenAPI 3.0 schema as a JSON schema; adds to `refs` the components that it names."""
    if "$ref" in schema:
        refs.add(schema["$ref"].rpartition("/")[2])
        return {"$ref": schema["$ref"]}
    made = {
        key: value for key, value in schema.items() if key not in ("nullable", "example", "examples", "discriminator")
    }
    for key in SCHEMA_MAPS:
        if key in made:
            made[key] = {name: _converted(part, refs) for name, part in made[key].items()}
    for key in SCHEMA_LISTS:
        if key in made:
            made[key] = [_converted(part, refs) for part in made[key]]
    for key in SCHEMA_FIELDS:
        if isinstance(made.get(key), dict):
            made[key] = _converted(made[key], refs)
    if not schema.get("nullable"):
        return made
    return {"anyOf": [made, {"type": "null"}]} if "type" not in made else _or_null(made)


def _or_null(schema: Schema) -> Schema:
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema | {"type": [schema["type"], "null"]}
