"""The page where somebody gets the code that ties a chat's user to them: it is shown to who signed in, and typed there.

Every look at it makes a new code, which takes the place of the one before, so that what is on the screen counts.
"""

from collections.abc import Sequence
from typing import Protocol

import structlog
from aiohttp import web

from app.github.people import Person
from app.store.clock import now
from app.store.links import PAGE, LinkCode
from app.web import notice
from app.web.notice import Notice
from app.web.pages import SECURITY, Pages
from app.web.sign_in import Visitors
from checks.errors import Transient
from deploy import speech

WORDS = "/interlock link"
"""What one types before the code."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Codes(Protocol):
    async def issue(self, person: speech.Person) -> LinkCode: ...


def register(app: web.Application, *, pages: Pages, visitors: Visitors, codes: Codes) -> None:
    app.router.add_get(PAGE, Linking(pages, visitors, codes).show, allow_head=False)


class Linking:
    def __init__(self, pages: Pages, visitors: Visitors, codes: Codes) -> None:
        self._pages = pages
        self._visitors = visitors
        self._codes = codes

    async def show(self, request: web.Request) -> web.Response:
        if self._visitors.authorization is None:
            return _kept_nowhere(notice.show(self._pages, nobody_can_sign_in(self._visitors.missing)))
        person = self._visitors.person(request)
        if person is None:
            return _to_sign_in()
        try:
            code = await self._codes.issue(speech.Person(id=person.id, login=person.login))
        except Transient as trouble:
            log.warning("no_link_code", reason=str(trouble))
            return _kept_nowhere(notice.show(self._pages, not_now(), person))
        return _kept_nowhere(self._page(person, code))

    def _page(self, person: Person, code: LinkCode) -> web.Response:
        seconds = round((code.until - now()).total_seconds())
        return self._pages.page("linking.html", person=person, code=code, words=WORDS, page=PAGE, seconds=seconds)


def nobody_can_sign_in(missing: Sequence[str]) -> Notice:
    _, *how = notice.not_set_up(missing).words
    are = f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not set"
    words = (f"Who you are is told by signing in with GitHub, and here nobody can: {are}.", *how)
    return Notice(403, "Sign-in is not set up", words)


def not_now() -> Notice:
    words = ("A code has to be stored before it is shown, and that does not work now. Try again in a minute.",)
    return Notice(503, "There is no code for you yet", words, PAGE, "Try again")


def _to_sign_in() -> web.Response:
    headers = {**SECURITY, "Location": notice.sign_in_address(PAGE), "Cache-Control": "no-store"}
    return web.Response(status=web.HTTPSeeOther.status_code, headers=headers)


def _kept_nowhere(response: web.Response) -> web.Response:
    response.headers["Cache-Control"] = "no-store"
    return response
