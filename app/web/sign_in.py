"""Signing in and out: to GitHub and back with a state that only this browser holds, then a session of twelve hours.

A session is in the browser alone, so signing out ends it there. Another site cannot sign anybody out or in: the
cookies are SameSite=Lax, so a form of theirs comes without them and then changes nothing, and a sign-in that this
browser did not begin does not count. https://www.rfc-editor.org/rfc/rfc9700
"""

import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

import structlog
from aiohttp import web
from msgspec import Struct

from app.github.authorization import Authorization, meaning
from app.github.people import Person
from app.web import notice
from app.web.notice import Notice
from app.web.pages import SECURITY, Pages
from app.web.session import Cookie, Seal
from checks.errors import Permanent, Transient

SIGN_IN = "/sign-in"
BACK = "/sign-in/back"
SIGN_OUT = "/sign-out"

SESSION_LIFE = timedelta(hours=12)
SIGN_IN_LIFE = timedelta(minutes=10)

LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}", re.ASCII)
"""A path of this site: no second slash, which begins a host, no backslash, which browsers take for one, no blanks."""

MOST_USED = 10_000

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Begun(Struct, frozen=True, kw_only=True):
    """A sign-in that is under way. `verifier` is PKCE's: https://www.rfc-editor.org/rfc/rfc7636"""

    state: str
    verifier: str
    to: str


def local(to: str) -> str:
    """The same path if it stays on this site, else where one is told that one is signed in."""
    return to if LOCAL.fullmatch(to) else SIGN_IN


class Visitors:
    """Who somebody is, and how they tell. Without `authorization` nobody can, as settings are `missing`."""

    def __init__(
        self, seal: Seal, public_url: str, authorization: Authorization | None, missing: Sequence[str] = ()
    ) -> None:
        secure = public_url.startswith("https://")
        self.session = Cookie(seal, "interlock", Person, life=SESSION_LIFE, secure=secure)
        self.begun = Cookie(seal, "interlock-sign-in", Begun, life=SIGN_IN_LIFE, secure=secure)
        self.back = public_url.rstrip("/") + BACK
        self.authorization = authorization
        self.missing = missing

    def person(self, request: web.Request) -> Person | None:
        return self.session.read(request) if self.authorization else None


def register(app: web.Application, *, pages: Pages, visitors: Visitors) -> None:
    door = SignIn(pages, visitors)
    app.router.add_get(SIGN_IN, door.begin, allow_head=False)
    app.router.add_get(BACK, door.end, allow_head=False)
    app.router.add_post(SIGN_OUT, door.sign_out)


class SignIn:
    def __init__(self, pages: Pages, visitors: Visitors) -> None:
        self._pages = pages
        self._visitors = visitors
        self._used: OrderedDict[str, float] = OrderedDict()

    async def begin(self, request: web.Request) -> web.Response:
        """To GitHub, with what only this browser can come back with."""
        if self._visitors.authorization is None:
            return self._say(notice.not_set_up(self._visitors.missing))
        person = self._visitors.person(request)
        if person and "to" not in request.query:
            return notice.show(self._pages, notice.signed_in(person), person)
        begun = Begun(
            state=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48), to=local(request.query.get("to", ""))
        )
        challenge = urlsafe_b64encode(sha256(begun.verifier.encode()).digest()).decode().rstrip("=")
        address = self._visitors.authorization.address(state=begun.state, challenge=challenge, back=self._visitors.back)
        response = _to(address)
        self._visitors.begun.write(response, begun)
        return response

    async def end(self, request: web.Request) -> web.Response:
        """Back from GitHub: the code is exchanged for who somebody is, and forgotten."""
        if self._visitors.authorization is None:
            return self._say(notice.not_set_up(self._visitors.missing))
        begun = self._visitors.begun.read(request)
        if begun is None or not self._counts(begun, request.query.get("state", "")):
            return self._say(notice.sign_in_stale())
        response = await self._answer(self._visitors.authorization, begun, request)
        self._visitors.begun.clear(response)
        return response

    async def sign_out(self, request: web.Request) -> web.Response:
        response = _to(local(request.query.get("to", "")))
        if self._visitors.session.read(request):
            self._visitors.session.clear(response)
        return response

    def _counts(self, begun: Begun, state: str) -> bool:
        """A state counts once. (With several processes it is GitHub's code that does.)"""
        if not hmac.compare_digest(begun.state.encode(), state.encode(errors="replace")) or state in self._used:
            return False
        self._used[state] = now = time.monotonic()
        while self._used and (len(self._used) > MOST_USED or self._oldest < now - SIGN_IN_LIFE.total_seconds()):
            self._used.popitem(last=False)
        return True

    @property
    def _oldest(self) -> float:
        return next(iter(self._used.values()))

    async def _answer(self, authorization: Authorization, begun: Begun, request: web.Request) -> web.Response:
        code = request.query.get("code", "")
        if not code:
            why = meaning(request.query.get("error", "access_denied"), self._visitors.back)
            return self._say(notice.sign_in_refused(why, begun.to))
        try:
            person = await authorization.person(code=code, verifier=begun.verifier, back=self._visitors.back)
        except Permanent as refusal:
            log.warning("sign_in_refused", reason=str(refusal))
            return self._say(notice.sign_in_refused(str(refusal), begun.to))
        except Transient as trouble:
            log.warning("sign_in_failed", reason=str(trouble))
            return self._say(notice.unnamed_now(begun.to))
        log.info("signed_in", login=person.login, user=person.id)
        response = _to(begun.to)
        self._visitors.session.write(response, person)
        return response

    def _say(self, words: Notice) -> web.Response:
        return notice.show(self._pages, words)


def _to(address: str) -> web.Response:
    headers = {**SECURITY, "Location": address, "Cache-Control": "no-store"}
    return web.Response(status=web.HTTPSeeOther.status_code, headers=headers)
