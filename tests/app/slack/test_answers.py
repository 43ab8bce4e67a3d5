"""Whoever said something is answered, alone, by the address that came with it or by a message."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.slack.answers import SlackAnswers
from app.slack.response import is_slacks
from app.store.delivery import Delivery
from checks.errors import Permanent, Transient
from checks.message import Message, Tone
from tests.app.slack.endpoint import Endpoint, Reply, refused, workspaces
from tests.app.slack.test_payload import command, press

ANSWER = Message(tone=Tone.GOOD, head=("web is live",))
SHOWN = {
    "text": "✓ web is live",
    "blocks": [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "✓ web is live"}]}],
        }
    ],
}


class Drawer:
    def __init__(self) -> None:
        self.kept: dict[str, Delivery] = {}

    def put(self, action: str, body: dict[str, Any]) -> None:
        self.kept["slack-1"] = Delivery(
            guid="slack-1",
            event="slack",
            action=action,
            repository_id=None,
            installation_id=None,
            headers={},
            body=json.dumps(body).encode(),
            received_at=datetime.now(UTC),
        )

    async def get(self, guid: str) -> Delivery | None:
        return self.kept.get(guid)


@pytest.fixture
def drawer(endpoint: Endpoint) -> Drawer:
    drawer = Drawer()
    drawer.put("command", command("why web") | {"response_url": endpoint.response_url})
    return drawer


@pytest.fixture
async def answers(endpoint: Endpoint, drawer: Drawer) -> AsyncIterator[SlackAnswers]:
    async with workspaces(endpoint) as known:
        yield SlackAnswers(known, drawer)


async def test_a_command_is_answered_where_it_was_given(endpoint: Endpoint, answers: SlackAnswers) -> None:
    await answers.give("slack-1", ANSWER)
    assert endpoint.methods == ["respond"]
    assert endpoint.last("respond") == {"response_type": "ephemeral", "replace_original": False, **SHOWN}


@pytest.mark.parametrize("alone", [True, False])
async def test_only_a_plan_that_one_person_sees_is_replaced(
    endpoint: Endpoint, drawer: Drawer, answers: SlackAnswers, alone: bool
) -> None:
    drawer.put("press", press(response_url=endpoint.response_url, container={"is_ephemeral": alone}))
    await answers.give("slack-1", ANSWER)
    assert endpoint.last("respond")["replace_original"] is alone


@pytest.mark.parametrize(
    "late",
    [
        Reply(status=404, raw="expired_url"),
        Reply(status=410, raw="gone"),
        Reply({"ok": False, "error": "used_url"}),
        Reply(status=404, data={"ok": False, "error": "used_url"}),
        Reply({"ok": False}),
        Reply(status=200, raw="<html>Sign in to the network</html>"),
    ],
)
async def test_who_cannot_be_answered_there_any_more_gets_a_message(
    endpoint: Endpoint, answers: SlackAnswers, late: Reply
) -> None:
    endpoint.on("respond", late)
    endpoint.on("chat.postMessage", Reply({"ok": True, "channel": "D1", "ts": "1.1"}))
    await answers.give("slack-1", ANSWER)
    assert endpoint.last("chat.postMessage") == {
        "channel": "U1",
        "unfurl_links": False,
        "unfurl_media": False,
        **SHOWN,
    }


async def test_who_may_get_no_message_is_not_answered(endpoint: Endpoint, answers: SlackAnswers) -> None:
    endpoint.on("respond", Reply(status=404, raw="expired_url"))
    endpoint.on("chat.postMessage", refused("messages_tab_disabled"))
    with pytest.raises(Permanent, match=r"^it is too late to answer, and no message may be sent \(messages_tab"):
        await answers.give("slack-1", ANSWER)


@pytest.mark.parametrize("away", [Reply(status=500, raw="oops"), Reply(drop=True)])
async def test_an_answer_waits_while_slack_is_away(endpoint: Endpoint, answers: SlackAnswers, away: Reply) -> None:
    endpoint.on("respond", away)
    with pytest.raises(Transient) as told:
        await answers.give("slack-1", ANSWER)
    assert told.value.not_before is None


async def test_an_answer_comes_when_slack_says(endpoint: Endpoint, answers: SlackAnswers) -> None:
    endpoint.on("respond", Reply(status=429, raw="", headers={"Retry-After": "7"}))
    with pytest.raises(Transient) as told:
        await answers.give("slack-1", ANSWER)
    assert told.value.not_before
    assert timedelta(seconds=5) < told.value.not_before - datetime.now(UTC) <= timedelta(seconds=7)


async def test_what_slack_does_not_take_is_not_sent_again(endpoint: Endpoint, answers: SlackAnswers) -> None:
    endpoint.on("respond", Reply(status=400, raw="invalid_blocks"))
    with pytest.raises(Permanent, match=r"^Slack refused the answer \(400, invalid_blocks\)$"):
        await answers.give("slack-1", ANSWER)


async def test_a_redirect_is_not_followed(endpoint: Endpoint, answers: SlackAnswers) -> None:
    endpoint.on("respond", Reply(status=307, raw="", headers={"Location": "http://127.0.0.1:9/"}))
    with pytest.raises(Permanent, match=r"^Slack refused the answer \(307, unknown\)$"):
        await answers.give("slack-1", ANSWER)


async def test_a_delivery_that_is_gone_is_not_answered(answers: SlackAnswers) -> None:
    with pytest.raises(Permanent, match=r"^delivery slack-2 is not stored any more"):
        await answers.give("slack-2", ANSWER)


async def test_nothing_is_sent_elsewhere(endpoint: Endpoint, drawer: Drawer, answers: SlackAnswers) -> None:
    drawer.put("command", command("why") | {"response_url": "http://169.254.169.254/latest"})
    with pytest.raises(Permanent, match=r"^the address to answer to is not Slack's, so nothing was sent there$"):
        await answers.give("slack-1", ANSWER)
    assert endpoint.asked == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://hooks.slack.com/commands/T1/1/x", True),
        ("https://slack.example.org:8443/respond/1", True),
        ("http://hooks.slack.com/commands/T1/1/x", False),
        ("https://hooks.slack.com:8443/x", False),
        ("https://hooks.slack.com.evil.example/x", False),
        ("https://hooks.slack.com@evil.example/x", False),
        ("https://evil.example/hooks.slack.com", False),
        ("http://slack.example.org:8443/respond/1", False),
        ("https://slack.example.org/respond/1", False),
        ("//hooks.slack.com/x", False),
        ("", False),
        ("https://[", False),
    ],
)
def test_an_address_is_slacks_or_refused(address: str, expected: bool) -> None:
    assert is_slacks(address, "https://slack.example.org:8443/api") is expected


@pytest.mark.parametrize("trouble", [Reply(drop=True), Reply(status=500, raw="x"), Reply(status=400, raw="x")])
async def test_the_address_is_never_shown(endpoint: Endpoint, answers: SlackAnswers, trouble: Reply) -> None:
    endpoint.on("respond", trouble)
    with capture_logs() as lines, pytest.raises((Transient, Permanent)) as told:
        await answers.give("slack-1", ANSWER)
    assert "hush" not in f"{lines} {told.value!r} {told.value.__cause__!r} {told.value.__context__!r}"
