"""The door `/github` among large, slow, broken and strange requests."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable

import pytest

from app.github.webhook import is_routed
from app.web.github import MOST_BYTES
from tests.app.web.github import GUID, OPENED, Sender, count, head, opened
from tests.published.webhooks import webhook_examples

# --- size, time and broken connections ---------------------------------------------------------


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536
    yield b" " * (size % 65536)


async def test_the_largest_body_that_github_sends_is_kept(door: Sender) -> None:
    start, end = b'{"action":"opened","x":"', b'"}'
    raw = start + b"x" * (MOST_BYTES - len(start) - len(end)) + end
    status, _ = await door.send(raw)
    assert (status, door.inbox.kept[GUID].body == raw) == (202, True)


async def test_a_larger_body_is_refused_by_its_stated_length(door: Sender) -> None:
    answer = await door.raw(head(b"", f"Content-Length: {MOST_BYTES + 1}"))
    assert answer == 413


async def test_a_larger_body_without_a_length_is_refused_when_it_is_counted(door: Sender) -> None:
    status, answer = await door.send(b"", data=chunks(MOST_BYTES + 1))
    assert (status, answer["outcome"]) == (413, "too_large")


async def test_a_body_that_does_not_arrive_is_given_up() -> None:
    async with opened(patience=0.05) as door:
        assert await door.raw(head(b"", "Content-Length: 10"), b"{") == 408


async def test_a_sender_that_hangs_up_leaves_one_line_and_nothing_else(door: Sender) -> None:
    before = count("broken_off")
    await door.raw(head(b"", "Content-Length: 10"), b"{", hang_up=True)
    await until(lambda: count("broken_off") == before + 1)
    assert (await door.send(OPENED))[0] == 202


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  the counter of the server has no event to wait for
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"BREW /github HTTP/1.1\r\n\r\n",
        b"POST /github HTTP/9\r\n\r\n",
        b"\r\n\0\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_refused_without_a_traceback(door: Sender, noise: bytes) -> None:
    assert await door.raw(noise) == 400


@pytest.mark.parametrize(("expect", "statuses"), [("100-continue", [100, 202]), ("é", [202]), ("a miracle", [202])])
async def test_whoever_asks_whether_to_send_the_body_is_told_to(door: Sender, expect: str, statuses: list[int]) -> None:
    raw = json.dumps(OPENED).encode()
    request = head(raw, f"Content-Length: {len(raw)}", f"Expect: {expect}", "Connection: close")
    reader, writer = await asyncio.open_connection(door.url.host, door.url.port)
    writer.write(request + raw)
    answer = await reader.read()
    writer.close()
    assert [int(line.split()[1]) for line in answer.splitlines() if line.startswith(b"HTTP/")] == statuses


async def test_http_1_0_is_understood(door: Sender) -> None:
    raw = json.dumps(OPENED).encode()
    request = head(raw, f"Content-Length: {len(raw)}").replace(b"HTTP/1.1", b"HTTP/1.0", 1) + raw
    assert await door.raw(request) == 202


async def test_a_body_in_broken_chunks_is_refused(door: Sender) -> None:
    answer = await door.raw(head(b"", "Transfer-Encoding: chunked"), b"5\r\nhello\r\nnonsense\r\n")
    assert answer == 400


# --- everything that GitHub publishes ----------------------------------------------------------


async def test_every_published_payload_is_kept_or_not_for_us(door: Sender) -> None:
    routed = 0
    for event, examples in webhook_examples().items():
        for number, example in enumerate(examples):
            guid = f"{event}-{number}"
            status, _ = await door.send(copy.copy(example), {"X-GitHub-Event": event, "X-GitHub-Delivery": guid})
            expected = is_routed(event, example.get("action"))
            assert (status, guid in door.inbox.kept) == ((202, True) if expected else (200, False))
            routed += expected
    assert (routed, len(door.inbox.kept)) == (53, 53)
