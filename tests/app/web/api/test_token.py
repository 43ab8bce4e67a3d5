"""Only who has the operator's token is answered, and whoever has not is told what to do, in JSON."""

from collections.abc import Sequence

import pytest

from app.store.database import Database
from tests.app.web.api import site as stage
from tests.app.web.api.site import FORMER, TOKEN, Site

SERVICES = "/api/repositories/acme/web/services"
WRONG = {
    "error": "the token is missing or wrong: send `Authorization: Bearer …` with what API_TOKEN is where Interlock runs"
}
CLOSED = {"error": "API_TOKEN is not set where Interlock runs, so the API is closed: ask the operator"}


@pytest.mark.parametrize("token", [TOKEN, FORMER])
async def test_each_token_is_good_while_one_replaces_another(site: Site, token: str) -> None:
    assert (await site.ask("GET", SERVICES, token=token))[0] == 200


@pytest.mark.parametrize("token", [None, "", TOKEN[:-1], f"{TOKEN}x", "é" * 20])
@pytest.mark.parametrize("path", [SERVICES, "/api/commands", "/api/nothing/here", "/api/deployments/openapi.json"])
async def test_without_the_token_nothing_is_told(site: Site, token: str | None, path: str) -> None:
    assert await site.ask("GET", path, token=token) == (401, WRONG)


@pytest.mark.parametrize("header", ["Basic abc", TOKEN, "Bearer", "bearer  "])
async def test_another_way_to_say_it_is_no_token(site: Site, header: str) -> None:
    assert await site.ask("GET", SERVICES, token=None, headers={"Authorization": header}) == (401, WRONG)


async def test_who_is_refused_is_told_how_to_ask_and_the_log_says_so_in_a_line(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    import aiohttp  # noqa: PLC0415  this test alone reads a header

    capsys.readouterr()
    async with aiohttp.ClientSession() as http, http.get(site.url + SERVICES) as answer:
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="interlock"'
    lines = capsys.readouterr().out.splitlines()
    assert [("refused at /api" in line, "token is missing or wrong" in line) for line in lines] == [(True, True)]


@pytest.mark.parametrize("token", [None, TOKEN, ""])
async def test_without_a_token_of_the_operator_the_api_is_closed(embedded: Database, token: str | None) -> None:
    async with stage.site(embedded, tokens=()) as closed:
        assert await closed.ask("GET", SERVICES, token=token) == (403, CLOSED)


@pytest.mark.parametrize("tokens", [(), (TOKEN,)])
async def test_the_description_is_no_secret(embedded: Database, tokens: Sequence[str]) -> None:
    async with stage.site(embedded, tokens=tokens) as opened:
        assert (await opened.ask("GET", "/api/openapi.json", token=None))[0] == 200


async def test_an_address_that_there_is_not_and_a_method_are_told_in_json(site: Site) -> None:
    there_is_not = {"error": "there is nothing at this address; /api/openapi.json tells what there is"}
    assert await site.ask("GET", "/api/nothing") == (404, there_is_not)
    assert await site.ask("GET", "/api/commands") == (405, {"error": "use POST here"})
