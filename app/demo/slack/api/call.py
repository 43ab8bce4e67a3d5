"""One request to the Web API as a method needs it: who asks, with what, and what they may."""

import json
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from app.demo.slack.message import Json
from app.demo.slack.platform import Platform
from app.demo.slack.refusal import Refusal, invalid
from app.demo.slack.workspace import Channel, Installation

SLACK: web.AppKey[Platform] = web.AppKey("slack", Platform)
TRUE = {"true", "1"}
TS = re.compile(r"\d+\.\d{6}")


class Call:
    """`installation` is the bot whose token came along; it has every scope that the method needs."""

    def __init__(self, slack: Platform, arguments: Json, installation: Installation) -> None:
        self.slack = slack
        self.arguments = arguments
        self.installation = installation

    def text(self, name: str) -> str:
        """An argument that there has to be."""
        found = self.arguments.get(name)
        if found is None or found == "":
            raise invalid("invalid_arguments", [f"missing required field: {name} [json-pointer:/{name}]"])
        return str(found)

    def optional(self, name: str) -> str:
        found = self.arguments.get(name)
        return "" if found is None else str(found)

    def flag(self, name: str) -> bool:
        return self.optional(name).lower() in TRUE

    def number(self, name: str, default: int, most: int) -> int:
        found = self.optional(name)
        if found and not found.isdecimal():
            raise Refusal("invalid_limit")
        return min(int(found), most) if found and int(found) else default

    def thread(self) -> str:
        """The message that the new one answers, or nothing; a ts is a name, so it has exactly its form."""
        found = self.optional("thread_ts")
        if found and not TS.fullmatch(found):
            complaints = [f"{found} is not a valid thread_ts"]
            raise invalid("invalid_thread_ts", complaints)
        return found

    def channel(self, *, by_name: bool = False) -> Channel:
        """The channel of the request, if the bot can see it; by its id, and where Slack allows that by #name."""
        wanted = self.text("channel")
        for each in self.installation.workspace.channels.values():
            if each.id == wanted or (by_name and each.name == wanted.removeprefix("#")):
                if each.private and not self.is_member(each):
                    break
                return each
        raise Refusal("channel_not_found")

    def is_member(self, channel: Channel) -> bool:
        return self.installation.bot.id in channel.members

    def must_be_member(self, channel: Channel) -> None:
        if not self.is_member(channel):
            raise Refusal("not_in_channel")


Method = Callable[[Call], Json]


async def arguments_of(request: web.Request) -> Json:
    """From a form, from JSON and from the address: Slack takes all three."""
    found: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            said = json.loads(await request.read() or b"{}")
        except ValueError:
            raise Refusal("invalid_json") from None
        if not isinstance(said, dict):
            raise Refusal("json_not_object")
        return found | said
    form = await request.post()
    return found | {name: value for name, value in form.items() if isinstance(value, str)}


def token_of(request: web.Request, arguments: Json) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else str(arguments.get("token") or "")


def admitted(slack: Platform, token: str, scopes: tuple[str, ...]) -> Installation:
    """The installation whose token this is, if it may do what needs one of these scopes."""
    if not token:
        raise Refusal("not_authed")
    found = next((each for each in slack.installations.values() if each.token == token), None)
    if found is None:
        raise Refusal("not_allowed_token_type" if token == slack.app.app_token else "invalid_auth")
    if not found.workspace.is_active:
        raise Refusal("account_inactive")
    if found.revoked:
        raise Refusal("token_revoked")
    if scopes and not found.scopes & set(scopes):
        raise Refusal("missing_scope", needed=scopes[0], provided=",".join(sorted(found.scopes)))
    return found


def reply(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        text=json.dumps(document), status=status, content_type="application/json", charset="utf-8", headers=headers
    )
