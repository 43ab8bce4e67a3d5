"""The door `/slack` over real HTTP: what is kept, what is refused, and what each hears within three seconds."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs

from app.slack.payload import Asking
from app.store.delivery import Delivery
from checks.message import Ask
from tests.app.slack.endpoint import BETA, Reply, refused
from tests.app.slack.test_payload import command, press, submit
from tests.app.web.github import Memory
from tests.app.web.slack import FORM, SECRET, Sender, count, opened, signed

UNKNOWN = "this workspace is not known to Interlock: ask the operator"
LATE = "Interlock could not take this down in time. Look whether it happened, then try again."


@pytest.fixture
async def door() -> AsyncIterator[Sender]:
    async with opened() as sender:
        yield sender


# --- what is kept ------------------------------------------------------------------------------


async def test_a_command_is_kept_and_acknowledged_without_a_word(door: Sender) -> None:
    before = count("stored")
    assert await door.command("why web production") == (200, "")
    wanted = command("why web production") | {"response_url": door.endpoint.response_url}
    assert door.kept() == [("slack", "command", wanted)]
    (kept,) = door.inbox.kept.values()
    assert kept.guid.startswith("slack-")
    assert set(kept.headers) == {"Content-Type", "User-Agent", "X-Slack-Request-Timestamp"}
    assert count("stored") == before + 1


async def test_a_command_may_speak_of_a_payload(door: Sender) -> None:
    await door.command("the payload to production")
    assert [body["text"] for _, _, body in door.kept()] == ["the payload to production"]


async def test_a_press_is_kept(door: Sender) -> None:
    assert await door.press() == (200, "")
    assert door.kept() == [("slack", "press", press(response_url=door.endpoint.response_url))]


async def test_a_submitted_window_is_kept(door: Sender) -> None:
    body = submit(Asking(words="reject web production", asks=Ask.REASON), "too late")
    assert await door.interaction(body) == (200, "")
    assert door.kept() == [("slack", "submit", body)]


async def test_what_is_told_again_is_kept_once(door: Sender) -> None:
    first, again = await door.command("why web"), await door.command("why web")
    other = await door.command("why web", trigger_id="9.9.other")
    assert (first, again, other, len(door.inbox.kept)) == ((200, ""), (200, ""), (200, ""), 2)


async def test_a_retry_of_slack_is_known_by_its_event(door: Sender) -> None:
    answers = [await door.event(type="app_uninstalled") for _ in range(2)]
    assert (answers, [action for _, action, _ in door.kept()]) == ([(200, ""), (200, "")], ["event"])


async def test_other_events_are_acknowledged_and_not_kept(door: Sender) -> None:
    assert await door.event(type="message", text="hello") == (200, "")
    assert await door.press("other:0") == (200, "")
    assert door.kept() == []


async def test_slack_may_ask_whether_the_door_is_ours(door: Sender) -> None:
    raw = json.dumps({"type": "url_verification", "token": "old", "challenge": "c-1"})
    headers = signed(raw) | {"Content-Type": "application/json"}
    assert await door.send(raw, headers) == (200, '{"challenge": "c-1"}')
    assert await door.form({"ssl_check": "1", "token": "old"}) == (200, "")
    assert await door.send("ssl_check=1&token=old", {"Content-Type": FORM}) == (200, "")
    assert (door.kept(), door.endpoint.asked) == ([], [])


# --- what cannot be kept -----------------------------------------------------------------------


class Slow(Memory):
    async def put(self, delivery: Delivery) -> bool:
        await asyncio.Event().wait()
        return False


@pytest.mark.parametrize("inbox", [Slow(), Memory()])
async def test_whoever_says_what_cannot_be_kept_in_time_hears_it(inbox: Memory) -> None:
    inbox.is_full = True
    async with opened(inbox=inbox, patience=0.05) as door:
        await door.event(type="message")  # now Slack has said who we are
        said = await door.command("why web")
        sent = await door.interaction(submit(Asking(words="reject web", asks=Ask.REASON), "so"))
        pressed = await door.press()
        await door.endpoint.heard["respond"].wait()
    assert (said[0], json.loads(said[1])) == (200, {"response_type": "ephemeral", "text": LATE})
    assert json.loads(sent[1]) == {"response_action": "errors", "errors": {"said": LATE}}
    assert pressed == (200, "")
    assert door.endpoint.last("respond") == {"response_type": "ephemeral", "replace_original": False, "text": LATE}


class Broken(Memory):
    async def put(self, delivery: Delivery) -> bool:
        raise KeyError(delivery.body)


async def test_a_bug_of_ours_is_one_line_without_what_it_held(caplog: pytest.LogCaptureFixture) -> None:
    async with opened(inbox=Broken()) as door:
        with capture_logs() as lines:
            assert await door.command("why web") == (500, "")
    assert [(line["event"], line.get("error"), line.get("at", "")[:4]) for line in lines] == [
        ("slack_delivery_failed", "KeyError", "put:"),
        ("slack_delivery", None, ""),
    ]
    assert ("hush" in str(lines), caplog.records) == (False, [])


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({"X-Slack-Signature": "v0=" + "0" * 64}, "wrong_signature"),
        ({"X-Slack-Signature": "v0=é"}, "unsigned"),
        ({"X-Slack-Signature": ""}, "unsigned"),
        ({"X-Slack-Request-Timestamp": "now"}, "unsigned"),
        ({"X-Slack-Request-Timestamp": "1e9"}, "unsigned"),
        ({"X-Slack-Request-Timestamp": ""}, "unsigned"),
        (signed(urlencode(command("why"))) | signed(urlencode(command("why")), secret="another"), "wrong_signature"),
        (signed(urlencode(command("why")), at=time.time() - 301), "wrong_signature"),
        (signed(urlencode(command("why")), at=time.time() + 86400), "wrong_signature"),
    ],
)
async def test_what_slack_did_not_sign_just_now_is_refused(
    door: Sender, headers: dict[str, str], outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    raw = urlencode(command("why"))
    with capture_logs() as lines:
        status, _ = await door.send(raw, signed(raw) | headers)
    assert (status, door.kept(), door.endpoint.asked) == (401, [], [])
    assert [(line["event"], line["outcome"], line["log_level"]) for line in lines] == [
        ("slack_delivery", outcome, "warning")
    ]
    assert caplog.records == []


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"\xff\xfe", "application/json"),
        (b"[1]", "application/json"),
        (b"{", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"payload=nothing", "application/x-www-form-urlencoded"),
        (b"hello=world", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b'{"type": "shortcut", "team": {"id": "T1"}, "trigger_id": "1"}', "application/json"),
        (b'{"type": "event_callback", "team_id": "T1", "event": {"type": "message"}}', "application/json"),
        (b'{"type": "block_actions", "team": {"id": "T1"}, "trigger_id": "1"}', "application/json"),
        (b'{"type": "event_callback", "event_id": "E", "team_id": "T1", "event": 1}', "application/json"),
        (b'{"command": 1, "type": ["block_actions"], "authorizations": 7, "team": 3}', "application/json"),
    ],
)
async def test_what_is_signed_and_makes_no_sense_is_refused_in_one_line(
    door: Sender, raw: bytes, content_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = signed(raw.decode(errors="replace")) | {"Content-Type": content_type}
    with capture_logs() as lines:
        status, _ = await door.send(raw, headers)
    assert (status, door.kept()) == (400, [])
    assert [(line["event"], line["outcome"]) for line in lines] == [("slack_delivery", "not_understood")]
    assert caplog.records == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_only_post_is_answered(door: Sender, method: str) -> None:
    async with door.session.request(method, door.url) as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")


async def test_a_body_of_more_than_slack_sends_is_refused(door: Sender) -> None:
    raw = "text=" + "x" * 1024 * 1024
    sent = io.BytesIO(raw.encode())
    assert (await door.send(sent, signed(raw)))[0] == 413


async def test_a_body_that_does_not_come_is_not_waited_for(door: Sender) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"text="
        await asyncio.Event().wait()

    async with door.session.post(door.url, data=slowly(), headers=signed("text=")) as response:
        assert response.status == 408


# --- workspaces --------------------------------------------------------------------------------


async def test_an_unknown_workspace_is_told_so(door: Sender) -> None:
    with capture_logs() as lines:
        status, text = await door.command("why web", team_id="T9")
        pressed = await door.press(team={"id": "T9"})
        await door.endpoint.heard["respond"].wait()
        event = await door.event(type="message")
    assert (status, json.loads(text)) == (200, {"response_type": "ephemeral", "text": UNKNOWN})
    assert (pressed, event, door.kept()) == ((200, ""), (200, ""), [])
    assert [(line["outcome"], line["log_level"]) for line in lines] == [
        ("unknown_workspace", "warning"),
        ("unknown_workspace", "warning"),
        ("not_for_us", "info"),
    ]


async def test_who_slack_does_not_tell_us_is_asked_to_come_again(door: Sender) -> None:
    door.endpoint.on("auth.test", Reply(status=503, raw="away"))
    _, text = await door.command("why web")
    assert json.loads(text)["text"] == "Slack does not tell Interlock which workspace this is. Try again in a minute."
    assert door.kept() == []


@pytest.mark.parametrize(
    ("event", "forgotten"),
    [
        ({"type": "app_uninstalled"}, True),
        ({"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"], "oauth": []}}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}, False),
    ],
)
async def test_the_workspace_that_removed_the_app_is_forgotten(event: dict[str, Any], forgotten: bool) -> None:
    async with opened() as door:
        await door.command("why web")
        assert await door.event(**event) == (200, "")
        _, text = await door.command("why web", trigger_id="2")
    assert text == (json.dumps({"response_type": "ephemeral", "text": UNKNOWN}) if forgotten else "")


async def test_what_bolt_finds_in_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1,xoxb-2")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "another")
    monkeypatch.setenv("SLACK_VERIFICATION_TOKEN", "old")
    async with opened() as door:
        assert await door.command("why web") == (200, "")
    assert [action for _, action, _ in door.kept()] == ["command"]


async def test_several_workspaces_share_one_door() -> None:
    async with opened(tokens=(BETA, "xoxb-1")) as door:
        answers = [await door.command("why web", team_id=team) for team in ("T1", "T2")]
    assert (answers, [body["team_id"] for _, _, body in door.kept()]) == ([(200, "")] * 2, ["T1", "T2"])


async def test_a_stranger_in_a_shared_channel_hears_why_nothing_happens(door: Sender) -> None:
    stranger = {"id": "U9", "username": "eve", "team_id": "T9"}
    for kind in ("say:0", "reason:1"):
        assert await door.press(kind, user=stranger) == (200, "")
    await door.endpoint.heard["respond"].wait()
    assert door.endpoint.last("respond")["text"] == (
        "Only people of the workspace that Interlock was added to can say something to it."
    )
    assert ("views.open" in door.endpoint.methods, door.kept()) == (False, [])


# --- windows -----------------------------------------------------------------------------------


async def test_a_press_that_asks_for_a_reason_opens_a_window(door: Sender) -> None:
    door.endpoint.on("views.open", Reply({"ok": True}))
    assert await door.press("reason:1") == (200, "")
    await door.endpoint.heard["views.open"].wait()
    opened = door.endpoint.last("views.open")
    assert (opened["trigger_id"], opened["view"]["title"]["text"]) == ("1.2.abc", "Say why")
    assert json.loads(opened["view"]["private_metadata"]) == {
        "words": "approve web production",
        "asks": "reason",
        "sure": False,
        "about": "",
        "channel": "C1",
        "ephemeral": False,
        "response_url": door.endpoint.response_url,
    }
    assert door.kept() == []


async def test_whoever_gets_no_window_hears_what_to_type() -> None:
    async with opened() as door:
        door.endpoint.on("views.open", refused("expired_trigger_id"))
        with capture_logs() as lines:
            assert await door.press("reason:1") == (200, "")
            await door.endpoint.heard["respond"].wait()
    assert door.endpoint.last("respond")["text"] == (
        "Slack did not open the window that asks for the reason. Press again, or type: "
        "/interlock approve web production because …"
    )
    assert "hush" not in str(lines)


async def test_a_window_without_its_reason_stays_open(door: Sender) -> None:
    _, text = await door.interaction(submit(Asking(words="reject web", asks=Ask.REASON), " "))
    assert json.loads(text) == {"response_action": "errors", "errors": {"said": "Say why, in a few words."}}
    assert door.kept() == []


# --- secrets -----------------------------------------------------------------------------------


async def test_no_secret_is_in_any_line(door: Sender, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    door.endpoint.on("views.open", Reply(drop=True))
    door.endpoint.on("respond", Reply(drop=True))
    with capture_logs() as lines:
        await door.command("why web")
        await door.press("reason:1")
        await door.press()
        await door.command("why web", team_id="T9")
        raw = urlencode(command("why"))
        await door.send(raw, signed(raw, secret="another"))
        await door.endpoint.heard["respond"].wait()
    shown = f"{lines} {[record.getMessage() for record in caplog.records if record.name.startswith('slack')]}"
    assert [secret for secret in ("hush", "xoxb", SECRET, "1.2.abc") if secret in shown] == []
