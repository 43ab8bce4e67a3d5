"""Signing in with GitHub: a person authorises the App, and all that is kept of it is who they are.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import structlog
from yarl import URL

from app.github.exchange import Answer, answer
from app.github.people import Person
from app.github.secret import Secret
from app.github.transport import ACCEPT, API_VERSION, TIMEOUT, USER_AGENT, OnRequest
from checks.errors import Permanent, Transient

AUTHORIZE = "/login/oauth/authorize"
EXCHANGE = "/login/oauth/access_token"
REVOKE = "/applications/{client_id}/token"

ERROR = re.compile(r"[a-z_]{1,60}", re.ASCII)
MEANINGS = {
    "access_denied": "GitHub was not allowed to say who you are",
    "bad_verification_code": "GitHub's word for this sign-in was used already or is too old",
    "incorrect_client_credentials": "GitHub does not accept GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET: the operator of "
    "this Interlock compares them with the settings of the App on GitHub",
    "redirect_uri_mismatch": "GitHub does not know the way back here: the operator of this Interlock enters {back} "
    "as a callback URL in the settings of the App on GitHub",
    "unverified_user_email": "GitHub asks you to verify your primary email address first",
}
"""https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors"""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def site_of(api_url: str) -> URL:
    """Where people find the GitHub whose API this is: https://github.com for https://api.github.com.

    https://<host> for https://<host>/api/v3 of a GitHub Enterprise Server.
    """
    api = URL(api_url)
    if api.path.rstrip("/") == "/api/v3":
        return api.origin()
    return api.origin().with_host((api.host or "").removeprefix("api."))


class Authorization:
    """An async context manager. Nothing it raises or logs holds a token, a code or the client's secret."""

    def __init__(
        self, api_url: str, client_id: str, client_secret: Secret, on_request: OnRequest, timeout: float = TIMEOUT
    ) -> None:
        self._api = api_url
        self._site = str(site_of(api_url)).rstrip("/")
        self._id = client_id
        self._secret = client_secret
        self._on_request = on_request
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    def address(self, *, state: str, challenge: str, back: str) -> str:
        """Where a person says yes; GitHub then sends them to `back` with `state` and a code."""
        asked = {
            "client_id": self._id,
            "redirect_uri": back,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "allow_signup": "false",
        }
        return f"{self._site}{AUTHORIZE}?{urlencode(asked)}"

    async def person(self, *, code: str, verifier: str, back: str) -> Person:
        """Who came back with this code. Raises `Permanent` if GitHub does not vouch for it, else `Transient`."""
        token = await self._token(code, verifier, back)
        try:
            headers = {"Authorization": f"Bearer {token.reveal()}"}
            told = await self._ask("GET", "/user", self._api + "/user", headers=headers)
        finally:
            await self._revoke(token)
        match told.data:
            case {"id": int(number), "login": str(login)} if told.ok:
                return Person(id=number, login=login)
            case _:
                raise Transient(f"GitHub answered GET /user with status {told.status} and did not say who you are")

    async def _token(self, code: str, verifier: str, back: str) -> Secret:
        form = {
            "client_id": self._id,
            "client_secret": self._secret.reveal(),
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        told = await self._ask(
            "POST", EXCHANGE, self._site + EXCHANGE, headers={"Accept": "application/json"}, data=form
        )
        match told.data:
            case {"access_token": str(token)} if token and told.ok:
                return Secret(token)
            case {"error": str(error)}:
                raise Permanent(meaning(error, back))
            case _:
                raise Transient(f"GitHub answered POST {EXCHANGE} with status {told.status} and no token")

    async def _revoke(self, token: Secret) -> None:
        """The token has told all that it was made for. One that cannot be revoked ends by itself, in eight hours."""
        headers = {"Authorization": aiohttp.encode_basic_auth(self._id, self._secret.reveal())}
        address = self._api + REVOKE.replace("{client_id}", self._id)
        try:
            told = await self._ask("DELETE", REVOKE, address, headers=headers, json={"access_token": token.reveal()})
        except Transient as trouble:
            log.warning("user_token_not_revoked", reason=str(trouble))
        else:
            if told.status != HTTPStatus.NO_CONTENT:
                log.warning("user_token_not_revoked", reason=f"GitHub answered with status {told.status}")

    async def _ask(self, method: str, path: str, url: str, *, headers: Mapping[str, str], **sent: Any) -> Answer:
        assert self._session, "the authorization is an async context manager, and this is outside of it"
        said = {"Accept": ACCEPT, "X-GitHub-Api-Version": API_VERSION, **headers}
        try:
            async with self._session.request(method, url, headers=said, allow_redirects=False, **sent) as response:
                got = answer(response.status, response.headers, await response.read())
        except TimeoutError:
            trouble = Transient(f"GitHub did not answer {method} {path} within {self._timeout:g} s")
        except (aiohttp.ClientError, OSError) as error:
            trouble = Transient(f"GitHub cannot be reached for {method} {path} ({type(error).__name__})")
        else:
            self._on_request(method, path, got.status)
            return got
        self._on_request(method, path, 0)
        raise trouble  # out here it does not carry aiohttp's exception, which may hold what was sent


def meaning(error: str, back: str) -> str:
    """What GitHub's word for a refusal says to whoever wanted to sign in."""
    if error in MEANINGS:
        return MEANINGS[error].format(back=back)
    return f"GitHub refused the sign-in ({error if ERROR.fullmatch(error) else 'without a reason'})"
