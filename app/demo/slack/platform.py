"""The whole of the local Slack without its doors: what happens, how often the App may ask, and what goes wrong."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from app.demo.slack.acting import Acting
from app.demo.slack.faults import Faults
from app.demo.slack.limits import Limits
from app.demo.slack.message import Json

Done = TypeVar("Done")


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
        self.is_closing = False
        self._work: set[asyncio.Task[Any]] = set()

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL has to be; with the slash at the end, as the published clients want it."""
        return f"{self.url}/api/"

    @property
    def requests(self) -> Counter[str]:
        """How often each method was asked."""
        return Counter(each.method for each in self.asked)

    def settings(self) -> dict[str, str]:
        """What the App needs to speak here. It comes by Socket Mode if it has no address of its own."""
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_BOT_TOKEN": ",".join(each.token for each in self.installations.values()),
            "SLACK_SIGNING_SECRET": self.app.signing_secret,
            **({} if self.app.url else {"SLACK_APP_TOKEN": self.app.app_token}),
        }

    async def finish(self, work: Coroutine[Any, Any, Done]) -> Done:
        """Does all of it: who closes their page after pressing has pressed."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return await asyncio.shield(task)

    async def drop(self) -> None:
        """Nothing that is unfinished will be."""
        for each in self._work:
            each.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def record(self, asked: Asked) -> None:
        self.asked.append(asked)
        self.stir()

    def listen(self, url: str) -> None:
        """Where the App is told of commands, presses and events."""
        self.app.url = url
