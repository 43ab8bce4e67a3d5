import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.github.auth import AppKey
from app.github.client import Client
from app.github.clock import Clock
from app.github.errors import NotFound, Refused, Unprocessable, WouldWait
from app.github.exchange import Request
from app.github.transport import Transport
from checks.errors import Permanent, Transient
from tests.app.github.endpoint import Endpoint, Reply, TestClock

READ = Request(method="GET", path="/repos/{owner}/web", variables={"owner": "acme"}, installation=7)
WRITE = Request(method="POST", path="/repos/acme/web/check-runs", body={"name": "x"}, installation=7)
REPEATABLE = Request(method="PATCH", path="/repos/acme/web/check-runs/1", body={}, installation=7, repeatable=True)
THERE = Reply(200, {"id": 42})


async def test_every_request_says_what_it_speaks_and_who_it_is(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("GET /repos/acme/web", THERE)
    await client.send(READ)
    for asked in endpoint.asked:
        assert asked.headers["x-github-api-version"] == "2022-11-28"
        assert asked.headers["accept"] == "application/vnd.github+json"
        assert asked.headers["user-agent"] == "interlock"


@pytest.mark.parametrize("path", ["/api/v3", "/api/v3/"])
async def test_an_enterprise_server_is_asked_under_its_path(
    make_client: Callable[..., Client], endpoint: Endpoint, path: str
) -> None:
    endpoint.on("GET /api/v3/app", Reply(200, {"slug": "interlock"}))
    async with make_client(path=path) as client:
        assert (await client.send(Request(method="GET", path="/app"))).data == {"slug": "interlock"}


async def test_names_cannot_change_the_path(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("GET /repos/a%2Fb%3Fx%5Bbot%5D/web", THERE)
    assert (await client.send(replace(READ, variables={"owner": "a/b?x[bot]"}))).data == {"id": 42}


TROUBLE = {
    "502 with a page": Reply(502, raw=b"<html>Bad gateway</html>", headers={"Content-Type": "text/html"}),
    "502 with a page that claims to be JSON": Reply(502, raw=b"<html>"),
    "503": Reply(503, {"message": "Service unavailable"}),
    "200 with a page": Reply(200, raw=b"<!DOCTYPE html>", headers={"Content-Type": "text/html"}),
    "200 with half of the JSON": Reply(200, raw=b'{"id": 4'),
    "200 with binary": Reply(200, raw=b"\xff\xfe\x00"),
    "a connection that breaks": Reply(drop=True),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
async def test_a_read_survives_two_troubles(client: Client, endpoint: Endpoint, trouble: Reply) -> None:
    endpoint.on("GET /repos/acme/web", trouble, trouble, THERE)
    assert (await client.send(READ)).data == {"id": 42}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
async def test_trouble_that_stays_is_transient_after_three_attempts(
    client: Client, endpoint: Endpoint, trouble: Reply, counted: list[tuple[str, str, int]]
) -> None:
    endpoint.on("GET /repos/acme/web", trouble)
    with pytest.raises(Transient, match="GET /repos/acme/web"):
        await client.send(READ)
    assert [method for method, _, _ in counted] == ["POST", "GET", "GET", "GET"]


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
async def test_a_write_whose_fate_is_unknown_is_sent_once(client: Client, endpoint: Endpoint, trouble: Reply) -> None:
    endpoint.on("POST /repos/acme/web/check-runs", trouble)
    with pytest.raises(Transient):
        await client.send(WRITE)
    assert endpoint.lines == ["POST /repos/acme/web/check-runs"]


async def test_a_write_that_may_be_repeated_is(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("PATCH /repos/acme/web/check-runs/1", Reply(502), Reply(drop=True), THERE)
    assert (await client.send(REPEATABLE)).data == {"id": 42}


async def test_a_stuck_answer_is_given_up(make_client: Callable[..., Client], endpoint: Endpoint) -> None:
    endpoint.on("GET /repos/acme/web", Reply(hang=True))
    async with make_client(timeout=0.2) as client:
        with pytest.raises(Transient, match=r"did not answer GET /repos/acme/web within 0.2 s"):
            await client.send(READ)


async def test_a_write_that_cannot_have_arrived_is_sent_again(
    make_client: Callable[..., Client], endpoint: Endpoint, time: TestClock
) -> None:
    async with make_client() as client:
        await client.tokens.of(7)
        client._transport._url = "http://127.0.0.1:1"
        with pytest.raises(Transient, match=r"cannot be reached at 127.0.0.1"):
            await client.send(WRITE)
    assert len(time.slept) >= 2


@pytest.mark.parametrize("status", [403, 429])
async def test_a_short_retry_after_is_waited_out_even_by_a_write(
    client: Client, endpoint: Endpoint, time: TestClock, status: int
) -> None:
    limited = Reply(status, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "3"})
    endpoint.on("POST /repos/acme/web/check-runs", limited, THERE)
    before = time.now()
    assert (await client.send(WRITE)).data == {"id": 42}
    assert time.now() - before == 3


async def test_a_long_retry_after_is_told_with_its_time_and_holds_everybody_back(
    client: Client, endpoint: Endpoint, time: TestClock
) -> None:
    endpoint.on("POST /repos/acme/web/check-runs", Reply(429, {"message": "slow down"}, {"Retry-After": "120"}))
    endpoint.on("GET /repos/acme/web", THERE)
    end = datetime.fromtimestamp(time.now(), UTC) + timedelta(seconds=120)
    for request in (WRITE, READ):
        with pytest.raises(Transient) as limited:
            await client.send(request)
        assert limited.value.not_before == end
    assert endpoint.lines == ["POST /repos/acme/web/check-runs"]
    time.time += 120
    assert (await client.send(READ)).data == {"id": 42}


async def test_one_installation_that_is_limited_does_not_hold_back_another(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("POST /app/installations/8/access_tokens", endpoint._mint)
    endpoint.on("GET /repos/acme/web", Reply(429, None, {"Retry-After": "120"}), THERE)
    with pytest.raises(Transient):
        await client.send(READ)
    other = Request(method="GET", path="/repos/acme/web", installation=8)
    assert (await client.send(other)).data == {"id": 42}


async def test_the_last_request_of_the_hour_holds_back_the_next(
    client: Client, endpoint: Endpoint, time: TestClock
) -> None:
    reset = str(int(time.now()) + 1800)
    endpoint.on("GET /repos/acme/web", Reply(200, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}))
    await client.send(READ)
    with pytest.raises(Transient) as limited:
        await client.send(READ)
    assert limited.value.not_before == datetime.fromtimestamp(int(reset) + 1, UTC)
    assert len(endpoint.lines) == 1


async def test_a_limit_without_a_time_doubles(client: Client, endpoint: Endpoint, time: TestClock) -> None:
    endpoint.on("GET /repos/acme/web", Reply(403, {"message": "You have exceeded a secondary rate limit."}))
    waits = []
    for _ in range(6):
        with pytest.raises(Transient) as limited:
            await client.send(READ)
        assert limited.value.not_before
        waits.append(limited.value.not_before.timestamp() - time.now())
        time.time = limited.value.not_before.timestamp()
    assert waits == [60, 120, 240, 480, 900, 900]


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Refused), (403, Refused), (404, NotFound), (410, NotFound), (422, Unprocessable)]
)
async def test_a_refusal_is_told_once_in_githubs_words(
    client: Client, endpoint: Endpoint, time: TestClock, status: int, kind: type[Refused]
) -> None:
    endpoint.on("GET /repos/acme/web", Reply(status, {"message": "Because.", "errors": [{"field": "sha"}]}))
    with pytest.raises(kind) as refused:
        await client.send(READ)
    assert str(refused.value) == 'GitHub refused to GET /repos/acme/web: Because. [{"field": "sha"}]'
    assert (refused.value.status, len(endpoint.lines)) == (status, 1)


async def test_a_refusal_as_a_page_is_told_too(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("GET /repos/acme/web", Reply(404, raw=b"<html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(NotFound, match=r"GitHub refused to GET /repos/acme/web: status 404$"):
        await client.send(READ)


async def test_every_page_of_a_list_is_read(client: Client, endpoint: Endpoint) -> None:
    following = f'<{endpoint.url}/repositories/42/things?page=2&per_page=100>; rel="next"'
    endpoint.on("GET /things", Reply(200, {"total": 3, "things": [1, 2]}, {"Link": following}))
    endpoint.on("GET /repositories/42/things", Reply(200, {"total": 3, "things": [3]}))
    request = Request(method="GET", path="/things{?per_page}", installation=7)
    assert [item async for item in client.items(request, "things")] == [1, 2, 3]
    assert [each.query for each in endpoint.asked[1:]] == [{"per_page": "100"}, {"page": "2", "per_page": "100"}]


@pytest.mark.parametrize("page", [Reply(200, {"other": []}), Reply(200, "text"), Reply(204)])
async def test_a_page_without_its_list_is_transient(client: Client, endpoint: Endpoint, page: Reply) -> None:
    endpoint.on("GET /things", page)
    with pytest.raises(Transient, match="without the list of things"):
        _ = [item async for item in client.items(Request(method="GET", path="/things{?per_page}"), "things")]


async def test_requests_are_counted_by_template(
    client: Client, endpoint: Endpoint, counted: list[tuple[str, str, int]]
) -> None:
    endpoint.on("GET /repos/acme/web", Reply(500), THERE)
    endpoint.on("PATCH /repos/acme/web/check-runs/1", Reply(drop=True), THERE)
    await client.send(READ)
    await client.send(REPEATABLE)
    assert counted == [
        ("POST", "/app/installations/{installation}/access_tokens", 201),
        ("GET", "/repos/{owner}/web", 500),
        ("GET", "/repos/{owner}/web", 200),
        ("PATCH", "/repos/acme/web/check-runs/1", 0),
        ("PATCH", "/repos/acme/web/check-runs/1", 200),
    ]


async def test_an_impatient_write_waits_for_the_next_turn_and_no_longer(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("POST /repos/acme/web/check-runs", Reply(hang=True), THERE)
    impatient = replace(WRITE, patient=False, urgency=2)
    first = asyncio.create_task(client.send(WRITE))
    await endpoint.heard.wait()
    second = asyncio.create_task(client.send(impatient))
    await asyncio.sleep(0)
    with pytest.raises(WouldWait):
        await client.send(impatient)
    endpoint.hanging.set()
    await asyncio.gather(first, second)
    assert len(endpoint.lines) == 2


GARBAGE = [
    b"",
    b"\x00\xff" * 50,
    b"no HTTP at all\r\n\r\n",
    b"HTTP/1.1 999 Strange\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.1 301 Moved\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b"[" * 60_000,
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
async def test_whatever_comes_over_the_wire_is_one_of_our_troubles(key: AppKey, clock: Clock, garbage: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(garbage)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    transport = Transport(f"http://{address[0]}:{address[1]}", lambda *_: None, timeout=5)
    async with server, Client(transport, key, clock=clock) as client:
        with pytest.raises((Transient, Permanent)):
            await client.send(Request(method="GET", path="/app"))
