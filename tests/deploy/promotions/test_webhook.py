"""An address answers as it should, over real HTTP, and cannot be made to ask what only we can reach."""

import asyncio
import socket
import ssl
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from subprocess import run
from typing import Any, NoReturn

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from msgspec.structs import replace
from pydantic import ValidationError

from deploy.promotion import RESPITE, State, Verdict
from deploy.promotions.webhook import Webhook
from deploy.promotions.webhook.request import LONGEST_BODY
from tests.deploy.promotions.conftest import Answer, Serve
from tests.deploy.promotions.world import CASE, SHA, World, after, version

INTERVAL = timedelta(seconds=5)


def webhook(url: str, **fields: object) -> Webhook:
    return Webhook.model_validate({"type": "webhook", "url": url, **fields})


def tells(text: str = "ok", status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=text, status=status, headers=headers)

    return answer


def running(why: str, url: str, **more: Any) -> Verdict:
    return Verdict(state=State.RUNNING, why=why, evidence=url, again=INTERVAL, **more)


async def test_an_answer_as_expected_passes(world: World, serve: Serve) -> None:
    url = await serve(tells()) + "/health"
    assert await webhook(url).judge(CASE, world) == Verdict(
        state=State.PASSED, why="1 × 200 from /health", evidence=url
    )


@pytest.mark.parametrize(
    ("fields", "answer", "why"),
    [
        ({}, tells(status=503), "/health answered 503 instead of 200"),
        ({"status": 204}, tells(), "/health answered 200 instead of 204"),
        ({}, tells(status=302, headers={"Location": "/"}), "/health answered 302 instead of 200"),
        ({"contains": "ready"}, tells("starting"), '/health does not say "ready"'),
        ({"matches": "^read(y|ied)$"}, tells("not ready"), "/health answers nothing that matches ^read(y|ied)$"),
        (
            {"json": {"$.status": "ok"}},
            tells('{"status": "starting"}'),
            '/health says $.status is "starting" instead of "ok"',
        ),
        ({"json": {"$.ok": True}}, tells('{"ok": 1}'), "/health says $.ok is 1 instead of true"),
        ({"json": {"$.status": "ok"}}, tells("{}"), "/health has no $.status in its answer"),
        ({"json": {"$.status": "ok"}}, tells("ok"), "/health does not answer JSON"),
        ({"json": {"$.status": "ok"}}, tells("[" * 10_000), "/health does not answer JSON"),
        (
            {"json": {"$.status": "ok"}},
            tells(" " * LONGEST_BODY + "{}"),
            "/health answers more than 256 KiB, too much to look into",
        ),
        ({"contains": "end"}, tells(" " * LONGEST_BODY + "end"), '/health does not say "end"'),
        (
            {"expect_version": {"header": "X-Version"}},
            tells(headers={"X-Version": "77aa0be99"}),
            "/health still answers as 77aa0be, not as 4f2a91c",
        ),
        (
            {"expect_version": {"header": "X-Version"}},
            tells(headers={"X-Version": SHA[:6]}),
            "/health still answers as 4f2a91, not as 4f2a91c",
        ),
        ({"expect_version": {"header": "X-Version"}}, tells(), "/health still answers as nothing, not as 4f2a91c"),
        (
            {"expect_version": {"json": "$.version"}},
            tells('{"version": null}'),
            "/health still answers as null, not as 4f2a91c",
        ),
        ({"expect_version": {"json": "$.version"}}, tells("{}"), "/health has no $.version in its answer"),
    ],
)
async def test_a_wrong_answer_is_told_and_asked_again_until_the_deadline(
    world: World, serve: Serve, fields: dict[str, object], answer: Answer, why: str
) -> None:
    url = await serve(answer) + "/health"
    kind = webhook(url, deadline="10m", **fields)
    case = replace(CASE, memory={"right": "2"})
    assert await kind.judge(after(9, case), world) == running(why, url)
    assert await kind.judge(after(10, case), world) == Verdict(
        state=State.FAILED, why=f"{why}, and was asked for 10 min", evidence=url
    )


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"status": 503}, tells(status=503)),
        ({"contains": "eady"}, tells("ready")),
        ({"matches": "(?m)^read(y|ied)$"}, tells("not\nready")),
        ({"json": {"$.a[1]['b c']": 1.5}}, tells('{"a": [0, {"b c": 1.5}]}')),
        ({"expect_version": {"header": "x-version"}}, tells(headers={"X-Version": SHA})),
        ({"expect_version": {"header": "X-Version"}}, tells(headers={"X-Version": "4F2A91C"})),
        ({"expect_version": {"json": "$.id"}}, tells(f'{{"id": "{version().id}"}}')),
        ({"expect_version": {"json": "$.image"}}, tells('{"image": "github/acme/shop:4f2a91c"}')),
        ({"expect_version": {"json": "$.digest"}}, tells(f'{{"digest": "{version().artifacts[0].digest}"}}')),
    ],
)
async def test_a_right_answer_passes(world: World, serve: Serve, fields: dict[str, object], answer: Answer) -> None:
    verdict = await webhook(await serve(answer), **fields).judge(CASE, world)
    assert verdict.state == State.PASSED


async def test_answers_count_in_a_row_and_one_wrong_answer_begins_anew(world: World, serve: Serve) -> None:
    answers = iter([200, 200, 500, 200, 200, 200])

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=next(answers))

    url = await serve(answer) + "/health"
    kind, case, said = webhook(url, times=3, interval="5s"), CASE, []
    for _ in range(6):
        verdict = await kind.judge(case, world)
        said.append((verdict.state, verdict.why, verdict.again))
        case = replace(case, memory=verdict.memory)
    assert said == [
        (State.RUNNING, "1 of 3 × 200 from /health", INTERVAL),
        (State.RUNNING, "2 of 3 × 200 from /health", INTERVAL),
        (State.RUNNING, "/health answered 500 instead of 200", INTERVAL),
        (State.RUNNING, "1 of 3 × 200 from /health", INTERVAL),
        (State.RUNNING, "2 of 3 × 200 from /health", INTERVAL),
        (State.PASSED, "3 × 200 from /health", None),
    ]


async def test_what_is_asked_for_is_filled_in_and_cannot_leave_its_place(world: World, serve: Serve) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.host, request.raw_path))
        return web.Response()

    url = await serve(answer)
    case = replace(CASE, environment="eu/../west?", url=url + "/shop")
    await webhook("{url}/{environment}/{service}/{sha}?v={version}").judge(case, world)
    assert asked == [(url.removeprefix("http://"), f"/shop/eu%2F..%2Fwest%3F/web/{SHA}?v={version().id}")]


async def test_queries_are_not_shown(world: World, serve: Serve) -> None:
    url = await serve(tells())
    verdict = await webhook(f"{url}/health?key=secret#part").judge(CASE, world)
    assert verdict == Verdict(state=State.PASSED, why="1 × 200 from /health", evidence=f"{url}/health")


async def test_an_environment_without_an_address_is_told() -> None:
    verdict = await webhook("{url}/health").judge(CASE, World())
    assert verdict == Verdict(state=State.FAILED, why="production has no address: write its url")


async def test_a_repository_whose_addresses_are_slow_holds_up_no_other(world: World, serve: Serve) -> None:
    release, asked = asyncio.Event(), asyncio.Semaphore(0)

    async def answer(request: web.Request) -> web.Response:
        asked.release()
        await release.wait()
        return web.Response()

    kind = webhook(await serve(answer))
    slow = [asyncio.create_task(kind.judge(CASE, world)) for _ in range(2)]
    for _ in slow:
        await asked.acquire()

    third = await kind.judge(replace(CASE, memory={"right": "1"}), world)
    other = asyncio.create_task(kind.judge(replace(CASE, repository=replace(CASE.repository, id=7)), world))
    await asked.acquire()
    release.set()

    why = "waits until other addresses have answered"
    assert third == Verdict(state=State.RUNNING, why=why, again=RESPITE, memory={"right": "1"})
    assert [(await each).state for each in (*slow, other)] == [State.PASSED] * 3
    assert (await kind.judge(CASE, world)).state is State.PASSED


async def test_who_answers_too_late_is_asked_again(world: World, serve: Serve) -> None:
    release = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    url = await serve(answer)
    assert await webhook(url, timeout="1s").judge(CASE, world) == running("127.0.0.1 did not answer within 1 s", url)
    release.set()


async def test_who_breaks_off_is_asked_again(world: World, serve: Serve) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.close()
        return web.Response()

    url = await serve(answer)
    verdict = await webhook(url).judge(CASE, world)
    assert verdict == running("127.0.0.1 broke off before it had answered", url)


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("127.0.0.1:{port}", "127.0.0.1 could not be asked: connection refused"),
        ("nobody.invalid", "nobody.invalid could not be asked: it has no address"),
    ],
)
async def test_who_cannot_be_asked_at_all_is_an_error_and_no_failure(world: World, host: str, why: str) -> None:
    case = replace(CASE, memory={"right": "2"})
    verdict = await webhook(f"http://{host.format(port=closed_port())}/").judge(after(60, case), world)
    assert verdict == Verdict(state=State.ERROR, why=why, again=timedelta(seconds=15), memory={"right": "2"})


PRIVATE = "is a private address, and its network is none that the operator lets webhooks ask"
NOBODY = "is nobody's public address"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("169.254.169.254", NOBODY),
        ("169.254.170.2", NOBODY),
        ("0.0.0.0", NOBODY),
        ("100.100.100.200", NOBODY),
        ("224.0.0.1", NOBODY),
        ("[fd00:ec2::254]", NOBODY),
        ("[fe80::1]", NOBODY),
        ("[::]", NOBODY),
        ("[::ffff:169.254.169.254]", NOBODY),
        ("[64:ff9b::a9fe:a9fe]", NOBODY),
        ("[2002:a9fe:a9fe::1]", NOBODY),
        ("192.0.0.192", NOBODY),
        ("[64:ff9b:1::a00:1]", PRIVATE),
        ("[::ffff:0:10.0.0.1]", PRIVATE),
        ("[::10.0.0.1]", PRIVATE),
        ("[fec0::1]", PRIVATE),
        ("10.1.2.3", PRIVATE),
        ("192.168.0.1", PRIVATE),
        ("172.16.0.1", PRIVATE),
        ("127.0.0.1", PRIVATE),
        ("[::1]", PRIVATE),
        ("[fd12::1]", PRIVATE),
        ("[::ffff:10.0.0.1]", PRIVATE),
        ("[64:ff9b::a00:1]", PRIVATE),
        ("2852039166", NOBODY),  # 169.254.169.254, as the resolver understands it
        ("0x7f.1", PRIVATE),
    ],
)
async def test_only_public_addresses_are_asked_unless_the_operator_says_so(address: str, why: str) -> None:
    world = World()
    world.networks = (ip_network("10.9.0.0/16"),)
    verdict = await webhook(f"http://{address}/").judge(CASE, world)
    assert (verdict.state, verdict.why.partition(" may not be asked: ")[2].partition(" ")[2]) == (State.FAILED, why)


async def test_metadata_is_never_asked_whatever_the_operator_says() -> None:
    world = World()
    world.networks = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    for address in ("169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"):
        assert (await webhook(f"http://{address}/").judge(CASE, world)).state == State.FAILED


async def test_a_name_is_looked_up_before_it_is_judged() -> None:
    world = World()
    world.networks = ()
    verdict = await webhook("http://localhost/").judge(CASE, world)
    assert (verdict.state, verdict.why.startswith("localhost may not be asked: ")) == (State.FAILED, True)


class Rebound(AbstractResolver):
    """A second look-up, which could give another address than the one that was checked."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> NoReturn:
        raise OSError(f"{host} was looked up twice")

    async def close(self) -> None:
        pass


async def test_the_address_that_was_checked_is_the_one_that_is_asked(serve: Serve) -> None:
    port = (await serve(tells())).rpartition(":")[2]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Rebound())) as session:
        world = World(http=session)
        world.networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
        verdict = await webhook(f"http://localhost:{port}/health").judge(CASE, world)
    assert (verdict.state, verdict.why) == (State.PASSED, "1 × 200 from /health")


async def test_redirects_are_followed_only_if_wanted_and_only_to_what_may_be_asked(world: World, serve: Serve) -> None:
    target = {"Location": "/there"}

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/here":
            return web.Response(status=302, headers=target)
        return web.Response(text="there")

    url = await serve(answer) + "/here"
    assert (await webhook(url, redirects=True, contains="there").judge(CASE, world)).state == State.PASSED
    target["Location"] = "http://169.254.169.254/latest/meta-data/"
    refused = await webhook(url, redirects=True).judge(CASE, world)
    assert refused == Verdict(
        state=State.FAILED, why="169.254.169.254 may not be asked: 169.254.169.254 is nobody's public address"
    )
    target["Location"] = "file:///etc/passwd"
    told = await webhook(url, redirects=True).judge(CASE, world)
    assert told.why.startswith("/here redirects to what cannot be asked: 'file:///etc/passwd' is no address")
    target["Location"] = "/here"
    assert (await webhook(url, redirects=True).judge(CASE, world)).why == "/here answered 302 instead of 200"


async def test_a_pattern_that_would_take_for_ever_holds_nobody_up(world: World, serve: Serve) -> None:
    kind = webhook(await serve(tells("a" * 50 + "!")), matches="(a+)+$")
    assert await kind.judge(CASE, world) == Verdict(
        state=State.FAILED, why="(a+)+$ takes too long to search for: write a simpler expression"
    )


@pytest.fixture
def identity(tmp_path: Path) -> tuple[Path, Path]:
    """A key and a certificate of localhost, signed by itself."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", str(key)]
    run([*new, "-out", str(certificate), *subject], check=True, capture_output=True)
    return key, certificate


async def test_certificates_are_checked_for_the_name_although_an_address_is_asked(identity: tuple[Path, Path]) -> None:
    key, certificate = identity
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate, key)
    app = web.Application()
    app.router.add_get("/", tells())
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=served)
    await site.start()
    port = runner.addresses[0][1]
    trusting = ssl.create_default_context(cafile=certificate)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as session:
        world = World(http=session)
        world.networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
        named = await webhook(f"https://localhost:{port}/").judge(CASE, world)
        by_address = await webhook(f"https://127.0.0.1:{port}/").judge(CASE, world)
    await runner.cleanup()
    assert (named.state, named.why) == (State.PASSED, "1 × 200 from localhost")
    assert (by_address.state, by_address.why) == (
        State.ERROR,
        "127.0.0.1 could not be asked: its certificate is not accepted",
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"url": "ftp://x/"}, "is no address that can be asked: it begins with https:// (or http://) and a host"),
        ({"url": "file:///etc/passwd"}, "is no address that can be asked"),
        ({"url": "/health"}, "is no address that can be asked"),
        ({"url": "{service}://x/"}, "is no address that can be asked"),
        ({"url": "https://me:secret@x/"}, "credentials in an address would be shown to everybody"),
        ({"url": "https://x:99999/"}, "is no address"),
        ({"url": "https://{host}/"}, "{host} is not filled in: {environment}, {service}, {version}, {sha}, {url} are"),
        ({"matches": "("}, "'(' is no regular expression: missing ), unterminated subpattern"),
        ({"matches": "[一-龥]" * 4}, "has more than 3 ranges of foreign letters"),
        ({"matches": r"[\u4e00-\u9fa5]" * 4}, "has more than 3 ranges of foreign letters"),
        ({"json": {"status": "ok"}}, "'status' is no JSON path: it begins with $"),
        ({"json": {"$..status": "ok"}}, "'$..status': '..status' is not understood"),
        ({"expect_version": {}}, "write one of header and json"),
        ({"expect_version": {"header": "a", "json": "$.b"}}, "write one of header and json"),
        ({"timeout": "5m"}, "Input should be less than or equal to 2 minutes"),
        ({"status": 99}, "greater than or equal to 100"),
        ({"methods": "POST"}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_no_webhook_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Webhook.model_validate({"type": "webhook", "url": "https://x/", **fields})
    assert why in str(refused.value)
