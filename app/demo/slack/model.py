"""Everything the local Slack knows, and the questions one may ask it."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import count

from app.demo.slack.message import Message
from app.demo.slack.refusal import Refusal
from app.demo.slack.workspace import SCOPES, App, Channel, Installation, User, Workspace

Clock = Callable[[], float]


class Model:
    """The state. People, channels and workspaces are found by their id or their name, a channel with or without #.

    Questions raise `Refusal` for what is not there, in Slack's words; changes are the subclasses' matter.
    """

    def __init__(self, *, clock: Clock = time.time) -> None:
        self.clock = clock
        self.url = ""
        self.workspaces: dict[str, Workspace] = {}
        self.installations: dict[str, Installation] = {}
        self.changes = 0
        self._stirred = asyncio.Event()
        self._written: dict[str, list[Message]] = {}
        self._last_moment = 0
        self._next = count(101).__next__
        self.app = App(
            id=self.new_id("A"),
            name="Interlock",
            signing_secret=secrets.token_hex(16),
            app_token=f"xapp-1-{secrets.token_hex(16)}",
            verification_token=secrets.token_hex(12),
        )

    def new_id(self, kind: str) -> str:
        """Of a team (T), a person (U), a channel (C) …, as long as Slack's."""
        return f"{kind}0LOCAL{self._next():05d}"

    def new_ts(self) -> str:
        """The moment as Slack names messages by it: no two are the same."""
        self._last_moment = max(self._last_moment + 1, int(self.clock() * 1_000_000))
        return f"{self._last_moment // 1_000_000}.{self._last_moment % 1_000_000:06d}"

    def changed(self) -> None:
        """Something on the pages may look different now."""
        self.changes += 1
        self.stir()

    def stir(self) -> None:
        """Something happened: whoever waits `until` something looks again."""
        stirred, self._stirred = self._stirred, asyncio.Event()
        stirred.set()

    async def until(self, is_so: Callable[[], bool], seconds: float = 10.0) -> None:
        """Returns once it is so; `TimeoutError` if that takes longer."""
        async with asyncio.timeout(seconds):
            while not is_so():
                await self._stirred.wait()

    def add_workspace(
        self, domain: str, *, key: str = "", enterprise_id: str = "", scopes: Iterable[str] = SCOPES
    ) -> Workspace:
        """One where the App is installed; `bot_token` is what it speaks there with."""
        made = Workspace(id=key or self.new_id("T"), domain=domain, enterprise_id=enterprise_id)
        bot = User(id=self.new_id("U"), name=self.app.name.lower(), real_name=self.app.name, is_bot=True)
        made.users[bot.id] = bot
        self.workspaces[made.id] = made
        token = f"xoxb-{made.id}-{secrets.token_hex(12)}"
        self.installations[made.id] = Installation(
            workspace=made, bot=bot, bot_id=self.new_id("B"), token=token, scopes=set(scopes)
        )
        self.changed()
        return made

    def add_user(self, workspace: str, name: str, *, key: str = "", real_name: str = "") -> User:
        made = User(id=key or self.new_id("U"), name=name, real_name=real_name or name)
        self.workspace(workspace).users[made.id] = made
        self.changed()
        return made

    def add_channel(
        self, workspace: str, name: str, *, key: str = "", private: bool = False, bot: bool = True
    ) -> Channel:
        """With everybody in it who is there already, and the App's bot if it is invited."""
        where = self.workspace(workspace)
        made = Channel(id=key or self.new_id("C"), name=name.removeprefix("#"), private=private)
        made.members = {each.id for each in where.users.values() if bot or not each.is_bot}
        where.channels[made.id] = made
        self._written[made.id] = []
        self.changed()
        return made

    def archive_channel(self, workspace: str, channel: str) -> None:
        self.channel(workspace, channel).archived = True
        self.changed()

    def bot_token(self, workspace: str) -> str:
        return self.installation(workspace).token

    def installation(self, workspace: str) -> Installation:
        return self.installations[self.workspace(workspace).id]

    def workspace(self, key: str) -> Workspace:
        for each in self.workspaces.values():
            if key in {each.id, each.domain}:
                return each
        raise Refusal("team_not_found")

    def user(self, workspace: str, key: str) -> User:
        for each in self.workspace(workspace).users.values():
            if key in {each.id, each.name}:
                return each
        raise Refusal("user_not_found")

    def channel(self, workspace: str, key: str) -> Channel:
        for each in self.workspace(workspace).channels.values():
            if key.removeprefix("#") in {each.id, each.name}:
                return each
        raise Refusal("channel_not_found")

    def people(self, workspace: Workspace) -> Sequence[User]:
        return [each for each in workspace.users.values() if not each.is_bot]

    def home(self, channel: Channel) -> Workspace:
        """The workspace that the channel is in."""
        return next(each for each in self.workspaces.values() if channel.id in each.channels)

    def written(self, channel: Channel) -> Sequence[Message]:
        """All messages in it, the oldest first, those for one person too."""
        return self._written[channel.id]

    def messages(self, channel: str, workspace: str = "") -> Sequence[Message]:
        """What everybody reads there, the oldest first, threads too; by default in the first workspace that has it."""
        found = [each.id for each in self.workspaces.values() if channel in each.channels]
        where = workspace or next(iter(found or self.workspaces))
        return [each for each in self.written(self.channel(where, channel)) if each.only_for is None]

    def ephemeral(self, user: str, workspace: str = "") -> Sequence[Message]:
        """What only this person reads, wherever, the oldest first."""
        who = self.user(workspace or next(iter(self.workspaces)), user)
        messages = [each for channel in self._written.values() for each in channel if each.only_for is who]
        return sorted(messages, key=lambda each: each.ts)

    def message(self, ts: str) -> Message:
        """Wherever it is: no two have the same name here."""
        for channel in self._written.values():
            for each in channel:
                if each.ts == ts:
                    return each
        raise Refusal("message_not_found")

    def thread(self, parent: Message) -> Sequence[Message]:
        """The answers to it."""
        return [each for each in self.written(parent.channel) if each.is_reply and each.thread_ts == parent.ts]
