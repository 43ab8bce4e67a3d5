"""No input whatever makes the door `/github` stumble: no 5xx, no traceback, and each delivery counts once."""

import asyncio
import copy
import json
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.web.github import Headers, Sender, opened, signed
from tests.published.webhooks import webhook_examples

NAMES = ["Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Expect", "Connection", "Upgrade"]
VALUES = st.sampled_from(["application/json", "gzip", "chunked", "0", "-1", "26214401", "100-continue", "close", ""])
TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)
METHODS = st.sampled_from(["POST", "POST", "GET", "HEAD", "OPTIONS", "PUT", "CONNECT", "post", "BREW"])
SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Street:
    """An open door with a loop of its own, because Hypothesis calls without one."""

    def __init__(self, runner: asyncio.Runner, sender: Sender) -> None:
        self.runner = runner
        self.sender = sender

    def post(self, body: bytes, headers: Headers) -> tuple[int, str]:
        """Status and outcome."""
        status, answer = self.runner.run(self.sender.send(body, headers))
        return status, answer["outcome"]

    def shout(self, request: bytes, *, is_all: bool) -> int | None:
        """The status of the answer, None if the server only hung up; `is_all` says that nothing more will come."""
        return self.runner.run(self._shout(request, is_all))

    async def _shout(self, request: bytes, is_all: bool) -> int | None:
        reader, writer = await asyncio.open_connection(self.sender.url.host, self.sender.url.port)
        writer.write(request)
        if is_all:
            writer.write_eof()
        status = None
        async with asyncio.timeout(15):
            while (line := await reader.readline()) and status in (None, 100):
                status = int(line.split()[1]) if line.startswith(b"HTTP/") else status
        writer.close()
        return status


@pytest.fixture
def street(caplog: pytest.LogCaptureFixture) -> Iterator[Street]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield Street(runner, runner.run(stack.enter_async_context(opened(patience=0.05))))
        runner.run(stack.aclose())
    assert [
        one.getMessage() for one in caplog.get_records("call") if one.exc_info or one.levelno >= logging.ERROR
    ] == []


def request(method: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [f"{method} /github HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@SETTINGS
@given(METHODS, st.lists(st.tuples(st.sampled_from([*NAMES, *signed(b"")]), VALUES | TEXT), max_size=8), st.binary())
def test_any_request_is_answered_without_a_fault(
    street: Street, method: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    assert 100 < (street.shout(request(method, headers, body), is_all=False) or 0) < 500


@SETTINGS
@given(st.binary(max_size=300))
def test_any_bytes_are_answered_without_a_fault(street: Street, noise: bytes) -> None:
    assert street.shout(noise + b"\r\n\r\n", is_all=True) in (None, 400, 404)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


@SETTINGS
@given(st.data())
def test_any_signed_body_is_answered_without_a_fault(street: Street, data: st.DataObject) -> None:
    event = data.draw(st.sampled_from(sorted(webhook_examples())))
    payload = copy.copy(data.draw(st.sampled_from(webhook_examples()[event])))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.sampled_from(["action", "repository", "installation", "sender", "ref"]))] = data.draw(JSON)
    body = data.draw(st.binary() | st.just(json.dumps(payload).encode()))
    assert street.post(body, {"X-GitHub-Event": event})[0] in (200, 202, 400)


@SETTINGS
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=12))
def test_of_deliveries_with_one_guid_only_the_first_counts(street: Street, sent: list[tuple[str, int]]) -> None:
    kept = street.sender.inbox.kept
    kept.clear()
    answers = [street.post(_opened(number), {"X-GitHub-Delivery": guid}) for guid, number in sent]
    firsts = dict(reversed(sent))
    assert {guid: json.loads(delivery.body)["number"] for guid, delivery in kept.items()} == firsts
    assert sorted(answers) == sorted([(202, "stored")] * len(firsts) + [(202, "known")] * (len(sent) - len(firsts)))


def _opened(number: int) -> bytes:
    return json.dumps({"action": "opened", "number": number}).encode()
