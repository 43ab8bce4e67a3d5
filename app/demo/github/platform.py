"""The whole of the local GitHub without its doors: what happens, who may ask, how often."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from app.demo.github.auth import Doorkeeper
from app.demo.github.limits import Limits
from app.demo.github.queueing import Queueing


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
        self.asked: list[Asked] = []

    def expire_tokens(self) -> None:
        """Every installation token handed out so far is refused from now on."""
        self.doorkeeper.expire_tokens()


GITHUB: web.AppKey[Platform] = web.AppKey("github", Platform)
