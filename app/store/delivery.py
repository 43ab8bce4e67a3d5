"""One message of GitHub or Slack exactly as it came, and the inbox that keeps it before they hear that we have it."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

OF_SLACK = "slack"
"""The event of what Slack told; all others are GitHub's."""


class Delivery(Struct, frozen=True, kw_only=True):
    """What came through the door `/github` or `/slack`, verified.

    `guid` is GitHub's name for the message: a redelivery has the same one. `headers` are those that GitHub
    adds itself, in printable ASCII; `body` is the raw JSON.
    """

    guid: str
    event: str
    action: str
    repository_id: int | None
    installation_id: int | None
    headers: dict[str, str]
    body: bytes
    received_at: datetime


class Inbox(Protocol):
    async def put(self, delivery: Delivery) -> bool:
        """True if the delivery is new, False if this GUID was there already; returns when it is durable.

        Raises `Transient` when it cannot be kept now.
        """
        ...
