"""The address that Slack gives with what somebody said, to answer them and nobody else. It is a secret.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import ClientError
from yarl import URL

from app.slack.client import OURS, TOO_OFTEN, SlackClient, later
from checks.errors import Permanent, Transient

SLACK = "hooks.slack.com"
METHOD = "response_url"
"""What the metrics and messages call it."""

WORD = re.compile(r"[a-z0-9_]{1,50}", re.ASCII)
USED_UP = frozenset({"expired_url", "used_url", "expired_response_url", "invalid_url", "no_active_hooks"})


async def respond(client: SlackClient, address: str, body: Mapping[str, Any]) -> bool:
    """Whether Slack took it; False if it is too late for that, or somebody else answered in its place, as proxies do.

    Raises `Transient` or `Permanent`.
    """
    if not is_slacks(address, client.url):
        raise Permanent("the address to answer to is not Slack's, so nothing was sent there")
    status, text, retry_after = await _posted(client, address, body)
    code = _code(text)
    if status == TOO_OFTEN:
        client.count(METHOD, "ratelimited")
        raise later(METHOD, retry_after)
    is_taken = status == HTTPStatus.OK and (code == "ok" or not text.strip())
    client.count(METHOD, "ok" if is_taken else code)
    if is_taken:
        return True
    if status >= OURS:
        raise Transient(f"Slack could not take the answer now ({status})")
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE) or code in USED_UP:
        return False
    if status == HTTPStatus.OK and code == "unknown":
        return False
    raise Permanent(f"Slack refused the answer ({status}, {code})")


def is_slacks(address: str, api: str) -> bool:
    """Whether an address is Slack's, or lies where SLACK_API_URL says that Slack is."""
    try:
        url, own = URL(address), URL(api)
        place, home = [(each.scheme, each.host, each.port) for each in (url, own)]
    except ValueError:
        return False
    return place in (("https", SLACK, 443), home) and not url.user


async def _posted(client: SlackClient, address: str, body: Mapping[str, Any]) -> tuple[int, str, str | None]:
    try:
        async with client.session.post(URL(address, encoded=True), json=body, allow_redirects=False) as response:
            text = (await response.content.read(2000)).decode(errors="replace")
            return response.status, text, response.headers.get("Retry-After")
    except TimeoutError:
        trouble = Transient("Slack did not take the answer in time")
    except (ClientError, OSError, ValueError) as error:
        trouble = Transient(f"Slack cannot be reached to answer ({type(error).__name__})")
    client.count(METHOD, "no_answer")
    raise trouble  # out here it does not carry aiohttp's exception, which may hold the address


def _code(text: str) -> str:
    """Slack's word in an answer that may be text or JSON; `unknown` if there is none."""
    try:
        told = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        word = text.strip()
    else:
        word = "ok" if told.get("ok") is True else str(told.get("error") or "")
    return word if WORD.fullmatch(word) else "unknown"
