"""The API of Interlock as commands ask it: whatever goes wrong is one line."""

import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from yarl import URL

from app.commands.refusal import Refusal, WrongSetting

DEFAULT = "http://127.0.0.1:8080"
TIMEOUT = ClientTimeout(total=30, sock_connect=10)
LONGEST = 8 * 1024 * 1024


class Unreachable(Refusal):
    """Nobody answers there, for now."""


class Api:
    """One conversation; to be used with `async with`."""

    def __init__(self, address: URL, token: str) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    async def __aenter__(self) -> Self:
        self._http = ClientSession(timeout=TIMEOUT, cookie_jar=DummyCookieJar())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def get(self, *path: str, **query: str | None) -> Any:
        given = {name: value for name, value in query.items() if value}
        return await self._ask("GET", path, given, None)

    async def post(self, *path: str, body: Mapping[str, object]) -> Any:
        return await self._ask("POST", path, {}, {name: value for name, value in body.items() if value is not None})

    async def delete(self, *path: str) -> Any:
        return await self._ask("DELETE", path, {}, None)

    async def _ask(
        self, method: str, path: tuple[str, ...], query: Mapping[str, str], body: Mapping[str, object] | None
    ) -> Any:
        url = self._address.joinpath("api", *path).with_query(query)
        try:
            async with self._http.request(
                method, url, json=body, headers=self._headers, allow_redirects=False
            ) as answer:
                raw = await answer.content.read(LONGEST)
                while more := await answer.content.read(LONGEST):
                    raw += more
                return self._read(answer.status, answer.content_type, raw, answer.headers.get("Location", ""))
        except TimeoutError:
            raise Unreachable(f"{self._address} does not answer") from None
        except (ClientError, OSError) as error:
            message = (
                f"{self._address} cannot be reached ({_reason(error)}): does Interlock run there? See INTERLOCK_URL"
            )
            raise Unreachable(message) from None

    def _read(self, status: int, kind: str, raw: bytes, elsewhere: str) -> Any:
        if elsewhere:
            raise Refusal(
                f"{self._address} sends to {_plain(elsewhere)}: set INTERLOCK_URL to the address of Interlock"
            )
        try:
            told = json.loads(raw) if kind == "application/json" else None
        except ValueError:
            told = None
        if not isinstance(told, dict):
            what = "a page" if kind == "text/html" else "something else"
            message = (
                f"{self._address} answers {status} with {what} instead of JSON: is INTERLOCK_URL Interlock's address?"
            )
            raise Refusal(message)
        if status == HTTPStatus.UNAUTHORIZED:
            raise Refusal(f"API_TOKEN is not the token of {self._address}")
        if status >= HTTPStatus.BAD_REQUEST:
            raise Refusal(_plain(str(told.get("error") or f"{self._address} answers {status}")))
        return told


def from_environment() -> Api:
    name = "INTERLOCK_URL" if os.environ.get("INTERLOCK_URL") else "PUBLIC_URL"
    address, token = os.environ.get(name) or DEFAULT, os.environ.get("API_TOKEN", "").partition(",")[0].strip()
    if not token:
        raise WrongSetting("API_TOKEN is not set: whoever runs Interlock has it")
    if not (token.isascii() and token.isprintable()):
        raise WrongSetting("API_TOKEN: must be one line of letters, digits and signs")
    try:
        url = URL(address)
    except ValueError:
        raise WrongSetting(f"{name}: is no address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise WrongSetting(f"{name}: must begin with https:// (or http://)")
    if url.user or url.password:
        raise WrongSetting(f"{name}: must not hold credentials; the token is API_TOKEN")
    return Api(url, token)


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number and number > 0 else type(error).__name__


def _plain(text: str) -> str:
    """On one line, and without what a terminal would obey."""
    return "".join(each if each.isprintable() else " " for each in text)
