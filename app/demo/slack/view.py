"""A modal that somebody sees, and what they have filled in."""

from dataclasses import dataclass, field

from app.demo.slack.message import Json, interactive
from app.demo.slack.workspace import User, Workspace


@dataclass(eq=False, kw_only=True)
class View:
    """`given` is the view as the App wrote it; `errors` are the sentences under its inputs, by block id.

    `trouble` is what Slack itself says if the App did not answer.
    """

    id: str
    workspace: Workspace
    user: User
    given: Json
    hash: str
    bot_id: str
    app_id: str
    root_id: str
    previous_id: str = ""
    response_url: str = ""
    values: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""

    def inputs(self) -> list[tuple[Json, Json]]:
        """What somebody can fill in, each element with its block."""
        blocks = self.given["blocks"]
        return [(block, each) for block in blocks for each in interactive(block) if block["type"] == "input"]

    def document(self) -> Json:
        given = self.given
        return {
            "id": self.id,
            "team_id": self.workspace.id,
            "type": "modal",
            "title": given["title"],
            "submit": given.get("submit"),
            "close": given.get("close"),
            "blocks": given["blocks"],
            "private_metadata": given.get("private_metadata", ""),
            "callback_id": given.get("callback_id", ""),
            "external_id": given.get("external_id", ""),
            "clear_on_close": given.get("clear_on_close", False),
            "notify_on_close": given.get("notify_on_close", False),
            "state": {"values": self.values},
            "hash": self.hash,
            "previous_view_id": self.previous_id or None,
            "root_view_id": self.root_id,
            "app_id": self.app_id,
            "app_installed_team_id": self.workspace.id,
            "bot_id": self.bot_id,
        }
