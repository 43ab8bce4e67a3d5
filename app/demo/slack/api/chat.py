"""chat.*: the App writes. https://docs.slack.dev/reference/methods?family=chat"""

from app.demo.slack.api.call import Call, Method
from app.demo.slack.message import Json, Message
from app.demo.slack.refusal import Refusal

LONGEST_UPDATE = 4_000


def post_message(call: Call) -> Json:
    channel = call.channel(by_name=True)
    if channel.archived:
        raise Refusal("is_archived")
    if "chat:write.public" not in call.installation.scopes or channel.private:
        call.must_be_member(channel)
    said = call.slack.content(call.arguments)
    posted = call.slack.post(channel, call.installation.bot, said, thread_ts=call.thread())
    return {"channel": channel.id, "ts": posted.ts, "message": _told(posted)}


def post_ephemeral(call: Call) -> Json:
    channel = call.channel(by_name=True)
    if channel.archived:
        raise Refusal("is_archived")
    call.must_be_member(channel)
    if call.text("user") not in channel.members:
        raise Refusal("user_not_in_channel")
    who = call.slack.user(call.installation.workspace.id, call.text("user"))
    said = call.slack.content(call.arguments)
    thread = call.thread()
    posted = call.slack.post(channel, call.installation.bot, said, thread_ts=thread, only_for=who)
    return {"message_ts": posted.ts}


def update(call: Call) -> Json:
    """By the channel's id alone. An archived channel is inactive here, not archived: these are Slack's words."""
    channel = call.channel()
    if channel.archived:
        raise Refusal("is_inactive")
    message = _own(call, "cant_update_message")
    said = call.slack.content(call.arguments, LONGEST_UPDATE)
    if said.text is None and said.blocks is None and said.attachments is None and said.metadata is None:
        raise Refusal("no_text")
    call.slack.rewrite(message, said)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": _told(message)}


def delete(call: Call) -> Json:
    message = _own(call, "cant_delete_message")
    call.slack.remove(message)
    return {"channel": message.channel.id, "ts": message.ts}


def _own(call: Call, otherwise: str) -> Message:
    """The message of the request, which the App wrote itself."""
    channel, ts = call.channel(), call.text("ts")
    found = next((each for each in call.slack.written(channel) if each.ts == ts and each.only_for is None), None)
    if found is None or found.subtype == "tombstone":
        raise Refusal("message_not_found")
    if found.author is not call.installation.bot:
        raise Refusal(otherwise)
    return found


def _told(message: Message) -> Json:
    return message.document() | ({"metadata": message.metadata} if message.metadata else {})


METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "chat.postMessage": (post_message, ("chat:write",)),
    "chat.postEphemeral": (post_ephemeral, ("chat:write",)),
    "chat.update": (update, ("chat:write",)),
    "chat.delete": (delete, ("chat:write",)),
}
