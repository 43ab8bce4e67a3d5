"""Asks GitHub one thing and survives whatever the answer is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from yarl import URL

from app.github.auth import AppKey, Token
from app.github.clock import Clock
from app.github.errors import Hitch, WouldWait, describe, refusal
from app.github.exchange import Answer, Request
from app.github.lane import Lane, Limits, NotYet
from app.github.rate_limit import Limit, limit_of, seconds_of, until_reset
from app.github.throttle import Throttle
from app.github.tokens import Tokens
from app.github.transport import Transport, next_page
from checks.errors import Transient

MOST_ATTEMPTS = 3
LONGEST_PAUSE = 5.0
"""Seconds that one request waits inside for GitHub; more than that is the task's matter."""
BACK_OFF = 0.5
MOST_PAGES = 100
FRESH = 10.0
"""Seconds in which a new token may not have reached all of GitHub's machines.
https://github.com/octokit/auth-app.js/issues/589"""


class Client:
    """One per process: connections, tokens and turns. An async context manager."""

    def __init__(
        self, transport: Transport, key: AppKey, *, limits: Limits | None = None, clock: Clock | None = None
    ) -> None:
        self._transport = transport
        self._clock = clock or Clock()
        self._throttle = Throttle(limits or Limits(), self._clock)
        self.key = key
        self.tokens = Tokens(self.send, self._clock)

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    async def send(self, request: Request) -> Answer:
        """An answer of success, or one that is `unchanged` since the request's ETag.

        Raises `Refused` or another `Permanent`, or a `Transient` such as `WouldWait`.
        """
        return await self._persist(request, self._transport.address(request))

    async def items(self, request: Request, key: str = "") -> AsyncIterator[Any]:
        """Everything in a list of several pages; `key` names the list where it is inside an object.

        The request's path must end in a template of its query that has `per_page`.
        """
        first = replace(request, variables={**request.variables, "per_page": "100"})
        url: URL | None = self._transport.address(first)
        for _ in range(MOST_PAGES):
            if url is None:
                return
            page = await self._persist(first, url)
            listed = page.data.get(key) if key and isinstance(page.data, dict) else page.data
            if not isinstance(listed, list):
                raise Transient(f"GitHub answered {describe(request)} without the list of {key or 'items'}")
            for item in listed:
                yield item
            url = next_page(page, url)

    async def _persist(self, request: Request, url: URL) -> Answer:
        attempt = 0
        while True:
            attempt += 1
            token = await self._credential(request)  # has attempts of its own, which must not multiply
            try:
                return await self._attempt(request, url, token)
            except Hitch as hitch:
                pause = hitch.after or BACK_OFF * 2.0**attempt * self._clock.jitter()
                if attempt == MOST_ATTEMPTS or pause > LONGEST_PAUSE or not (hitch.harmless or request.may_repeat):
                    raise
            await self._clock.sleep(pause)

    async def _attempt(self, request: Request, url: URL, token: Token) -> Answer:
        lane = self._throttle.lane(request.installation)
        try:
            async with lane.turn(writes=request.writes, urgency=request.urgency, patient=request.patient):
                answer = await self._transport.fetch(request, url, token)
                limit = self._heed(lane, answer)
        except NotYet as not_yet:
            raise self._too_early(request, not_yet.seconds) from None
        if limit:
            raise self._limited(request, limit)
        if (answer.ok or answer.unchanged) and not answer.broken:
            return answer
        raise self._trouble(request, answer, token)

    async def _credential(self, request: Request) -> Token:
        if request.installation is None:
            return self.key.token()
        return await self.tokens.of(request.installation)

    def _heed(self, lane: Lane, answer: Answer) -> Limit | None:
        """Hold everybody in the lane back if GitHub wants that."""
        now = self._clock.now()
        limit = limit_of(answer, now, lane.strikes)
        if limit:
            lane.strikes += not limit.stated
            lane.pause(limit.seconds)
        elif answer.ok:
            lane.strikes = 0
            lane.pause(until_reset(answer, now) or 0.0)
        return limit

    def _too_early(self, request: Request, seconds: float) -> Transient:
        what = f"It is not the turn of {describe(request)} yet"
        return Transient(what, not_before=self._clock.after(seconds)) if request.patient else WouldWait(what)

    def _limited(self, request: Request, limit: Limit) -> Hitch:
        return Hitch(
            f"GitHub's rate limit refused {describe(request)} for {limit.seconds:.0f} s",
            harmless=True,
            after=limit.seconds,
            not_before=self._clock.after(limit.seconds),
        )

    def _trouble(self, request: Request, answer: Answer, token: Token) -> Exception:
        if answer.ok:
            return Hitch(f"GitHub answered {describe(request)} with something that is not JSON", harmless=False)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.REQUEST_TIMEOUT:
            return self._ill(request, answer)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return self._unauthorized(request, answer, token)
        refused = refusal(request, answer)
        is_forbidden = answer.status == HTTPStatus.FORBIDDEN and "not accessible" in refused.said
        if is_forbidden and self._is_fresh(request, token):
            return Hitch(str(refused), harmless=True, after=1.0)
        return refused

    def _ill(self, request: Request, answer: Answer) -> Hitch:
        seconds = seconds_of(answer.headers.get("retry-after", ""), answer) or 0.0
        return Hitch(
            f"GitHub answered {describe(request)} with status {answer.status}",
            harmless=False,
            after=seconds,
            not_before=self._clock.after(seconds) if seconds else None,
        )

    def _unauthorized(self, request: Request, answer: Answer, token: Token) -> Exception:
        if request.installation is None:
            if self.key.learn(token, answer):
                return Hitch(f"GitHub's clock differs from ours: {answer.message}", harmless=True, after=0.001)
            return Transient(
                f"GitHub does not accept the App's key ({answer.message}): check GITHUB_APP_ID and GITHUB_PRIVATE_KEY"
            )
        fresh = self._is_fresh(request, token)
        if not fresh:
            self.tokens.discard(token)
        why = f"GitHub does not accept the token of installation {request.installation}: {answer.message}"
        return Hitch(why, harmless=True, after=1.0 if fresh else 0.001)

    def _is_fresh(self, request: Request, token: Token) -> bool:
        return request.installation is not None and self._clock.now() - token.made_at < FRESH
