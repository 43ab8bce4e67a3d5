"""Slack's Web API: one request, and what its answer means for whoever asked."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from pydantic import SecretStr
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from checks.errors import Transient

TIMEOUT = 10.0
DEFAULT_WAIT = 30.0
"""Seconds, where Slack asks to come later without saying when."""
LONGEST_WAIT = 3600.0

AWAY = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})
"""https://docs.slack.dev/reference/methods/chat.postMessage"""

WRITING = ("chat.", "views.")

TOO_OFTEN = 429
OURS = 500

OnRequest = Callable[[str, str], None]
"""Told of every request: method, and outcome: `ok`, Slack's word for what is wrong, or `no_answer`."""

Answer = Mapping[str, Any]


class Refused(Exception):
    """Slack understood and said no: `code` is its word for why, `needed` the scope that it misses, if it does."""

    def __init__(self, method: str, code: str, needed: str = "") -> None:
        super().__init__(f"Slack refused {method}: {code}")
        self.code = code
        self.needed = needed


def silent() -> logging.Logger:
    """For Slack's own libraries, which write bodies with addresses into their logs; what matters is logged here."""
    logger = logging.getLogger("interlock.slack")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


class SlackClient:
    """Owns the connections; `url` is the API's address."""

    def __init__(self, url: str, on_request: OnRequest, *, timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        self.count = on_request
        self._timeout = timeout
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = ClientSession(timeout=ClientTimeout(total=self._timeout), cookie_jar=DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    @property
    def session(self) -> ClientSession:
        assert self._session, "the client is an async context manager, and this is outside of it"
        return self._session

    def web(self, token: SecretStr | None = None) -> AsyncWebClient:
        """Slack's own client. It tries nothing again by itself: the task does."""
        return AsyncWebClient(
            token=token.get_secret_value() if token else None,
            base_url=self.url,
            session=self.session,
            logger=silent(),
            retry_handlers=[],
        )

    async def call(self, token: SecretStr, method: str, arguments: Mapping[str, Any]) -> Answer:
        """What Slack answers. Raises `Refused`, or `Transient` if it does not answer, or not now."""
        trouble: Exception
        try:
            answer = await self._asked(self.web(token), method, arguments)
        except SlackClientError as error:
            trouble = _refusal(method, error)
        except TimeoutError:
            trouble = Transient(f"Slack did not answer {method} within {self._timeout:g} s")
        except (ClientError, OSError, ValueError) as error:
            trouble = Transient(f"Slack cannot be reached for {method} ({type(error).__name__})")
        except AttributeError:  # slack_sdk takes a text that is no JSON for one
            trouble = Transient(f"Slack did not answer {method} in JSON")
        else:
            self.count(method, "ok")
            return answer.data if isinstance(answer.data, dict) else {}
        self.count(method, _outcome(trouble))
        raise trouble  # out here it does not carry the library's exception, which holds the request with its token

    async def _asked(self, web: AsyncWebClient, method: str, arguments: Mapping[str, Any]) -> AsyncSlackResponse:
        """Slack reads JSON where something is written, and not everywhere else."""
        if method.startswith(WRITING):
            return await web.api_call(method, json=dict(arguments))
        return await web.api_call(method, http_verb="GET" if arguments else "POST", params=dict(arguments))


def later(method: str, retry_after: str | None) -> Transient:
    """Slack asks to come later. https://docs.slack.dev/apis/web-api/rate-limits"""
    given = retry_after or ""
    seconds = min(float(given), LONGEST_WAIT) if given.isascii() and given.isdigit() else DEFAULT_WAIT
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return Transient(f"Slack was asked for {method} too often; again in {seconds:g} s", not_before=until)


def _refusal(method: str, error: SlackClientError) -> Exception:
    response = getattr(error, "response", None)
    status: int = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    data = getattr(response, "data", None)
    told = data if isinstance(data, dict) else {}
    code = str(told.get("error") or "")
    if status == TOO_OFTEN or code in ("ratelimited", "rate_limited"):
        return later(method, getattr(response, "headers", {}).get("Retry-After"))
    if status >= OURS or code in AWAY or not code:
        return Transient(f"Slack could not do {method} now ({code or status})")
    return Refused(method, code, str(told.get("needed") or ""))


def _outcome(trouble: Exception) -> str:
    if isinstance(trouble, Refused):
        return trouble.code
    return "later" if isinstance(trouble, Transient) and trouble.not_before else "no_answer"
