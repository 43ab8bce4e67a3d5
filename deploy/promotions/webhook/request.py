"""One GET to an address that somebody else chose: looked up once, checked, bounded in time, length and redirects."""

import os
import socket
from asyncio import get_running_loop
from collections.abc import Sequence
from typing import Any

import aiohttp
from yarl import URL

from checks.errors import Permanent, Transient
from deploy.answer import Answer
from deploy.promotion import Surroundings
from deploy.reach import refusal

LONGEST_BODY = 1 << 18
"""Bytes; what comes after them is not looked at."""

NO_LIMIT = aiohttp.ClientTimeout()
"""Whoever calls limits the whole."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class BrokenOff(Exception):
    """It was asked, and gave no answer: the user's matter. What could not be asked at all is `Transient`."""


def address(text: str) -> URL:
    try:
        url = URL(text)
        _ = url.port
    except ValueError as error:
        raise ValueError(f"{text!r} is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"{text!r} is no address that can be asked: it begins with https:// (or http://) and a host")
    if url.user is not None or url.password is not None:
        raise ValueError("credentials in an address would be shown to everybody: remove what is before the @")
    return url


async def asked(url: URL, around: Surroundings, redirects: int) -> Answer:
    answer = await _answer(url, around)
    target = answer.headers.get("location", "")
    if not redirects or not target or answer.status not in REDIRECTS:
        return answer
    try:
        return await asked(address(str(url.join(URL(target)))), around, redirects - 1)
    except ValueError as error:
        raise BrokenOff(f"redirects to what cannot be asked: {error}") from None


async def _answer(url: URL, around: Surroundings) -> Answer:
    """The name is looked up once, and the address that was checked is the one that is asked."""
    trouble: Exception | None = None
    for address in await _addresses(url, around):
        try:
            return await _from(url, address, around.http)
        except aiohttp.ClientConnectorError as error:
            trouble = error
    raise Transient(f"{url.host} could not be asked: {_why(trouble)}")


def _why(trouble: Exception | None) -> str:
    if isinstance(trouble, aiohttp.ClientSSLError):
        return "its certificate is not accepted"
    assert isinstance(trouble, aiohttp.ClientConnectorError)
    return os.strerror(trouble.os_error.errno or 0).lower()


async def _addresses(url: URL, around: Surroundings) -> Sequence[str]:
    host, port = str(url.host), url.port or 443
    try:
        found = await get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Transient(f"{host} could not be asked: it has no address") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for address in addresses:
        why = refusal(address, around.networks)
        if why:
            raise Permanent(f"{host} may not be asked: {why}")
    return addresses


async def _from(url: URL, address: str, http: Any) -> Answer:
    headers = {"Host": url.authority, "Accept-Encoding": "identity", "User-Agent": "Interlock"}
    try:
        async with http.get(
            url.with_host(address), headers=headers, server_hostname=url.host, allow_redirects=False, timeout=NO_LIMIT
        ) as response:
            body = b""
            while len(body) <= LONGEST_BODY and (more := await response.content.read(LONGEST_BODY)):
                body += more
            told = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status=response.status, headers=told, body=body[:LONGEST_BODY], cut=len(body) > LONGEST_BODY)
    except aiohttp.ClientConnectorError:
        raise
    except aiohttp.ClientError:
        raise BrokenOff("broke off before it had answered") from None
