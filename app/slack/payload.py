"""What Slack sends, and what somebody said by it. Everything here is pure.

https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/reference/interaction-payloads
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from checks.errors import Permanent
from checks.message import Ask
from deploy.events import WordsSaid
from deploy.speech import Said, Speaker

COMMAND, PRESS, SUBMIT, EVENT = "command", "press", "submit", "event"
"""What a delivery of Slack may be."""

LONGEST_WORDS = 4000
LONGEST_ABOUT = 200
MOST_FIELDS = 100

SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")
LINKED = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
DASHES = re.compile(r"(?<!\S)[\u2013\u2014](?=\w)")
"""What keyboards of some makers make of `--`."""
QUOTES = str.maketrans("\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb", '\'\'\'\'""""""')
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))

Body = Mapping[str, Any]


class Garbage(ValueError):
    """Not what Slack sends: the message says what it is not."""


class NotForUs(Struct, frozen=True):
    """A delivery that says nothing to us, and why."""

    reason: str


class Asking(Struct, frozen=True, kw_only=True):
    """What a modal remembers of the button that opened it, until it is submitted. `about` says which that was."""

    words: str
    asks: Ask
    sure: bool = False
    about: str = ""
    channel: str = ""
    ephemeral: bool = False
    response_url: str = ""


class Reply(Struct, frozen=True, kw_only=True):
    """Where the answer to a delivery goes; `replaces` if it takes the place of what was pressed on."""

    response_url: str
    replaces: bool
    workspace: str
    user: str


Translation = Sequence[WordsSaid] | NotForUs


def read(raw: str, content_type: str) -> dict[str, Any]:
    """The body of a request as Slack means it. `Garbage` if it is none.

    bolt's own reading takes a command whose text has the word `payload` in it for an interaction:
    https://github.com/slackapi/bolt-python/blob/main/slack_bolt/request/internals.py
    """
    if content_type == "application/json":
        return _decoded(raw)
    try:
        form = dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:
        raise Garbage("the body is not a form") from None
    return _decoded(form["payload"]) if "payload" in form and "command" not in form else dict(form)


def kind(body: Body) -> str:
    """What the delivery is; "" if it is nothing that we hear."""
    if isinstance(body.get("command"), str):
        return COMMAND
    kinds = {"block_actions": ("user", PRESS), "view_submission": ("view", SUBMIT), "event_callback": ("event", EVENT)}
    part, kind = kinds.get(str(body.get("type")), ("", ""))
    return kind if isinstance(body.get(part), dict) else ""


def guid(body: Body) -> str:
    """The same for the same thing told again; "" if Slack gave it no name."""
    name = body.get("event_id") or body.get("trigger_id") or _view(body).get("id")
    return f"slack-{sha256(f'{team(body)} {name}'.encode()).hexdigest()[:32]}" if name else ""


def team(body: Body) -> str:
    """The workspace that the App heard it in."""
    installed = _view(body).get("app_installed_team_id")
    return str(installed or body.get("team_id") or _id(body, "team") or _part(body, "user").get("team_id") or "")


def organisation(body: Body) -> str:
    return str(body.get("enterprise_id") or _id(body, "enterprise") or "")


def response_url(body: Body) -> str:
    """Where this can be answered, as far as it says; never to be shown."""
    if kind(body) == SUBMIT:
        asking = asked(body)
        return asking.response_url if asking else ""
    return str(body.get("response_url") or "")


def _about(body: Body, action: Body) -> str:
    """What is written on the button, and what its message says first."""
    label = str(_part(action, "text").get("text") or "")
    first = typed(str(_part(body, "message").get("text") or "").partition("\n")[0])
    return tidy(" · ".join(each for each in (label, first) if each))[:LONGEST_ABOUT]


def pressed(body: Body) -> Asking | None:
    """What a press says, and what is still to be asked; None if it is no button of ours."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
    words, name = action.get("value"), str(action.get("action_id") or "").partition(":")[0]
    if not isinstance(words, str) or not words.strip() or name not in KINDS:
        return None
    asks, sure = KINDS[name]
    return Asking(
        words=words,
        asks=asks,
        sure=sure,
        about=_about(body, action),
        channel=_channel(body),
        ephemeral=_part(body, "container").get("is_ephemeral") is True,
        response_url=str(body.get("response_url") or ""),
    )


def asked(body: Body) -> Asking | None:
    """What a submitted modal remembers; None if it is none of ours."""
    try:
        return msgspec.json.decode(str(_view(body).get("private_metadata") or ""), type=Asking)
    except (msgspec.MsgspecError, RecursionError):
        return None


def written(body: Body) -> str:
    """What somebody wrote into a modal."""
    values = _part(_part(_part(_view(body), "state"), "values"), FIELD)
    return tidy(str(_part(values, FIELD).get("value") or ""))


FIELD = "said"
"""The name of the modal's one field."""

KINDS: Mapping[str, tuple[Ask, bool]] = {"say": (Ask.NOTHING, False), "sure": (Ask.NOTHING, True)} | {
    f"{ask.value}{suffix}": (ask, bool(suffix)) for ask in Ask if ask for suffix in ("", "-sure")
}
"""What the kinds of presses in `block_kit.action_id` ask, and whether the plan was read."""


def is_incomplete(body: Body) -> bool:
    """Whether a modal was submitted without what it has to ask."""
    asking = asked(body)
    return bool(asking and asking.asks in (Ask.REASON, Ask.CODE) and not written(body))


def translate(action: str, raw: bytes, *, delivery: str, at: datetime, verbs: Collection[str]) -> Translation:
    """What somebody said, or why it is nothing to us; `Permanent` if it cannot be read. `verbs` begin a sentence."""
    try:
        body = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise Permanent("the stored delivery of Slack is not a JSON object") from None
    if action not in TRANSLATORS:
        return NotForUs(f"Slack's {action} says nothing to us")
    heard = TRANSLATORS[action](body, verbs)
    if isinstance(heard, NotForUs):
        return heard
    if is_stranger(body):
        return NotForUs("somebody of another workspace pressed it")
    if not (speaker := _speaker(body)).user:
        return NotForUs("it does not say who said it")
    said = Said(
        id=delivery,
        words=heard.words[:LONGEST_WORDS],
        speaker=speaker,
        channel=heard.channel,
        sure=heard.sure,
        at=at,
    )
    return (WordsSaid(speech=delivery, said=said),)


def reply(action: str, raw: bytes) -> Reply:
    """Where to answer a stored delivery."""
    body = msgspec.json.decode(raw, type=dict[str, Any])
    asking = {PRESS: pressed, SUBMIT: asked}.get(action, lambda _: None)(body)
    return Reply(
        response_url=response_url(body),
        replaces=bool(asking and asking.ephemeral),
        workspace=team(body),
        user=_speaker(body).user,
    )


def tidy(text: str) -> str:
    """On one line with single spaces and straight quotes."""
    return SPACES.sub(" ", UNSEEN.sub("", text).translate(QUOTES)).strip()


def typed(text: str) -> str:
    """What somebody typed, without what Slack and keyboards make of it.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    plain = LINKED.sub(_unlinked, text)
    for entity, sign in ENTITIES:
        plain = plain.replace(entity, sign)
    return DASHES.sub("--", tidy(plain))


def _command(body: Body, verbs: Collection[str]) -> Asking | NotForUs:
    """`/deploy web to production` needs no second `deploy`; any other command begins with its verb."""
    words = typed(str(body.get("text") or ""))
    name = str(body.get("command") or "").removeprefix("/").lower()
    if name == "deploy" and words.partition(" ")[0].lower() not in verbs:
        words = f"deploy {words}".strip()
    return Asking(words=words, asks=Ask.NOTHING, channel=str(body.get("channel_id") or ""))


def _press(body: Body, _: Collection[str]) -> Asking | NotForUs:
    asking = pressed(body)
    if asking is None:
        return NotForUs("it is no button of ours")
    return NotForUs("the press asks for more") if asking.asks is not Ask.NOTHING else asking


def _submit(body: Body, _: Collection[str]) -> Asking | NotForUs:
    asking = asked(body)
    if asking is None:
        return NotForUs("it is no modal of ours")
    said = written(body)
    if not said:
        return asking if asking.asks is Ask.NOTE else NotForUs("nothing was written")
    joint = " " if asking.asks is Ask.CODE else " because "
    return msgspec.structs.replace(asking, words=f"{asking.words}{joint}{said}")


TRANSLATORS: Mapping[str, Callable[[Body, Collection[str]], Asking | NotForUs]] = {
    COMMAND: _command,
    PRESS: _press,
    SUBMIT: _submit,
}


def _speaker(body: Body) -> Speaker:
    user = _part(body, "user")
    return Speaker(
        workspace=team(body),
        user=str(body.get("user_id") or user.get("id") or ""),
        name=str(body.get("user_name") or user.get("username") or user.get("name") or ""),
    )


def is_stranger(body: Body) -> bool:
    """In a channel that two companies share, people of the other one see our buttons, and can press them."""
    home = _part(body, "user").get("team_id")
    return bool(home) and home != team(body) and not organisation(body)


def _unlinked(match: re.Match[str]) -> str:
    """`<@U1|ana>` → `@ana`, `<#C1|web>` → `#web`, `<!here>` → `@here`, `<https://a.b|a.b>` → `a.b`."""
    target, label = match.group(1), match.group(2) or ""
    sign = {"@": "@", "#": "#", "!": "@"}.get(target[:1])
    if sign is None:
        return label or target
    name = label or target[1:].partition("^")[2] or target[1:]
    return name if name.startswith(sign) else f"{sign}{name}"


def _channel(body: Body) -> str:
    return str(_id(body, "channel") or _part(body, "container").get("channel_id") or "")


def _view(body: Body) -> Mapping[str, Any]:
    return _part(body, "view")


def _part(body: Body, name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _id(body: Body, name: str) -> str:
    return str(_part(body, name).get("id") or "")


def _decoded(raw: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        raise Garbage("the body is not a JSON object") from None
