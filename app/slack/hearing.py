"""What Slack tells the App, by whichever way it comes: verified, kept, acknowledged within three seconds.

https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
"""

import asyncio
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import msgspec
import structlog
from msgspec import Struct
from prometheus_client import Counter
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from app.slack import payload
from app.slack.block_kit import escaped
from app.slack.client import Refused, silent
from app.slack.modal import MISSING, view
from app.slack.payload import EVENT, FIELD, Asking
from app.slack.response import respond
from app.slack.workspace import SlackWorkspaces
from checks.errors import Permanent, Transient
from checks.message import Ask

PATIENCE = 2.5
"""Seconds until Slack has to be answered, whatever is known by then; Slack gives up after three."""
ANYTHING = re.compile(".*", re.DOTALL)
KEPT_HEADERS = (
    "Content-Type",
    "User-Agent",
    "X-Slack-Request-Timestamp",
    "X-Slack-Retry-Num",
    "X-Slack-Retry-Reason",
)
LIFECYCLE = frozenset({"app_uninstalled", "tokens_revoked"})

UNKNOWN = "this workspace is not known to Interlock: ask the operator"
UNSURE = "Slack does not tell Interlock which workspace this is. Try again in a minute."
NOT_SIGNED = "compare SLACK_SIGNING_SECRET with Slack's, and the clock of this machine"
STRANGER = "Only people of the workspace that Interlock was added to can say something to it."
NOT_KEPT = "Interlock could not take this down in time. Look whether it happened, then try again."

HEARD = Counter("interlock_slack_deliveries", "What Slack told the App, by what became of it.", ["outcome"])

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Heard(Struct, frozen=True, kw_only=True):
    """Something that Slack told, to be kept. `body` holds addresses to answer to, which are secrets."""

    guid: str
    action: str
    headers: dict[str, str]
    body: bytes
    at: datetime


Keep = Callable[[Heard], Awaitable[bool]]
"""Returns when it is durable, False if it was known. Raises `Transient` if it cannot be kept now."""


class Reaction(Struct, frozen=True, kw_only=True):
    """What Slack is answered."""

    status: int
    text: str
    is_json: bool
    outcome: str


class Hearing:
    """Nothing but keeping happens before the answer. What follows at once, a window that asks, follows after it."""

    def __init__(
        self, workspaces: SlackWorkspaces, keep: Keep, signing_secret: str = "", *, patience: float = PATIENCE
    ) -> None:
        """Without `signing_secret` nothing is heard over HTTP."""
        self._workspaces = workspaces
        self._keep = keep
        self._patience = patience
        self._following: set[asyncio.Task[None]] = set()
        self.bolt = self._listening(signing_secret)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What follows an answer has its own time limit, and is waited for."""
        await asyncio.gather(*self._following, return_exceptions=True)

    async def hear(self, raw: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Reaction:
        """A request over HTTP: its text, which is signed, and what it means."""
        request = _request(body, headers)
        request.mode, request.raw_body = "http", raw  # see `payload.read`: bolt does not read every body right
        request.context["kept_headers"] = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        return await self.dispatch(request)

    async def dispatch(self, request: AsyncBoltRequest) -> Reaction:
        request.context["answer_by"] = asyncio.get_running_loop().time() + self._patience
        response = await self.bolt.async_dispatch(request)
        outcome = request.context.get("outcome") or _outcome(response.status)
        status = HTTPStatus.BAD_REQUEST if response.status == HTTPStatus.NOT_FOUND else response.status
        HEARD.labels(outcome).inc()
        known = {"next": NOT_SIGNED} if outcome == "wrong_signature" else {"workspace": payload.team(request.body)}
        write = log.info if status < HTTPStatus.BAD_REQUEST and outcome not in FAULTS else log.warning
        write("slack_delivery", outcome=outcome, status=int(status), kind=payload.kind(request.body), **known)
        is_json = "json" in response.headers.get("content-type", [""])[0]
        return Reaction(status=status, text=response.body, is_json=is_json, outcome=outcome)

    def _listening(self, signing_secret: str) -> AsyncApp:
        bolt = AsyncApp(
            name="interlock",
            logger=silent(),
            signing_secret=signing_secret,
            authorize=_authorize,
            before_authorize=self._admit,
            process_before_response=True,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
        )
        bolt.command(ANYTHING)(self._take)
        bolt.action(ANYTHING)(self._press)
        bolt.view(ANYTHING)(self._submit)
        bolt.event(ANYTHING)(self._event)
        bolt.error(_fail)
        return bolt

    async def _admit(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[None]],  # noqa: A002
    ) -> BoltResponse | None:
        """Only what we hear, from workspaces that the operator has given a token of."""
        kind = payload.kind(body)
        if body.get("type") != "url_verification":
            if not kind or not payload.guid(body):
                context["outcome"] = "not_understood"
                return BoltResponse(
                    status=HTTPStatus.BAD_REQUEST, body="this is nothing that Interlock asked Slack for"
                )
            if not _is_farewell(body):
                refused = await self._refusal(body, context)
                if refused:
                    return self._said(body, refused)
        await next()
        return None

    async def _refusal(self, body: dict[str, Any], context: AsyncBoltContext) -> str:
        """Why what this workspace says is not taken; "" if it is."""
        try:
            async with asyncio.timeout_at(context["answer_by"]):
                found = await self._workspaces.find(payload.team(body), payload.organisation(body))
        except (TimeoutError, Transient):
            context["outcome"] = "workspace_unsure"
            return UNSURE
        if found is None:
            context["outcome"] = "unknown_workspace"
            return UNKNOWN
        return ""

    async def _take(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> BoltResponse:
        told = {name: value for name, value in body.items() if name != "token"}
        heard = Heard(
            guid=payload.guid(body),
            action=payload.kind(body),
            headers=context.get("kept_headers", {}),
            body=msgspec.json.encode(told),
            at=datetime.now(UTC),
        )
        try:
            async with asyncio.timeout_at(context["answer_by"]):
                is_new = await self._keep(heard)
        except (TimeoutError, Transient):
            context["outcome"] = "not_stored"
            return self._said(body, NOT_KEPT)
        context["outcome"] = "stored" if is_new else "known"
        return await ack()

    async def _press(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> BoltResponse:
        asking = payload.pressed(body)
        if asking is None:
            context["outcome"] = "not_for_us"
            return await ack()
        if payload.is_stranger(body):
            context["outcome"] = "stranger"
            self._follow(self._tell(asking.response_url, STRANGER))
            return await ack()
        if asking.asks is Ask.NOTHING:
            return await self._take(body, context, ack)
        context["outcome"] = "asked"
        self._follow(self._open(asking, payload.team(body), str(body.get("trigger_id") or "")))
        return await ack()

    async def _submit(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> BoltResponse:
        asking = payload.asked(body)
        if asking is None:
            context["outcome"] = "not_for_us"
            return await ack()
        if payload.is_incomplete(body):
            context["outcome"] = "incomplete"
            return await ack(response_action="errors", errors={FIELD: MISSING[asking.asks]})
        return await self._take(body, context, ack)

    async def _event(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> BoltResponse:
        if body["event"].get("type") not in LIFECYCLE:
            context["outcome"] = "not_for_us"
            return await ack()
        if _is_farewell(body):
            self._workspaces.forget(payload.team(body), payload.organisation(body), str(body["event"]["type"]))
        return await self._take(body, context, ack)

    def _said(self, body: dict[str, Any], text: str) -> BoltResponse:
        """The sentence, by the way that whoever did this sees it."""
        match payload.kind(body):
            case payload.COMMAND:
                return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})
            case payload.SUBMIT:
                return BoltResponse(status=200, body={"response_action": "errors", "errors": {FIELD: text}})
            case payload.PRESS:
                self._follow(self._tell(payload.response_url(body), text))
        return BoltResponse(status=200, body="")

    async def _open(self, asking: Asking, team: str, trigger: str) -> None:
        """Ask whoever pressed for the rest. A trigger lives for three seconds, so that it is tried once."""
        shown = view(asking)
        if shown is None:
            await self._tell(asking.response_url, f"This is too much to ask about. Type it: {_typed(asking)}")
            return
        try:
            await self._workspaces.call(team, "views.open", {"trigger_id": trigger, "view": shown})
        except (Refused, Transient, Permanent) as trouble:
            log.warning("slack_window_not_opened", workspace=team, reason=str(trouble))
            text = f"Slack did not open the window that asks for the {asking.asks}. Press again, or type: "
            await self._tell(asking.response_url, f"{text}{_typed(asking)}")

    async def _tell(self, address: str, text: str) -> None:
        if not address:
            return
        told = {"response_type": "ephemeral", "replace_original": False, "text": escaped(text)}
        try:
            await respond(self._workspaces.client, address, told)
        except (Transient, Permanent) as trouble:
            log.warning("slack_not_told", reason=str(trouble))

    def _follow(self, what: Awaitable[None]) -> None:
        task = asyncio.ensure_future(what)
        self._following.add(task)
        task.add_done_callback(self._following.discard)


FAULTS = frozenset({"not_stored", "unknown_workspace", "workspace_unsure"})
"""What somebody should look after, although Slack was answered well."""


def _typed(asking: Asking) -> str:
    """What means the same as the press, for whoever has to type it."""
    rest = {Ask.REASON: " because …", Ask.CODE: " …"}.get(asking.asks, "")
    return f"/interlock {asking.words}{rest}"


async def _authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
    """Whoever gets here was admitted; what is asked of Slack goes through `SlackWorkspaces`."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)


def _request(body: Mapping[str, Any], headers: Mapping[str, str]) -> AsyncBoltRequest:
    """Bolt falls over much that Slack never sends: of that it gets nothing, and the door refuses it."""
    of_use = payload.kind(body) or body.get("type") == "url_verification" or "ssl_check" in body
    try:
        return AsyncBoltRequest(body=dict(body) if of_use else {}, headers=dict(headers), mode="socket_mode")
    except (AttributeError, KeyError, TypeError):
        return AsyncBoltRequest(body={}, headers=dict(headers), mode="socket_mode")


async def _fail(error: Exception) -> BoltResponse:
    """A bug of ours: where it is, without what it held."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    at = f"{last[0].name}:{last[0].lineno}" if last else ""
    log.error("slack_delivery_failed", error=type(error).__name__, at=at)
    return BoltResponse(status=500, body="")


def _is_farewell(body: Mapping[str, Any]) -> bool:
    """Whether the App was removed there. https://docs.slack.dev/reference/events/tokens_revoked"""
    event = body.get("event")
    if payload.kind(body) != EVENT or not isinstance(event, dict):
        return False
    tokens = event.get("tokens")
    return event.get("type") == "app_uninstalled" or (
        event.get("type") == "tokens_revoked" and isinstance(tokens, dict) and bool(tokens.get("bot"))
    )


def _outcome(status: int) -> str:
    return {200: "checked", 401: "wrong_signature", 404: "not_understood"}.get(status, "failed")
