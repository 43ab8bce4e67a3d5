"""What CD has of a chat: who speaks there and who hears, and the ways in which it is heard; or nothing of all that."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import NamedTuple

from aiohttp import web

from app.channels.nowhere import Nowhere
from checks.errors import Permanent
from checks.message import Message
from checks.repository import Repository
from deploy.ports import Answers, Channels, Links, Workspaces


class Chat(NamedTuple):
    """`socket` is listened on where the doors are open: it is one, for where no address leads here."""

    workspaces: Workspaces
    links: Links
    answers: Answers
    channels: Channels
    doors: Sequence[web.RouteDef] = ()
    socket: AbstractAsyncContextManager[object] = nullcontext()


class Silence(Workspaces, Answers):
    """No chat: nothing is visible there. What was said while there was one finds it gone."""

    async def repositories(self, workspace: str) -> Sequence[Repository]:
        return ()

    async def give(self, said: str, answer: Message) -> None:
        raise Permanent(f"{said} cannot be answered: no chat is set up")


def no_chat(links: Links) -> Chat:
    """Nobody speaks, and nobody hears."""
    return Chat(Silence(), links, Silence(), Nowhere())
