"""conversations.*: the App reads. https://docs.slack.dev/reference/methods?family=conversations"""

from collections.abc import Sequence

from app.demo.slack.api.call import Call, Method
from app.demo.slack.message import Json, Message
from app.demo.slack.refusal import Refusal
from app.demo.slack.workspace import Channel

MOST = 999
PAGE = 100


def history(call: Call) -> Json:
    """The newest first, without what is in threads."""
    channel = _readable(call, "history")
    found = [each for each in call.slack.written(channel) if each.only_for is None and not each.is_reply]
    return _page(call, found[::-1])


def replies(call: Call) -> Json:
    """The message itself, and its answers, the oldest first."""
    channel, ts = _readable(call, "history"), call.text("ts")
    parent = next((each for each in call.slack.written(channel) if each.ts == ts and each.only_for is None), None)
    if parent is None:
        raise Refusal("thread_not_found")
    return _page(call, [parent, *(each for each in call.slack.thread(parent) if each.only_for is None)], parent)


def info(call: Call) -> Json:
    channel = call.channel()
    _may(call, channel, "read")
    return {"channel": _told(call, channel)}


def list_all(call: Call) -> Json:
    """Public ones by default, and of the private ones those in which the bot is."""
    kinds = (call.optional("types") or "public_channel").split(",")
    start = _cursor(call)
    found = [
        each
        for each in call.installation.workspace.channels.values()
        if ("private_channel" if each.private else "public_channel") in kinds
        and (call.is_member(each) or not each.private)
        and not (each.archived and call.flag("exclude_archived"))
    ]
    end = start + call.number("limit", PAGE, MOST)
    more = str(end) if end < len(found) else ""
    return {
        "channels": [_told(call, each) for each in found[start:end]],
        "response_metadata": {"next_cursor": more},
    }


def _readable(call: Call, right: str) -> Channel:
    channel = call.channel()
    _may(call, channel, right)
    call.must_be_member(channel)
    return channel


def _may(call: Call, channel: Channel, right: str) -> None:
    needed = f"{'groups' if channel.private else 'channels'}:{right}"
    if needed not in call.installation.scopes:
        raise Refusal("missing_scope", needed=needed, provided=",".join(sorted(call.installation.scopes)))


def _page(call: Call, found: Sequence[Message], parent: Message | None = None) -> Json:
    """What lies between `oldest` and `latest`; a thread's first message is told whatever they are."""
    oldest, latest = call.optional("oldest") or "0", call.optional("latest")
    with_limits = call.flag("inclusive")
    shown = [each for each in found if each is parent or _lies(each.ts, oldest, latest, with_limits)]
    start = _cursor(call)
    end = start + call.number("limit", PAGE, MOST)
    more = end < len(shown)
    return {
        "messages": [_message(call, each) for each in shown[start:end]],
        "has_more": more,
        **({"response_metadata": {"next_cursor": str(end)}} if more else {}),
    }


def _lies(ts: str, oldest: str, latest: str, with_limits: bool) -> bool:
    moment, least, most = _moment(ts), _moment(oldest), _moment(latest) if latest else None
    if with_limits:
        return least <= moment and (most is None or moment <= most)
    return least < moment and (most is None or moment < most)


def _moment(ts: str) -> tuple[int, int]:
    """Exactly: a ts is a name, and no floating-point number tells all of them apart."""
    seconds, _, rest = ts.partition(".")
    if not (seconds.isdecimal() and (rest.isdecimal() or not rest)):
        raise Refusal("invalid_ts_oldest")
    return int(seconds), int(f"{rest:0<6}"[:6])


def _cursor(call: Call) -> int:
    cursor = call.optional("cursor") or "0"
    if not cursor.isdecimal():
        raise Refusal("invalid_cursor")
    return int(cursor)


def _message(call: Call, message: Message) -> Json:
    """With what its thread adds, and of its metadata only the name unless all is asked for."""
    found, answers = message.document(), [each for each in call.slack.thread(message) if each.only_for is None]
    if answers:
        found |= {
            "thread_ts": message.ts,
            "reply_count": len(answers),
            "reply_users": sorted({each.author.id for each in answers}),
            "latest_reply": answers[-1].ts,
        }
    if message.metadata:
        all_of_it = call.flag("include_all_metadata")
        found["metadata"] = message.metadata if all_of_it else {"event_type": message.metadata["event_type"]}
    return found


def _told(call: Call, channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": call.is_member(channel),
        "num_members": len(channel.members),
        "context_team_id": call.installation.workspace.id,
    }


METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "conversations.history": (history, ("channels:history", "groups:history")),
    "conversations.replies": (replies, ("channels:history", "groups:history")),
    "conversations.info": (info, ("channels:read", "groups:read")),
    "conversations.list": (list_all, ("channels:read", "groups:read")),
}
