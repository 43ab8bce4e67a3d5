"""Which GitHub users the people of the chats are, and the end of that."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from aiohttp import web
from pydantic import BaseModel, Field

from app.store import links as record
from app.web.api import asked
from app.web.api.answer import Refusal, answer, not_found
from deploy.command import OPERATOR
from deploy.near import unknown
from deploy.speech import Person, Speaker


class LinkShelf(Protocol):
    async def all(self) -> Sequence[record.Linked]: ...

    async def unlink(self, speaker: Speaker, *, by: str = "") -> Person | None:
        """Whom they were until now; None if nobody."""
        ...


class InWorkspace(BaseModel):
    workspace: asked.Name
    user: asked.Name


class Linked(BaseModel):
    """Somebody in a chat, and who they are on GitHub."""

    workspace: str
    user: str = Field(description="Their id in the chat.")
    name: str = Field(description="What the chat called them when they were linked.")
    login: str
    github_id: int = Field(description="Their number on GitHub, which stays when the login changes.")
    since: datetime


class Everybody(BaseModel):
    links: list[Linked]


class Links:
    def __init__(self, shelf: LinkShelf) -> None:
        self._shelf = shelf

    async def everybody(self, _request: web.Request) -> web.Response:
        """Who in the chats is linked to a GitHub user, by workspace and name."""
        return answer(Everybody(links=[_told(each) for each in await self._shelf.all()]))

    async def unlink(self, request: web.Request) -> web.Response:
        """End a link: what they say from now on is nobody's. Tells what there was."""
        named = asked.path(request, InWorkspace)
        known = [_told(each) for each in await self._shelf.all()]
        found = next((each for each in known if (each.workspace, each.user) == (named.workspace, named.user)), None)
        if found is None:
            raise not_found(no_link(named.workspace, named.user, known))
        if await self._shelf.unlink(Speaker(workspace=found.workspace, user=found.user), by=OPERATOR) is None:
            raise Refusal(HTTPStatus.CONFLICT, f"{found.user} was unlinked by somebody else a moment ago")
        return answer(found)


def no_link(workspace: str, user: str, known: Sequence[Linked]) -> str:
    """Whoever writes a name or a login instead of an id is told the id."""
    here = [each for each in known if each.workspace == workspace]
    if known and not here:
        return unknown("workspace", workspace, {each.workspace for each in known})
    called = user.removeprefix("@").casefold()
    meant = [each.user for each in here if called in (each.name.casefold(), each.login.casefold())]
    if meant:
        return f'there is no user "{user}" in {workspace}; did you mean {" or ".join(_quoted(meant))}?'
    return unknown("user", user, [each.user for each in here], f"who is linked in {workspace}")


def _quoted(names: Sequence[str]) -> Sequence[str]:
    return [f'"{each}"' for each in names]


def _told(each: record.Linked) -> Linked:
    return Linked(
        workspace=each.speaker.workspace,
        user=each.speaker.user,
        name=each.speaker.name,
        login=each.person.login,
        github_id=each.person.id,
        since=each.since,
    )
