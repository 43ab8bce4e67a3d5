"""Who may read a build's page and log: everybody if the repository is public, else those who can read it on GitHub.

Without the right nobody learns whether a build exists. (Somebody who is signed in could tell when GitHub cannot be
asked; an id has 80 random bits, so nobody comes to one by guessing.)
"""

from collections.abc import Sequence
from typing import Protocol

import structlog
from aiohttp import web

from app.github.people import Person
from app.web import notice
from app.web.notice import Notice
from app.web.pages import Pages
from checks.build import Build
from checks.errors import Transient
from checks.repository import Repository

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Builds(Protocol):
    async def build(self, build: str) -> Build | None: ...


class Repositories(Protocol):
    async def known(self, repository: int) -> Repository | None:
        """The repository as it is now; a build remembers how it was."""
        ...


class People(Protocol):
    async def may_read(self, repository: Repository, person: Person) -> bool:
        """Raises `Transient` if nobody can tell now."""
        ...


class Visitors(Protocol):
    missing: Sequence[str]
    """The settings without which nobody can sign in."""

    def person(self, request: web.Request) -> Person | None:
        """Who asks, if they are signed in."""
        ...


class Readers:
    def __init__(
        self, pages: Pages, builds: Builds, repositories: Repositories, people: People, visitors: Visitors
    ) -> None:
        self._pages = pages
        self._builds = builds
        self._repositories = repositories
        self._people = people
        self._visitors = visitors

    def person(self, request: web.Request) -> Person | None:
        return self._visitors.person(request)

    async def build(self, request: web.Request) -> Build:
        """The build that the address names, for whoever may read it; the others get a page that says what to do."""
        try:
            build = await self.see(request)
        except Transient as trouble:
            log.warning("reader_not_known", reason=str(trouble))
            raise self._refusal(request, notice.unknown_now(request.path_qs)) from None
        if build is None:
            raise self._refusal(request, self._why_not(request))
        return build

    async def see(self, request: web.Request) -> Build | None:
        """The same without a page; None is no, and `Transient` is that GitHub cannot be asked now."""
        build = await self._builds.build(request.match_info["build"])
        if build is None:
            return None
        was = build.change.repository
        now = await self._repositories.known(was.id)
        if now and not now.private:
            return build
        person = self.person(request)
        return build if person and await self._people.may_read(now or was, person) else None

    def _why_not(self, request: web.Request) -> Notice:
        if self._visitors.missing:
            return notice.not_set_up(self._visitors.missing)
        person = self.person(request)
        return notice.not_for(person, request.path_qs) if person else notice.sign_in_first(request.path_qs)

    def _refusal(self, request: web.Request, why: Notice) -> web.HTTPException:
        return notice.refusal(self._pages, why, self.person(request))
