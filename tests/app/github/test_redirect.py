import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from app.github import redirect
from app.github.client import Client
from app.github.exchange import Request
from checks.errors import Permanent
from tests.app.github.endpoint import Endpoint, Reply

WRITE = Request(method="POST", path="/repos/acme/old/check-runs", body={"name": "x"}, installation=7)
READ = Request(method="GET", path="/repos/acme/old", installation=7)
API = URL("https://api.github.com/repos/acme/old")
HOSTS = st.sampled_from(["api.github.com", "evil.example", "api.github.com.evil.example", "github.com", "127.0.0.1"])
LOCATIONS = st.one_of(
    st.text(max_size=40),
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["https:", "http:", "HTTPS:", "ftp:", "javascript:", ""]),
        st.sampled_from(["//", "/", "///", "\\\\", "/\\", ""]),
        st.sampled_from(["", "api.github.com@", "x:y@", "api.github.com:443@"]),
        HOSTS,
        st.sampled_from(["", "/repositories/1", ":443/x", ":8443/x", "?a=b", "#f", "\\@evil.example"]),
    ),
)


@given(LOCATIONS)
@example("https://api.github.com@evil.example/")
@example("https://x:y@api.github.com/")
@example("//evil.example/x")
@example("http://api.github.com/x")
@example("https://api.github.com:8443/x")
@example("")
def test_no_location_leads_to_another_origin(location: str) -> None:
    try:
        there = redirect.target(API, 301, location, "GET")
    except Permanent:
        return
    assert (there.scheme, there.host, there.port, there.user) == ("https", "api.github.com", 443, None)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("absolute", [True, False])
async def test_a_write_stays_a_write_with_its_body(
    client: Client, endpoint: Endpoint, status: int, absolute: bool
) -> None:
    there = "/repositories/42/check-runs"
    endpoint.on(
        "POST /repos/acme/old/check-runs",
        Reply(status, {"message": "Moved"}, {"Location": endpoint.url + there if absolute else there}),
    )
    endpoint.on(f"POST {there}", Reply(201, {"id": 1}))
    answer = await client.send(WRITE)
    assert (answer.data, answer.moved) == ({"id": 1}, True)
    assert [(each.line, each.body) for each in endpoint.asked[1:]] == [
        ("POST /repos/acme/old/check-runs", {"name": "x"}),
        (f"POST {there}", {"name": "x"}),
    ]


async def test_a_write_is_not_answered_by_something_to_read(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("POST /repos/acme/old/check-runs", Reply(303, None, {"Location": "/elsewhere"}))
    with pytest.raises(Permanent):
        await client.send(WRITE)
    assert endpoint.lines == ["POST /repos/acme/old/check-runs"]


async def test_a_circle_ends(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("GET /repos/acme/old", Reply(301, None, {"Location": "/repos/acme/old"}))
    with pytest.raises(Permanent, match="in circles"):
        await client.send(READ)


@pytest.mark.parametrize("request_", [READ, WRITE])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_another_host_never_hears_of_it(
    client: Client, endpoint: Endpoint, request_: Request, status: int
) -> None:
    heard = []

    async def listen(request: web.BaseRequest) -> web.Response:
        heard.append(dict(request.headers))
        return web.json_response({})

    runner = web.ServerRunner(web.Server(listen))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    for name in ("127.0.0.1", "localhost", "x-access-token:x@127.0.0.1"):
        elsewhere = f"http://{name}:{port}/repositories/42"
        endpoint.on(f"{request_.method} {request_.path}", Reply(status, None, {"Location": elsewhere}))
        with pytest.raises(Permanent):
            await client.send(request_)
    assert heard == []
    await runner.cleanup()


async def test_a_next_page_on_another_host_is_not_read(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("GET /things", Reply(200, [1], {"Link": '<http://evil.example/things?page=2>; rel="next"'}))
    with pytest.raises(Permanent, match="another host"):
        _ = [item async for item in client.items(Request(method="GET", path="/things{?per_page}", installation=7))]


async def test_no_error_or_counter_ever_holds_a_token(
    make_client: Callable[..., Client], endpoint: Endpoint, counted: list[tuple[str, str, int]]
) -> None:
    replies = [
        Reply(301, None, {"Location": "http://evil.example/"}),
        Reply(401, {"message": "Bad credentials"}),
        Reply(403, {"message": "No. You sent ghs_" + "0" * 35 + "1"}),
        Reply(404),
        Reply(422, {"message": "No"}),
        Reply(429, None, {"Retry-After": "1"}),
        Reply(502, raw=b"<html>"),
        Reply(200, raw=b"{"),
        Reply(drop=True),
        Reply(hang=True),
    ]
    shown = []
    for reply in replies:
        endpoint.on("GET /repos/acme/old", reply)
        async with make_client(timeout=0.1) as client:
            with pytest.raises(Exception, match=r"GitHub|connection") as failed:
                await client.send(READ)
            shown += [text for each in _chain(failed.value) for text in (str(each), repr(each), repr(each.__dict__))]
            shown.append(repr(vars(client)) + repr(vars(client.tokens)) + repr(client.key))
            await asyncio.sleep(0)
    shown.append(repr(counted))
    tokens = {each.token for each in endpoint.asked}
    assert len(tokens) > 2
    assert [token for token in tokens if any(token in text for text in shown)] == []


def _chain(error: BaseException | None) -> list[BaseException]:
    chain = []
    while error:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
