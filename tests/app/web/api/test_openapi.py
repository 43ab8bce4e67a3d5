"""The description of the API tells exactly what there is, and what is answered is as it describes."""

import asyncio
import json
from typing import Any

import jsonschema_rs

from app.routes import tasks_for
from app.store.commands import CommandShelf
from app.store.database import Database
from app.store.events import EventLog
from app.web.api import api
from app.web.api.door import OPEN_TO_ALL
from tests.app.web.api.site import SERVICE, Site
from tests.deploy.stories import A, B


async def test_the_description_has_exactly_the_routes_that_there_are(site: Site, embedded: Database) -> None:
    app = api((), embedded, site.cd, CommandShelf(embedded, EventLog(tasks_for), asyncio.Event().set))
    routes = {
        (route.method, f"/api{route.resource.canonical}")
        for route in app.router.routes()
        if route.resource and route.method != "HEAD"
    }
    told = await _description(site)
    described = {(method.upper(), path) for path, methods in told["paths"].items() for method in methods}
    assert described == routes - {("GET", OPEN_TO_ALL)}


async def test_every_shape_is_a_valid_schema_and_all_that_is_referred_to_is_there(site: Site) -> None:
    told = await _description(site)
    schemas = told["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not jsonschema_rs.meta.is_valid(schema)] == []
    text = json.dumps(told)
    referred = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert referred == set(schemas)
    assert told["openapi"] == "3.1.0"


async def test_each_parameter_of_a_path_is_described(site: Site) -> None:
    for path, methods in (await _description(site))["paths"].items():
        named = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        for operation in methods.values():
            told = {each["name"] for each in operation["parameters"] if each["in"] == "path" and each["required"]}
            assert told == named, path


async def test_what_is_answered_is_as_it_is_described(site: Site) -> None:
    told = await _description(site)
    await site.publish(A, B)
    await site.obeyed("hold", environment="production", reason="audit")
    [newest, *_] = (await site.get(f"{SERVICE}/environments/staging/deployments"))["deployments"]
    kept = await site.command("lift", environment="production")
    service = "/api/repositories/{owner}/{name}/services/{service}"
    answers = [
        ("/api/repositories/{owner}/{name}/services", "/api/repositories/acme/web/services", 200),
        (f"{service}/environments", f"{SERVICE}/environments", 200),
        (f"{service}/environments/{{environment}}/live", f"{SERVICE}/environments/staging/live", 200),
        (f"{service}/environments/{{environment}}/deployments", f"{SERVICE}/environments/staging/deployments", 200),
        ("/api/deployments/{id}", f"/api/deployments/{newest['id']}", 200),
        ("/api/deployments/{id}", "/api/deployments/none", 404),
        ("/api/why", "/api/why?repository=acme/web", 200),
        ("/api/why", "/api/why", 400),
        ("/api/commands/{id}", f"/api/commands/{kept['id']}", 200),
    ]
    faults = [
        f"{address}: {error.message}"
        for path, address, status in answers
        for error in _validator(told, path, "get", status).iter_errors(await site.get(address, status))
    ]
    assert faults == []
    assert _validator(told, "/api/commands", "post", 202).is_valid(kept)
    assert {path for path, _, _ in answers} | {"/api/commands"} == set(told["paths"])


async def test_a_body_is_described_as_it_is_taken(site: Site) -> None:
    told = await _description(site)
    schema = told["paths"]["/api/commands"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = _of(told, schema)
    assert validator.is_valid({"verb": "hold", "repository": "acme/web", "until": "2027-01-04T08:00:00Z"})
    assert not validator.is_valid({"verb": "hold", "repository": "acme/web", "untl": "x"})
    assert not validator.is_valid({"verb": "hald", "repository": "acme/web"})


async def _description(site: Site) -> Any:
    return await site.get(OPEN_TO_ALL)


def _validator(told: Any, path: str, method: str, status: int) -> jsonschema_rs.Draft202012Validator:
    return _of(told, told["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"])


def _of(told: Any, schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema | {"components": told["components"]})
