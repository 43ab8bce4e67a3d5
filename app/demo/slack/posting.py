"""Messages come, change and go."""

from app.demo.slack.block_kit import LONGEST_TEXT, content
from app.demo.slack.message import Content, Json, Message
from app.demo.slack.model import Model
from app.demo.slack.refusal import Refusal
from app.demo.slack.workspace import Channel, User

SYSTEM = User(id="USLACKBOT", name="slackbot", real_name="Local Slack", is_bot=True)


class Posting(Model):
    """Whether somebody may write where they do has been asked before."""

    def content(self, said: Json, longest: int = LONGEST_TEXT) -> Content:
        return content(said, self.new_id, longest)

    def post(
        self, channel: Channel, author: User, said: Content, *, thread_ts: str = "", only_for: User | None = None
    ) -> Message:
        """A new message; `only_for` somebody, it is ephemeral."""
        if said.is_empty:
            raise Refusal("no_text")
        if thread_ts and only_for is None and not self._in_channel(channel, thread_ts):
            raise Refusal("thread_not_found")
        made = Message(
            ts=self.new_ts(),
            channel=channel,
            author=author,
            text=said.text or "",
            blocks=said.blocks or [],
            attachments=said.attachments or [],
            metadata=said.metadata or None,
            thread_ts=thread_ts,
            only_for=only_for,
            team_id=self.home(channel).id,
        )
        self._sign(made, author)
        self._written[channel.id].append(made)
        self.changed()
        return made

    def rewrite(self, message: Message, said: Content) -> None:
        """What is not mentioned stays, but blocks go if there is a text without them.

        https://docs.slack.dev/reference/methods/chat.update
        """
        if said.text is not None:
            message.text, message.blocks = said.text, []
        if said.blocks is not None:
            message.blocks = said.blocks
        if said.attachments is not None:
            message.attachments = said.attachments
        if said.metadata is not None:
            message.metadata = said.metadata or None
        if said.blocks is None:
            message.edited = self.new_ts()
        self.changed()

    def remove(self, message: Message) -> None:
        """A message with answers leaves a trace, so that they hang together."""
        if self.thread(message):
            message.subtype, message.text = "tombstone", "This message was deleted."
            message.blocks, message.attachments, message.metadata = [], [], None
        else:
            self._written[message.channel.id].remove(message)
        self.changed()

    def note(self, channel: Channel, user: User, words: str, *, thread_ts: str = "") -> None:
        """Something that Slack itself tells one person."""
        self.post(channel, SYSTEM, Content(text=words), thread_ts=thread_ts, only_for=user)

    def _in_channel(self, channel: Channel, ts: str) -> bool:
        return any(each.ts == ts and each.only_for is None for each in self.written(channel))

    def _sign(self, message: Message, author: User) -> None:
        installation = self.installations[message.team_id]
        if author is installation.bot:
            message.app_id, message.bot_id = self.app.id, installation.bot_id
