"""One request for a page: who looks, in which channel, and whether a form came from here."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from app.demo.slack.api.call import SLACK
from app.demo.slack.message import Message
from app.demo.slack.pages.house import HEADERS, HOUSE
from app.demo.slack.platform import Platform
from app.demo.slack.refusal import Impossible, Refusal
from app.demo.slack.view import View
from app.demo.slack.workspace import Channel, User, Workspace

COOKIE = "speaker"
MOST = 200
"""Messages on a page: who looks for older ones asks `messages`."""


class Visit:
    """`who` is the person that the cookie names, else the first one there is; `workspace` is theirs."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.slack: Platform = request.app[SLACK]
        team, _, user = request.cookies.get(COOKIE, "").partition(".")
        people = [(workspace, who) for workspace, all_there in self.everybody for who in all_there]
        known = [(workspace, who) for workspace, who in people if (workspace.id, who.id) == (team, user)]
        found = (known or people)[:1]
        self.workspace = found[0][0] if found else None
        self.who = found[0][1] if found else None

    @property
    def everybody(self) -> Sequence[tuple[Workspace, Sequence[User]]]:
        return [(each, self.slack.people(each)) for each in self.slack.workspaces.values()]

    @property
    def person(self) -> tuple[Workspace, User]:
        """There is always somebody, or the button is refused."""
        if self.workspace is None or self.who is None:
            raise Impossible("There are no people in this Slack yet.")
        return self.workspace, self.who

    @property
    def channels(self) -> Sequence[Channel]:
        """Those that the person can look into."""
        workspace, who = self.person
        return [each for each in workspace.channels.values() if not each.private or who.id in each.members]

    def channel(self, key: str) -> Channel:
        workspace, who = self.person
        found = next((each for each in self.channels if each.id == key), None)
        if found is None:
            raise Impossible(f"{who.name} sees no such channel in {workspace.domain}.")
        return found

    def messages(self, channel: Channel) -> Sequence[Message]:
        """What the person reads there, outside of threads: the newest of it."""
        there = {each.ts for each in self.slack.written(channel)}
        seen = self._seen(self.slack.written(channel))
        return [each for each in seen if not (each.is_reply and each.thread_ts in there)][-MOST:]

    def thread(self, message: Message) -> Sequence[Message]:
        return self._seen(self.slack.thread(message))

    @property
    def open_thread(self) -> str:
        """The one that somebody has just written in."""
        return self.request.query.get("thread", "")

    @property
    def view(self) -> View | None:
        workspace, who = self.person
        shown = self.slack.views_of(workspace.id, who.id)
        return shown[-1] if shown else None

    @property
    def names(self) -> Mapping[str, str]:
        """What ids are called in texts."""
        workspace, _ = self.person
        people = {each.id: f"@{each.name}" for each in workspace.users.values()}
        return people | {each.id: f"#{each.name}" for each in workspace.channels.values()}

    def page(self, template: str, *, status: int = 200, **facts: Any) -> web.Response:
        here = self.request.path_qs if self.request.method == "GET" else "/"
        shown = {"visit": self, "here": here, "version": self.slack.changes, "channel": None}
        return self.request.app[HOUSE].page(template, status=status, **(shown | facts))

    async def form(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in (await self.request.post()).items():
            if isinstance(value, str):
                found.setdefault(name, []).append(value)
        return found

    def _seen(self, messages: Sequence[Message]) -> Sequence[Message]:
        return [each for each in messages if each.only_for in {None, self.who}]


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Show = Callable[[Visit], Coroutine[Any, Any, web.StreamResponse]]


def page(show: Show) -> Handler:
    """A handler that shows what cannot be as a page, and takes forms from this site alone."""

    async def handle(request: web.Request) -> web.StreamResponse:
        visit = Visit(request)
        try:
            _must_be_from_here(request)
            return await (visit.slack.finish(show(visit)) if request.method == "POST" else show(visit))
        except Impossible as no:
            return visit.page("cannot.html", status=409, message=str(no))
        except Refusal as no:
            return visit.page("cannot.html", status=404, message=f"Local Slack says {no.error}.")

    return handle


def back(url: str) -> web.Response:
    """To a page of this site, whatever a form says."""
    here = url if url.startswith("/") and not url.startswith(("//", "/\\")) else "/"
    return web.Response(status=303, headers={**HEADERS, "Location": here})


def moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)


def _must_be_from_here(request: web.Request) -> None:
    """Browsers say where a form comes from; what says nothing is refused."""
    site, origin = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", "")
    is_ours = urlsplit(origin).netloc == request.host if origin else site == "same-origin"
    if request.method == "POST" and not (is_ours and site in {"", "same-origin"}):
        raise Impossible("A form has to be sent from a page of this site.")
