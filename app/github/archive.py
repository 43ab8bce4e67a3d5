"""The archive of a commit, as GitHub packs it, written to a file."""

import asyncio
from http import HTTPStatus
from pathlib import Path

import aiohttp
from gidgethub import sansio
from yarl import URL

from app.github import redirect
from app.github.auth import Token
from app.github.errors import Hitch, NotFound
from app.github.tokens import Tokens
from app.github.transport import OnRequest, headers
from checks.change import short
from checks.errors import Permanent, Transient
from checks.repository import Repository

MOST_BYTES = 2 * 1024**3
TIMEOUT = aiohttp.ClientTimeout(total=900, sock_connect=10, sock_read=60)
"""GitHub packs while it sends."""
PATH = "/repos/{owner}/{repo}/zipball/{sha}"
"""https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-zip"""
CHUNK = 1024 * 1024


class Archives:
    """`url` is the API's address. Each archive is asked for with a token that reads this repository alone."""

    def __init__(self, url: str, tokens: Tokens, on_request: OnRequest, *, most_bytes: int = MOST_BYTES) -> None:
        self._url = url
        self._tokens = tokens
        self._on_request = on_request
        self._most_bytes = most_bytes

    async def fetch(self, repository: Repository, sha: str, into: Path) -> None:
        """Write the zip archive of the commit to the path. Raises `Transient` or `Permanent`."""
        what = f"the archive of {repository.full_name} at {short(sha)}"
        token = await self._tokens.scoped(repository)
        owner, _, name = repository.full_name.partition("/")
        variables = {"owner": owner, "repo": name, "sha": sha}
        url = URL(sansio.format_url(PATH, variables, base_url=self._url), encoded=True)
        trouble: Transient
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session:
                return await self._follow(session, url, token, what, into)
        except (aiohttp.ClientError, TimeoutError) as error:
            trouble = Hitch(f"The connection broke while GitHub sent {what} ({type(error).__name__})", harmless=True)
        except OSError as error:
            trouble = Transient(f"This machine cannot keep {what}: {error.strerror}")
        raise trouble  # out here it does not carry aiohttp's exception, which may hold the request's headers

    async def _follow(
        self, session: aiohttp.ClientSession, url: URL, token: Token | None, what: str, into: Path
    ) -> None:
        """The archive is on another host, under an address that is good for some minutes and needs no token."""
        for _ in range(redirect.MOST_REDIRECTS + 1):
            sent = headers(token) if token else {}
            async with session.get(url, headers=sent, allow_redirects=False) as response:
                self._on_request("GET", PATH, response.status)
                if not redirect.is_redirect(response.status):
                    return await self._receive(response, what, into)
                there = _target(url, response.headers.get("location", ""))
            token = token if there.origin() == url.origin() else None
            url = there
        raise Permanent(f"GitHub sends whoever wants {what} round in circles")

    async def _receive(self, response: aiohttp.ClientResponse, what: str, into: Path) -> None:
        if response.status != HTTPStatus.OK:
            raise _trouble(response.status, what)
        left = self._most_bytes
        with into.open("wb") as file:
            async for chunk in response.content.iter_chunked(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise Permanent(f"GitHub sends more than {self._most_bytes} bytes as {what}; that is too large")
                await asyncio.to_thread(file.write, chunk)


def _target(asked: URL, location: str) -> URL:
    """A token that was sent in the clear once is no secret any more, nor is the address that GitHub made."""
    try:
        there = asked.join(URL(location, encoded=True))
    except ValueError:
        there = URL()
    if not location or not there.host or there.user or (asked.scheme == "https") > (there.scheme == "https"):
        raise Permanent("GitHub redirects to an address that is none for an archive")
    return there


def _trouble(status: int, what: str) -> Transient | Permanent:
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        said = f"GitHub has no {what.removeprefix('the ')}, or the App may not read it"
        return NotFound(said, status=status, said=said)
    if status in (HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS, HTTPStatus.UNPROCESSABLE_ENTITY):
        return Permanent(f"GitHub refuses to send {what} (status {status})")
    return Hitch(f"GitHub answered {status} instead of {what}", harmless=True)
