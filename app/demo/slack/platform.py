"""The whole of the local Slack without its doors: what happens, how often the App may ask, and what goes wrong."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from app.demo.slack.acting import Acting
from app.demo.slack.faults import Faults
from app.demo.slack.limits import Limits
from app.demo.slack.message import Json


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request of the App and how it was answered: `error` is empty if it was done."""

    method: str
    arguments: Json
    error: str


class Platform(Acting):
    """`asked` lists every request that reached Slack, also to response URLs, whose method is `response_url`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.faults = Faults()
        self.limits = Limits(self.clock)
        self.asked: list[Asked] = []
        self.tickets: set[str] = set()

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL has to be; with the slash at the end, as the published clients want it."""
        return f"{self.url}/api/"

    @property
    def requests(self) -> Counter[str]:
        """How often each method was asked."""
        return Counter(each.method for each in self.asked)

    def record(self, asked: Asked) -> None:
        self.asked.append(asked)
        self.stir()

    def listen(self, url: str) -> None:
        """Where the App is told of commands, presses and events."""
        self.app.url = url
