"""A build of a public repository is everybody's to read; nothing that a build wrote is more than text."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from msgspec.structs import replace

from checks.build import State
from checks.check_run import check_run
from checks.errors import Permanent, Transient
from tests.app.web.build_site import NOW, World, build_site

LOG = (
    b"[Container] 2026/11/21 14:00:03 Entering phase BUILD\n"
    b"<script>alert(3)</script>\nPASSWORD_TOKEN=hunter2hunter2\nlast\n"
)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with build_site() as site:
        yield site


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def text(http: aiohttp.ClientSession, url: str, status: int = 200) -> str:
    async with http.get(url) as answer:
        assert answer.status == status
        return await answer.text()


async def test_the_page_says_how_the_build_went(world: World, http: aiohttp.ClientSession) -> None:
    page = await text(http, world.add_failed("b", LOG))
    wanted = [
        check_run(world.builds["b"], log_url="").title,
        "expected 119.0, got 100.0",
        "tests/test_cart.py:41",
        "exited with 1",
        "2 min 07 s",
    ]
    assert [each for each in wanted if each not in page] == []


async def test_nothing_that_others_wrote_is_markup(world: World, http: aiohttp.ClientSession) -> None:
    page = await text(http, world.add_failed("b", LOG))
    assert [bad for bad in ("<script>alert", "<img", "<b>") if bad in page] == []
    assert "&lt;script&gt;alert(3)&lt;/script&gt;" in page


async def test_secrets_are_masked_on_the_page_and_in_the_raw_log(world: World, http: aiohttp.ClientSession) -> None:
    link = world.add_failed("b", LOG)
    for url in (link, f"{link}/log", f"{link}/lines"):
        seen = await text(http, url)
        assert ("hunter2" in seen, "PASSWORD_TOKEN=***" in seen) == (False, True)


async def test_a_key_of_several_lines_is_masked_and_its_lines_keep_their_numbers(
    world: World, http: aiohttp.ClientSession
) -> None:
    body = "\n".join(["MIIEowIBAAKCAQEA7bq2Yt0y8q7Yk1b2c3d4e5f6g7h8i9j0kAbCdEfGhIjKlMnOp"] * 3)
    log = f"a\n-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nz\n".encode()
    page = await text(http, world.add_failed("b", log))
    assert ("MIIE" in page, 'id="L7"' in page) == (False, True)


async def test_a_line_of_megabytes_is_cut_on_the_page_and_whole_in_the_raw_log(
    world: World, http: aiohttp.ClientSession
) -> None:
    link = world.add_failed("b", b"a" * 3_000_000 + b"\nend\n")
    assert len(await text(http, link)) < 100_000
    assert await text(http, f"{link}/log") == "a" * 3_000_000 + "\nend\n"


async def test_no_part_of_a_key_is_shown_by_asking_for_a_part_of_the_log(
    world: World, http: aiohttp.ClientSession
) -> None:
    """Anybody may ask, and a line of a key alone does not look like one."""
    body = [f"{number:02}" + "Ab1/" * 15 for number in range(40)]
    key = ["-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----"]
    link = world.add("b", "\n".join(["a", *key, "ghp_" + "x1Y2" * 9, "z", ""]).encode())
    asked = [f"{link}/lines?from=20&to=20", f"{link}?find=19Ab1/", f"{link}/log?start=700&limit=99"]
    shown = [await text(http, url) for url in asked]
    assert [("Ab1/Ab1/" in each, "***" in each) for each in shown] == [(False, True)] * 3
    found = [await text(http, f"{link}/find?find={words}") for words in ("ghp_x1", "19Ab1/", "z")]
    assert [json.loads(each)["total"] for each in found] == [0, 0, 1]


async def test_the_raw_log_is_text(world: World, http: aiohttp.ClientSession) -> None:
    async with http.get(world.add("b", b"<b>") + "/log") as answer:
        assert (answer.headers["Content-Type"], await answer.text()) == ("text/plain; charset=utf-8", "<b>")


async def test_lines_are_served_as_asked_and_never_too_many(world: World, http: aiohttp.ClientSession) -> None:
    link = world.add_failed("b", b"x\n" * 5000) + "/lines"
    assert (await text(http, f"{link}?from=7&to=9")).count('<span class="row') == 3
    assert (await text(http, f"{link}?from=1&to=99999999")).count('<span class="row') == 2000
    assert await text(http, f"{link}?from=9&to=7") == ""
    assert (await text(http, f"{link}?from=-1&to=zzz")).count('<span class="row') == 500


async def test_without_a_script_the_page_shows_the_end_any_part_and_what_was_sought(
    world: World, http: aiohttp.ClientSession
) -> None:
    link = world.add_failed("b", b"".join(b"line %d\n" % number for number in range(1, 2001)))
    end, part, found = [await text(http, f"{link}{more}") for more in ("", "?from=10", "?find=LINE+77")]
    assert ('id="L1501"' in end, 'id="L1500"' in end, "Lines before 1501" in end) == (True, False, True)
    assert ('id="L9"' in part, 'id="L10"' in part, "Lines after 509" in part) == (False, True, True)
    assert "11 lines contain “LINE 77”" in found


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.QUEUED, "The log begins when a runner takes the build."),
        (State.WAITING_FOR_APPROVAL, "Somebody with write access approves the commit"),
        (State.CANCELLED, "cancelled before it wrote anything"),
        (State.SKIPPED, "Skipped builds have no log."),
        (State.ERROR, "ended before it wrote anything"),
    ],
)
async def test_a_build_without_a_log_says_why(
    world: World, http: aiohttp.ClientSession, state: State, words: str
) -> None:
    assert words in await text(http, world.add("b", state=state))


@pytest.mark.parametrize("trouble", [Transient("AWS is away"), Permanent("the log has expired")])
async def test_a_log_that_cannot_be_read_is_said_and_the_rest_is_shown(
    world: World, http: aiohttp.ClientSession, trouble: Exception
) -> None:
    link = world.add_failed("b", LOG)
    world.trouble = trouble
    page = await text(http, f"{link}?find=last")
    assert (str(trouble) in page, "expected 119.0, got 100.0" in page) == (True, True)
    assert str(trouble) in await text(http, f"{link}/log")


async def test_a_reader_is_told_of_new_lines_of_the_end_and_then_let_go(
    world: World, http: aiohttp.ClientSession
) -> None:
    link = world.add("b", b"one\n", state=State.RUNNING, started_at=NOW)
    async with http.get(f"{link}/events") as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readuntil(b"data: 1\n") == b"event: lines\ndata: 1\n"
        world.logs["run-b"] += b"two\nthree"
        assert (await answer.content.readuntil(b"data: 2\n")).endswith(b"event: lines\ndata: 2\n")
        world.builds["b"] = replace(world.builds["b"], state=State.SUCCEEDED, finished_at=NOW)
        rest = (await answer.content.read()).decode()
    assert [line for line in rest.splitlines() if line.startswith("event")] == [
        "event: lines",
        "event: state",
        "event: end",
    ]


async def test_pages_allow_nothing_from_elsewhere(world: World, http: aiohttp.ClientSession) -> None:
    async with http.get(world.add_failed("b", LOG)) as answer:
        policy, page = answer.headers["Content-Security-Policy"], await answer.text()
        assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert [bad for bad in (" style=", "onclick", "javascript:", 'src="http') if bad in page] == []


async def test_static_files_are_kept_for_ever_under_the_address_of_their_content(
    world: World, http: aiohttp.ClientSession
) -> None:
    page = await text(http, world.add_failed("b", LOG))
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    async with http.get(world.url + address) as answer:
        assert (answer.status, answer.content_type) == (200, "text/css")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    async with http.get(f"{world.url}/static/..%2Fpages.py") as answer:
        assert answer.status == 404


async def test_open_streams_end_with_the_server_and_do_not_hold_it_up(http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(10), build_site() as site:
        link = site.add("b", b"one\n", state=State.RUNNING, started_at=NOW)
        answer = await http.get(f"{link}/events")
        await answer.content.readuntil(b"data: 1\n")
    assert b"event: end" not in await answer.content.read()
