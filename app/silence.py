"""No chat: nobody speaks or hears, so nobody is linked and nothing is visible."""

from collections.abc import Sequence

from checks.errors import Permanent
from checks.message import Line, Message
from checks.repository import Repository
from deploy.channel import Channel, Posted
from deploy.ports import Answers, Channels, Links, Workspaces
from deploy.speech import Person, Speaker


class Silence(Workspaces, Links, Answers, Channels):
    """What was said while there was a chat finds it gone."""

    async def repositories(self, _workspace: str) -> Sequence[Repository]:
        return ()

    async def person(self, _speaker: Speaker) -> Person | None:
        return None

    async def link(self, _speaker: Speaker, _code: str) -> Person | None:
        return None

    async def unlink(self, _speaker: Speaker) -> Person | None:
        return None

    @property
    def page(self) -> str:
        return ""

    async def give(self, said: str, _answer: Message) -> None:
        raise Permanent(f"{said} cannot be answered: no chat is set up")

    async def channel_for(self, _repository: Repository, _named: str) -> Channel | None:
        return None

    async def show(
        self, channel: Channel, subject: str, _message: Message, _known: Posted | None, *, repeated: bool
    ) -> Posted:
        raise Permanent(f"{channel.name} does not hear of {subject}: no chat is set up")

    async def remark(self, posted: Posted, _remark: str, _line: Line, *, repeated: bool) -> None:
        raise Permanent(f"{posted.channel} hears nothing: no chat is set up")
