"""A message in a channel: what it says, who wrote it, and who sees it."""

from dataclasses import dataclass, field
from typing import Any

from app.demo.slack.workspace import Channel, User

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Content:
    """What somebody wants a message to say; None is what they did not mention."""

    text: str | None = None
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    metadata: Json | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.blocks or self.attachments)


@dataclass(eq=False, kw_only=True)
class Message:
    """`thread_ts` is the message that it answers; only `only_for` sees it, or everybody in the channel.

    `app_id` and `bot_id` are those of the App that wrote it. `text` has &, < and > escaped, as Slack stores it.
    """

    ts: str
    channel: Channel
    author: User
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str = ""
    only_for: User | None = None
    app_id: str = ""
    bot_id: str = ""
    team_id: str = ""
    subtype: str = ""
    edited: str = ""

    @property
    def is_reply(self) -> bool:
        return self.thread_ts not in {"", self.ts}

    def document(self) -> Json:
        """As Slack tells it, without what its thread adds and without metadata."""
        found: Json = {
            "type": "message",
            "user": self.author.id,
            "ts": self.ts,
            "text": self.text,
            "team": self.team_id,
        }
        written: Json = {
            "subtype": self.subtype,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "blocks": self.blocks,
            "attachments": self.attachments,
            "thread_ts": self.thread_ts,
        }
        found |= {name: value for name, value in written.items() if value}
        if self.edited:
            found["edited"] = {"user": self.author.id, "ts": self.edited}
        return found

    def elements(self) -> list[tuple[Json, Json]]:
        """Everything in it that somebody may press, each with its block."""
        blocks = [*self.blocks, *(block for each in self.attachments for block in each.get("blocks", []))]
        return [(block, element) for block in blocks for element in interactive(block)]


def interactive(block: Json) -> list[Json]:
    """The interactive elements of one block."""
    found = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    return [each for each in found if isinstance(each, dict) and "action_id" in each]
