"""One attempt to deliver a webhook, with what was sent and what came back."""

from dataclasses import dataclass, field
from datetime import datetime

from app.demo.github.installation import App


@dataclass(eq=False, kw_only=True)
class Delivery:
    """`guid` is the event's, `id` the attempt's. `status` is OK or what went wrong; None while it is under way."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    installation: int | None
    repository: int | None
    headers: dict[str, str]
    body: bytes = field(repr=False)
    delivered_at: datetime
    redelivery: bool = False
    duration: float = 0.0
    status: str | None = None
    status_code: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status == "OK"
