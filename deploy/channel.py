"""A channel of a chat that people hear of news in, and the message that stands there about one subject."""

from msgspec import Struct


class Channel(Struct, frozen=True, kw_only=True):
    """`workspace` is the chat's id of it; `name` is the channel's as people write it, or its id."""

    workspace: str
    name: str


class Posted(Struct, frozen=True, kw_only=True):
    """`channel` is the chat's id, as names change; `ts` is the message's name there; `digest` is of what it says."""

    workspace: str
    channel: str
    ts: str
    digest: str
