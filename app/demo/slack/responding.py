"""Response URLs: for half an hour the App may answer five times, where it was spoken to.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

import secrets
from dataclasses import dataclass
from typing import Any

from app.demo.slack.message import Json, Message
from app.demo.slack.posting import Posting
from app.demo.slack.refusal import Refusal
from app.demo.slack.workspace import Channel, User, Workspace

LIFETIME = 30 * 60
USES = 5


@dataclass(eq=False, kw_only=True)
class ResponseUrl:
    """`message` is the one whose button was pressed, or none after a command."""

    workspace: Workspace
    channel: Channel
    user: User
    message: Message | None
    begun: float
    uses: int = 0


class Responding(Posting):
    """`respond` is what a POST to such an address does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._response_urls: dict[str, ResponseUrl] = {}

    def new_response_url(
        self, kind: str, workspace: Workspace, channel: Channel, user: User, message: Message | None = None
    ) -> str:
        """`kind` is actions or commands, as in Slack's addresses."""
        secret = secrets.token_urlsafe(18)
        self._response_urls[secret] = ResponseUrl(
            workspace=workspace, channel=channel, user=user, message=message, begun=self.clock()
        )
        return f"{self.url}/{kind}/{workspace.id}/{secret}"

    def respond(self, secret: str, said: Json) -> None:
        found = self._response_urls.get(secret)
        if found is None:
            raise Refusal("invalid_url")
        if self.clock() - found.begun > LIFETIME:
            raise Refusal("expired_url")
        if found.uses >= USES:
            raise Refusal("used_url")
        self.answer(found, said)
        found.uses += 1

    def answer(self, url: ResponseUrl, said: Json) -> None:
        """What the App says to whoever spoke to it, at once or later."""
        original = url.message
        if said.get("delete_original") and original is not None:
            self._delete_original(original)
            return
        wanted = self.content(said)
        if said.get("replace_original") and original is not None:
            if wanted.is_empty:
                raise Refusal("no_text")
            self.rewrite(original, wanted)
            return
        for_one = None if said.get("response_type") == "in_channel" else url.user
        author = self.installations[url.workspace.id].bot
        self.post(url.channel, author, wanted, thread_ts=str(said.get("thread_ts") or ""), only_for=for_one)

    def _delete_original(self, original: Message) -> None:
        if original in self.written(original.channel):
            self.remove(original)
