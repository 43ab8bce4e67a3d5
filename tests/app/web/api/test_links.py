"""The operator sees who in a chat is who on GitHub, and ends it; a user that there is not is told with who is near."""

from collections.abc import AsyncIterator
from typing import Any

import jsonschema_rs
import pytest

from app.store.database import Database
from app.store.events import read_log
from app.web.api.door import OPEN_TO_ALL
from deploy.events import SpeakerUnlinked
from deploy.speech import Speaker
from tests.app.web.api.linked import ANA, LinkedSite, linked_site

ROW = {
    "workspace": "T1",
    "user": "U0ANA",
    "name": "Ana Lima",
    "login": "ana",
    "github_id": 7,
    "since": "2026-11-21T14:00:00Z",
}
OTHERS = [("T1", "U0SAM", "sam-hill"), ("T2", "W77", "ana")]


@pytest.fixture
async def here(embedded: Database) -> AsyncIterator[LinkedSite]:
    async with linked_site(embedded) as made:
        yield made


async def test_everybody_is_told_by_workspace_and_name(here: LinkedSite) -> None:
    found = (await here.site.get("/api/links"))["links"]
    assert found[0] == ROW
    assert [(each["workspace"], each["user"], each["login"]) for each in found[1:]] == OTHERS


async def test_who_is_unlinked_is_told_and_it_is_on_record_who_did_it(here: LinkedSite) -> None:
    assert await here.site.ask("DELETE", "/api/links/T1/U0ANA") == (200, ROW)

    assert await here.who() == OTHERS
    async with here.site.database.read() as connection:
        told = [each.event for each in await read_log(connection, subject="speaker:T1/U0ANA")]
    speaker = Speaker(workspace="T1", user="U0ANA", name="Ana Lima")
    assert told[1:] == [SpeakerUnlinked(speaker=speaker, person=ANA, by="operator")]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("T1/U0ANN", 'there is no user "U0ANN" who is linked in T1; did you mean "U0ANA" or "U0SAM"?'),
        ("T1/Q", 'there is no user "Q" who is linked in T1; there is U0ANA, U0SAM'),
        ("T1/ana", 'there is no user "ana" in T1; did you mean "U0ANA"?'),
        ("T1/@Sam-Hill", 'there is no user "@Sam-Hill" in T1; did you mean "U0SAM"?'),
        ("T1/Ana%20Lima", 'there is no user "Ana Lima" in T1; did you mean "U0ANA"?'),
        ("T3/U0ANA", 'there is no workspace "T3"; did you mean "T2" or "T1"?'),
    ],
)
async def test_who_is_not_linked_is_told_with_who_is_near(here: LinkedSite, path: str, said: str) -> None:
    before = await here.who()
    assert await here.site.ask("DELETE", f"/api/links/{path}") == (404, {"error": said})
    assert await here.who() == before


async def test_who_was_unlinked_before_is_not_there(here: LinkedSite) -> None:
    await here.site.ask("DELETE", "/api/links/T2/W77")
    assert (await here.site.ask("DELETE", "/api/links/T2/W77"))[0] == 404


async def test_where_nobody_is_linked_nobody_is_near(embedded: Database) -> None:
    async with linked_site(embedded, anybody=False) as here:
        assert await here.site.get("/api/links") == {"links": []}
        said = 'there is no user "U0ANA" who is linked in T1; there is none'
        assert await here.site.ask("DELETE", "/api/links/T1/U0ANA") == (404, {"error": said})


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/links"), ("DELETE", "/api/links/T1/U0ANA")])
async def test_without_the_token_nobody_sees_or_ends_a_link(here: LinkedSite, method: str, path: str) -> None:
    before = await here.who()
    assert (await here.site.ask(method, path, token="a guess"))[0] == 401
    assert await here.who() == before


async def test_a_malformed_name_is_refused_by_its_field(here: LinkedSite) -> None:
    said = {"error": "user: must be a name of 1 to 100 characters"}
    assert await here.site.ask("DELETE", f"/api/links/T1/{'x' * 101}") == (400, said)


async def test_links_are_answered_as_they_are_described(here: LinkedSite) -> None:
    told = await here.site.get(OPEN_TO_ALL)
    described = {path: sorted(methods) for path, methods in told["paths"].items() if "links" in path}
    assert described == {"/api/links": ["get"], "/api/links/{workspace}/{user}": ["delete"]}
    everybody = await here.site.get("/api/links")
    _, gone = await here.site.ask("DELETE", "/api/links/T1/U0ANA")
    _, unknown = await here.site.ask("DELETE", "/api/links/T1/U0ANA")
    faults = [
        *_faults(told, "/api/links", "get", 200, everybody),
        *_faults(told, "/api/links/{workspace}/{user}", "delete", 200, gone),
        *_faults(told, "/api/links/{workspace}/{user}", "delete", 404, unknown),
    ]
    assert faults == []


def _faults(told: Any, path: str, method: str, status: int, answer: Any) -> list[str]:
    schema = told["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    validator = jsonschema_rs.Draft202012Validator(schema | {"components": told["components"]})
    return [error.message for error in validator.iter_errors(answer)]
