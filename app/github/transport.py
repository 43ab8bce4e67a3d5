"""HTTP to one GitHub: headers, connections, time limit and redirects; a token never leaves that host."""

from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

import aiohttp
from gidgethub import sansio
from yarl import URL

from app.github import redirect
from app.github.auth import Token
from app.github.errors import Hitch, describe
from app.github.exchange import Answer, Request, answer
from checks.errors import Permanent

API_VERSION = "2022-11-28"
"""Said with every request: the default may change under us. Later versions drop `merge_commit_sha`.
https://docs.github.com/en/rest/about-the-rest-api/breaking-changes"""
ACCEPT = "application/vnd.github+json"
USER_AGENT = "interlock"
TIMEOUT = 10.0

OnRequest = Callable[[str, str, int], None]
"""Told of every request: method, path template, status (0: no answer). Only a read that aiohttp tried again by
itself, because a connection that it had kept open was closed, counts once."""


class Transport:
    """Owns the connections; `url` is the API's address, with its path on a GitHub Enterprise Server."""

    def __init__(self, url: str, on_request: OnRequest, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._on_request = on_request
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._timeout), cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    def address(self, request: Request) -> URL:
        return URL(sansio.format_url(request.path, request.variables, base_url=self._url), encoded=True)

    async def fetch(self, request: Request, url: URL, token: Token) -> Answer:
        """Whatever GitHub answers in the end. Raises `Hitch` if it does not, `Permanent` for a wrong redirect."""
        moved = False
        for _ in range(redirect.MOST_REDIRECTS + 1):
            got = await self._exchange(request, url, token)
            if not redirect.is_redirect(got.status):
                return replace(got, moved=moved)
            moved = True
            url = redirect.target(url, got.status, got.headers.get("location", ""), request.method)
        raise Permanent(f"GitHub sends {describe(request)} round in circles")

    async def _exchange(self, request: Request, url: URL, token: Token) -> Answer:
        try:
            got = await self._over_the_wire(request, url, token)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            trouble = Hitch(f"GitHub cannot be reached at {url.host}", harmless=True)
        except TimeoutError:
            trouble = Hitch(f"GitHub did not answer {describe(request)} within {self._timeout:g} s", harmless=False)
        except (aiohttp.ClientError, OSError) as error:
            trouble = Hitch(f"The connection broke during {describe(request)} ({type(error).__name__})", harmless=False)
        else:
            self._on_request(request.method, request.path, got.status)
            return got
        self._on_request(request.method, request.path, 0)
        raise trouble  # out here it does not carry aiohttp's exception, which may hold the request's headers

    async def _over_the_wire(self, request: Request, url: URL, token: Token) -> Answer:
        assert self._session, "the client is an async context manager, and this is outside of it"
        async with self._session.request(
            request.method, url, json=request.body, headers=_conditional(request, token), allow_redirects=False
        ) as response:
            return answer(response.status, response.headers, await response.read())


def headers(token: Token) -> dict[str, str]:
    """What every request says."""
    created = sansio.create_headers(USER_AGENT, accept=ACCEPT, jwt=token.secret.reveal())
    return {**created, "x-github-api-version": API_VERSION}


def _conditional(request: Request, token: Token) -> dict[str, str]:
    said = headers(token)
    return {**said, "if-none-match": request.etag} if request.etag else said


def next_page(page: Answer, url: URL) -> URL | None:
    """The address that the `link` header names; like a redirect, it may not lead elsewhere."""
    _, _, following = sansio.decipher_response(200, {"link": page.headers.get("link", "")}, b"")
    return redirect.on_same_host(url, following) if following else None
