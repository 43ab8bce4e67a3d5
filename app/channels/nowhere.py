"""No channel at all, where the operator has set up no chat."""

from datetime import datetime

from checks.errors import Permanent
from checks.message import Line, Message
from checks.repository import Repository
from deploy.channel import Channel, Posted
from deploy.ports import Channels

UNSET = "no chat is set up: set SLACK_BOT_TOKEN"


class Nowhere(Channels):
    async def channel_for(self, repository: Repository, named: str) -> Channel | None:
        return None

    async def show(
        self,
        channel: Channel,
        subject: str,
        message: Message,
        known: Posted | None,
        *,
        repeated: bool,
        since: datetime | None = None,
    ) -> Posted:
        raise Permanent(UNSET)

    async def remark(self, posted: Posted, remark: str, line: Line, *, repeated: bool) -> None:
        raise Permanent(UNSET)
