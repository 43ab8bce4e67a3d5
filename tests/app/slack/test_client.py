"""What an answer of Slack means for whoever asked, and that nothing it holds shows a token."""

import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from app.slack.client import Refused, SlackClient
from checks.errors import Transient
from tests.app.slack.endpoint import TOKEN, Endpoint, Reply, refused

Counted = list[tuple[str, str]]


@pytest.fixture
def counted() -> Counted:
    return []


@pytest.fixture
async def client(endpoint: Endpoint, counted: Counted) -> AsyncIterator[SlackClient]:
    async with SlackClient(f"{endpoint.url}/api/", lambda *each: counted.append(each), timeout=0.5) as opened:
        yield opened


async def ask(client: SlackClient, method: str = "chat.postMessage") -> object:
    return await client.call(SecretStr(TOKEN), method, {"channel": "C1", "flag": True})


async def test_what_is_written_is_json_and_what_is_read_is_not(endpoint: Endpoint, client: SlackClient) -> None:
    for method in ("chat.postMessage", "conversations.history"):
        endpoint.on(method, Reply({"ok": True, "ts": "1"}))
        assert await ask(client, method) == {"ok": True, "ts": "1"}
    assert [each.said for each in endpoint.asked] == [
        {"channel": "C1", "flag": True},
        {"channel": "C1", "flag": "1"},
    ]
    assert {each.token for each in endpoint.asked} == {TOKEN}


@pytest.mark.parametrize(
    ("answer", "sentence", "outcome"),
    [
        (Reply(status=503, raw="<h1>away"), "Slack could not do chat.postMessage now (503)", "no_answer"),
        (refused("internal_error"), "Slack could not do chat.postMessage now (internal_error)", "no_answer"),
        (Reply(raw="ok"), "Slack did not answer chat.postMessage in JSON", "no_answer"),
        (Reply([1]), "Slack did not answer chat.postMessage in JSON", "no_answer"),
        (
            Reply(drop=True),
            "Slack cannot be reached for chat.postMessage (ServerDisconnectedError)",
            "no_answer",
        ),
        (
            Reply(status=302, raw="", headers={"Location": "http://127.0.0.1:1/"}),
            "Slack cannot be reached for chat.postMessage (ClientConnectorError)",
            "no_answer",
        ),
    ],
)
async def test_who_is_away_is_asked_again(
    endpoint: Endpoint, client: SlackClient, counted: Counted, answer: Reply, sentence: str, outcome: str
) -> None:
    endpoint.on("chat.postMessage", answer)
    with pytest.raises(Transient) as told:
        await ask(client)
    assert (str(told.value), told.value.not_before, counted) == (sentence, None, [("chat.postMessage", outcome)])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "12"}, 12), ({}, 30), ({"Retry-After": "soon"}, 30), ({"Retry-After": "9" * 9}, 3600)],
)
@pytest.mark.parametrize("data", [{"ok": False, "error": "ratelimited"}, None])
async def test_who_asks_too_often_comes_later(
    endpoint: Endpoint, client: SlackClient, counted: Counted, headers: dict[str, str], seconds: int, data: object
) -> None:
    endpoint.on("chat.postMessage", Reply(data, status=429, headers=headers))
    with pytest.raises(Transient) as told:
        await ask(client)
    assert str(told.value) == f"Slack was asked for chat.postMessage too often; again in {seconds} s"
    assert told.value.not_before
    left = told.value.not_before - datetime.now(UTC)
    assert timedelta(seconds=seconds - 2) < left <= timedelta(seconds=seconds)
    assert counted == [("chat.postMessage", "later")]


async def test_what_slack_refuses_has_its_word(endpoint: Endpoint, client: SlackClient, counted: Counted) -> None:
    endpoint.on("chat.postMessage", refused("missing_scope", needed="chat:write"))
    with pytest.raises(Refused) as told:
        await ask(client)
    assert (told.value.code, told.value.needed, str(told.value)) == (
        "missing_scope",
        "chat:write",
        "Slack refused chat.postMessage: missing_scope",
    )
    assert counted == [("chat.postMessage", "missing_scope")]


@pytest.mark.parametrize("answer", [Reply(drop=True), refused("no"), Reply(status=500, raw=""), Reply(raw="x")])
async def test_no_traceback_holds_the_token(endpoint: Endpoint, client: SlackClient, answer: Reply) -> None:
    endpoint.on("chat.postMessage", answer)
    with pytest.raises((Transient, Refused)) as told:
        await ask(client)
    written = "".join(traceback.TracebackException.from_exception(told.value, capture_locals=False).format())
    assert (TOKEN in written, told.value.__context__) == (False, None)
