"""The whole of the local GitHub without its doors: what happens, who may ask, how often."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from app.demo.github.auth import Doorkeeper
from app.demo.github.authorizing import Authorizing
from app.demo.github.limits import Limits
from app.demo.github.queueing import Queueing

Done = TypeVar("Done")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A REST request and how it was answered; `path` is without the prefix and with its query."""

    method: str
    path: str
    status: int


class Platform(Queueing):
    """`asked` lists every REST request that was answered."""

    def __init__(self, directory: Path, **options: Any) -> None:
        super().__init__(directory, **options)
        self.doorkeeper = Doorkeeper(self)
        self.limits = Limits(self)
        self.authorizing = Authorizing(self, self.doorkeeper)
        self.asked: list[Asked] = []
        self._work: set[asyncio.Task[Any]] = set()

    def expire_tokens(self) -> None:
        """Every installation token handed out so far is refused from now on."""
        self.doorkeeper.expire_tokens()

    async def settled(self) -> None:
        """Returns once nothing that was asked is unfinished, and no webhook waits or is under way."""
        await super().settled()
        while self._work:
            await asyncio.wait(self._work)
            await super().settled()

    async def finish(self, work: Coroutine[Any, Any, Done]) -> Done:
        """Does all of it: who hangs up after asking does not undo what they asked for."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return await asyncio.shield(task)


GITHUB: web.AppKey[Platform] = web.AppKey("github", Platform)
