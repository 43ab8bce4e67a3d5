"""What somebody said in Slack, by a command, a press or a window, as words of ours."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.slack import payload
from app.slack.modal import view
from app.slack.payload import Asking, Garbage, NotForUs, Reply
from checks.errors import Permanent
from checks.message import Ask
from deploy.events import WordsSaid
from deploy.speech import Said, Speaker

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VERBS = ("deploy", "why", "status", "help", "hold")
URL = "https://hooks.slack.com/actions/T1/1/hush"


def command(text: str, command: str = "/deploy") -> dict[str, Any]:
    return {
        "command": command,
        "text": text,
        "team_id": "T1",
        "user_id": "U1",
        "user_name": "ana",
        "channel_id": "C1",
        "trigger_id": "1.2.abc",
        "response_url": URL,
    }


def press(value: Any = "approve web production", action_id: str = "say:0", **more: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U1", "username": "ana", "team_id": "T1"},
        "channel": {"id": "C1"},
        "container": {"type": "message", "is_ephemeral": False, "channel_id": "C1"},
        "trigger_id": "1.2.abc",
        "response_url": URL,
        "actions": [{"type": "button", "action_id": action_id, "value": value}],
        **more,
    }


def submit(asking: Asking, written: str | None) -> dict[str, Any]:
    shown = view(asking)
    assert shown
    return {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1", "username": "ana", "team_id": "T1"},
        "trigger_id": "1.2.abc",
        "view": shown | {"id": "V1", "state": {"values": {"said": {"said": {"value": written}}}}},
    }


def heard(body: dict[str, Any]) -> payload.Translation:
    raw = json.dumps(body).encode()
    return payload.translate(payload.kind(body), raw, delivery="slack-1", at=NOW, verbs=VERBS)


def said(body: dict[str, Any]) -> Said:
    events = heard(body)
    assert not isinstance(events, NotForUs)
    return events[0].said


def words(body: dict[str, Any]) -> str:
    return said(body).words


def test_a_command_says_its_words() -> None:
    expected = Said(
        id="slack-1",
        words="deploy web 4f2 to production",
        speaker=Speaker(workspace="T1", user="U1", name="ana"),
        channel="C1",
        at=NOW,
    )
    assert heard(command("web 4f2 to production")) == (WordsSaid(speech="slack-1", said=expected),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("why web production", "why web production"),
        ("WHY web production", "WHY web production"),
        ("deploy web 4f2 to production", "deploy web 4f2 to production"),
        ("whyever 4f2 to production", "deploy whyever 4f2 to production"),
        ("payload=web to production", "deploy payload=web to production"),
        ("", "deploy"),
        (" help ", "help"),
    ],
)
def test_the_verb_of_deploy_may_be_left_out(text: str, expected: str) -> None:
    assert words(command(text)) == expected


def test_other_commands_begin_with_their_verb() -> None:
    assert words(command("why web production", "/interlock")) == "why web production"
    assert words(command("web to production", "/interlock")) == "web to production"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("why\u00a0web \u2003 production\t", "why web production"),
        ("hold web because \u201cthe audit\u201d \u2018is\u2019 on", "hold web because \"the audit\" 'is' on"),
        ("why w\u200beb \u202eproduction", "why web production"),
        ("why web production \u2014plan", "why web production --plan"),
        ("hold web because a &lt;b&gt; &amp;amp; c", "hold web because a <b> &amp; c"),
        ("why <#C012|web> production", "why #web production"),
        ("why <#C012|> production", "why #C012 production"),
        ("hold web because <@U012|ana> asked", "hold web because @ana asked"),
        ("hold web because <!here> and <!subteam^S1|@release>", "hold web because @here and @release"),
        ("why <http://web.io|web.io> production", "why web.io production"),
        ("hold web because <https://acme.io/1?a=1&amp;b>", "hold web because https://acme.io/1?a=1&b"),
        ("hold web because <mailto:a@b.io|a@b.io>", "hold web because a@b.io"),
        ("why a < b", "why a < b"),
    ],
)
def test_what_slack_and_keyboards_make_of_words_is_undone(text: str, expected: str) -> None:
    assert words(command(text)) == expected


def test_a_press_says_the_words_of_its_button() -> None:
    assert said(press()) == Said(
        id="slack-1",
        words="approve web production",
        speaker=Speaker(workspace="T1", user="U1", name="ana"),
        channel="C1",
        at=NOW,
    )
    assert said(press(action_id="sure:4")).sure


@pytest.mark.parametrize("action_id", ["note:1", "reason:0", "code:2", "reason-sure:1"])
def test_a_press_that_asks_for_more_says_nothing_yet(action_id: str) -> None:
    assert heard(press(action_id=action_id)) == NotForUs("the press asks for more")


@pytest.mark.parametrize(
    "body",
    [press(action_id="other:1"), press(value=None), press(value=" "), press() | {"actions": []}, press(actions="x")],
)
def test_a_press_on_something_else_is_not_for_us(body: dict[str, Any]) -> None:
    assert heard(body) == NotForUs("it is no button of ours")


@pytest.mark.parametrize(
    ("asks", "written", "expected"),
    [
        (Ask.NOTE, "looks good", "approve web because looks good"),
        (Ask.NOTE, None, "approve web"),
        (Ask.NOTE, "  ", "approve web"),
        (Ask.REASON, "totals are\n wrong", "approve web because totals are wrong"),
        (Ask.CODE, " K3X-9P2 ", "approve web K3X-9P2"),
    ],
)
def test_a_window_adds_what_was_written(asks: Ask, written: str | None, expected: str) -> None:
    asking = Asking(words="approve web", asks=asks, channel="C7", sure=True)
    heard = said(submit(asking, written))
    assert (heard.words, heard.channel, heard.sure) == (expected, "C7", True)


@pytest.mark.parametrize(("asks", "missing"), [(Ask.NOTE, False), (Ask.REASON, True), (Ask.CODE, True)])
def test_a_reason_and_a_code_have_to_be_written(asks: Ask, missing: bool) -> None:
    body = submit(Asking(words="reject web", asks=asks), " ")
    assert (payload.is_incomplete(body), isinstance(heard(body), NotForUs)) == (missing, missing)


def test_a_window_of_somebody_else_is_not_for_us() -> None:
    body = submit(Asking(words="reject web", asks=Ask.REASON), "x")
    body["view"]["private_metadata"] = "{}"
    assert heard(body) == NotForUs("it is no modal of ours")


def test_a_stranger_in_a_shared_channel_commands_nothing() -> None:
    stranger = {"id": "U9", "username": "eve", "team_id": "T9"}
    assert heard(press(user=stranger)) == NotForUs("somebody of another workspace pressed it")
    assert not isinstance(heard(press(user=stranger, enterprise={"id": "E1"})), NotForUs)


def test_events_say_nothing() -> None:
    body = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": {"type": "app_uninstalled"}}
    assert heard(body) == NotForUs("Slack's event says nothing to us")


def test_a_stored_body_that_cannot_be_read_never_will() -> None:
    with pytest.raises(Permanent):
        payload.translate("command", b"[]", delivery="slack-1", at=NOW, verbs=VERBS)


def test_the_same_thing_told_again_has_the_same_name() -> None:
    names = [payload.guid(body) for body in (command("x"), command("y"), command("x") | {"trigger_id": "other"})]
    assert names[0] == names[1] != names[2]
    assert payload.guid(command("x") | {"team_id": "T2"}) != names[0]
    assert payload.guid({"type": "event_callback"}) == ""


def test_an_answer_replaces_only_what_nobody_else_sees() -> None:
    plan = press(container={"is_ephemeral": True, "channel_id": "C1"})
    asking = payload.pressed(press(action_id="reason:0", container={"is_ephemeral": True}))
    assert asking
    where = [
        payload.reply(payload.kind(body), json.dumps(body).encode())
        for body in (command("why web"), press(), plan, submit(asking, "so"))
    ]
    assert [each.replaces for each in where] == [False, False, True, True]
    assert where[3] == Reply(response_url=URL, replaces=True, workspace="T1", user="U1")


def test_a_form_is_read_as_slack_means_it() -> None:
    form = command("the payload to production")
    assert payload.read(urlencode(form), "application/x-www-form-urlencoded") == form
    assert payload.read(urlencode(command("")), "application/x-www-form-urlencoded")["text"] == ""
    assert payload.read(urlencode({"payload": json.dumps(press())}), "application/x-www-form-urlencoded") == press()
    assert payload.read(json.dumps({"type": "x"}), "application/json") == {"type": "x"}


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        ("[1]", "application/json"),
        ("{", "application/json"),
        ("[" * 100_000, "application/json"),
        ("payload=%7B", "application/x-www-form-urlencoded"),
        ("a=%ff", "application/x-www-form-urlencoded"),
        ("&".join(f"a{at}=1" for at in range(200)), "application/x-www-form-urlencoded"),
    ],
)
def test_garbage_is_named(raw: str, content_type: str) -> None:
    with pytest.raises(Garbage):
        payload.read(raw, content_type)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("type", "command", "text", "team", "team_id", "user", "view", "actions", "container", "channel", "event")


@given(
    st.dictionaries(st.sampled_from(FIELDS), json_values), st.sampled_from(["command", "press", "submit", "event", "?"])
)
def test_no_body_makes_the_translation_fall_over(body: dict[str, Any], action: str) -> None:
    raw = json.dumps(body).encode()
    assert payload.translate(action, raw, delivery="slack-1", at=NOW, verbs=VERBS) is not None
    assert payload.guid(body) == payload.guid(json.loads(raw))
    assert payload.is_incomplete(body) in (True, False)
