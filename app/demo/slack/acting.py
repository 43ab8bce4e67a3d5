"""What people do: they type, press, fill in, and administrators take the App away."""

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from app.demo.slack import payload
from app.demo.slack.filling import initial, objection, state
from app.demo.slack.message import Content, Json, Message
from app.demo.slack.refusal import Impossible, Refusal
from app.demo.slack.responding import ResponseUrl
from app.demo.slack.telling import COMMANDS, EVENTS, INTERACTIVE, Answer, Telling
from app.demo.slack.view import View
from app.demo.slack.workspace import Channel, User, Workspace

SAYS = {"text", "blocks", "attachments"}
RETRIES = (0.0, 60.0, 300.0)
"""Seconds before each further attempt to tell of an event. https://docs.slack.dev/apis/events-api#errors"""


class Acting(Telling):
    """Each returns how the App took it; `Impossible` is what a person's own Slack does not let them do.

    `retries` are the pauses before an event is told again, which is when the App did not take it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.retries: Sequence[float] = RETRIES

    async def command(self, workspace: str, user: str, channel: str, command: str, text: str = "") -> Answer:
        """`/deploy why web` in a channel; what the App acknowledges with is shown as it wants."""
        team, who, where = self._place(workspace, user, channel)
        if command not in self.app.commands:
            self.note(where, who, f"{payload.escaped(command)} is not a valid command.")
            raise Impossible(f"{command} is not a valid command.")
        url = self.new_response_url("commands", team, where, who)
        told = payload.command(self.app, team, where, who) | {
            "command": command,
            "text": payload.escaped(text.strip()),
            "response_url": url,
            "trigger_id": self.new_trigger(team, who),
        }
        answer = await self.tell(COMMANDS, told)
        if answer.error:
            self.note(where, who, f'{command} failed with the error "{answer.error}"')
        elif SAYS & answer.document.keys():
            place = ResponseUrl(workspace=team, channel=where, user=who, message=None, begun=self.clock())
            self._show_acknowledgement(place, answer.document)
        return answer

    async def say(self, workspace: str, user: str, channel: str, text: str, *, thread_ts: str = "") -> Message:
        """Something that is no command; the App hears of it if it is mentioned."""
        team, who, where = self._place(workspace, user, channel)
        bot, words = self.installations[team.id].bot, _mentioning(team, payload.escaped(text))
        said = self.post(where, who, Content(text=words), thread_ts=thread_ts)
        if f"<@{bot.id}>" in words and bot.id in where.members:
            event = said.document() | {"type": "app_mention", "channel": where.id, "event_ts": said.ts}
            await self.event(team.id, event)
        return said

    async def press(
        self,
        ts: str,
        *,
        user: str = "",
        label: str = "",
        action_id: str = "",
        block_id: str = "",
        confirm: bool = False,
    ) -> Answer:
        """A button of a message, pressed by the first person there is if nobody is named.

        One that asks first is only pressed with `confirm`; else nothing is sent.
        """
        message = self.message(ts)
        team = self.home(message.channel)
        who = self.user(team.id, user or self.people(team)[0].id)
        if message.only_for not in {None, who}:
            raise Impossible(f"{who.name} does not see this message.")
        if message.channel.archived:
            raise Impossible(f"#{message.channel.name} is archived.")
        block, element = _pressed(message.elements(), label, action_id, block_id)
        if "confirm" in element and not confirm:
            return Answer(asks=element["confirm"]["text"]["text"])
        told = payload.interaction(self.app, team, who) | payload.press(message, block, element, self.new_ts())
        told["trigger_id"] = self.new_trigger(team, who)
        told["response_url"] = self.new_response_url("actions", team, message.channel, who, message)
        answer = await self.tell(INTERACTIVE, told)
        if answer.error:
            said = f'{payload.escaped(_label(element))} failed with the error "{answer.error}"'
            self.note(message.channel, who, said, thread_ts=message.thread_ts if message.is_reply else "")
        return answer

    async def submit(self, workspace: str, user: str, values: Mapping[str, Any] | None = None) -> Answer:
        """Fills in the uppermost modal and sends it. `values` are texts or values of options, by block or action id."""
        view = self.top_view(workspace, user)
        wrong = self.fill_in(view, values or {})
        if wrong:
            raise Impossible("; ".join(f"{block}: {words}" for block, words in wrong.items()))
        told = payload.interaction(self.app, view.workspace, view.user)
        told |= {"type": "view_submission", "view": view.document(), "response_urls": []}
        told["trigger_id"] = self.new_trigger(view.workspace, view.user)
        answer = await self.tell(INTERACTIVE, told)
        self._follow(view, answer)
        return answer

    async def press_in_view(self, workspace: str, user: str, *, label: str = "", action_id: str = "") -> Answer:
        """A button in the uppermost modal."""
        view = self.top_view(workspace, user)
        shown = Message(ts="", channel=Channel(id="", name=""), author=view.user, blocks=view.given["blocks"])
        block, element = _pressed(shown.elements(), label, action_id, "")
        told = payload.interaction(self.app, view.workspace, view.user)
        told |= payload.press_in_view(view, block, element, self.new_ts())
        told["trigger_id"] = self.new_trigger(view.workspace, view.user)
        return await self.tell(INTERACTIVE, told)

    async def close(self, workspace: str, user: str) -> Answer:
        """Puts the uppermost modal away; the App hears of it only if it asked to."""
        view = self.top_view(workspace, user)
        self.close_views(view.user, above=view.id)
        if not view.given.get("notify_on_close"):
            return Answer()
        told = payload.interaction(self.app, view.workspace, view.user)
        return await self.tell(
            INTERACTIVE, told | {"type": "view_closed", "view": view.document(), "is_cleared": False}
        )

    async def event(self, workspace: str, told: Json) -> Answer:
        """Something that the App subscribed to; told again if it does not take it."""
        installation = self.installation(workspace)
        if not (self.app.url or self.sockets):
            return Answer(error="dispatch_failed")
        body = payload.event(self.app, installation, told, f"Ev{secrets.token_hex(5).upper()}", self.clock())
        answer = await self.tell(EVENTS, body)
        for number, pause in enumerate(self.retries, 1):
            if answer.is_good or ("X-Slack-No-Retry", "1") in answer.headers:
                break
            await asyncio.sleep(pause)
            reason = "http_timeout" if answer.error == "operation_timeout" else "http_error"
            headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            answer = await self.tell(EVENTS, body, headers=headers, retry_attempt=number, retry_reason=reason)
        return answer

    async def verify_url(self) -> bool:
        """Whether the App answers the question that Slack asks before it sends events."""
        challenge = secrets.token_hex(16)
        asked = {"token": self.app.verification_token, "challenge": challenge, "type": "url_verification"}
        answer = await self.tell(EVENTS, asked)
        return answer.is_good and challenge in (answer.body, answer.document.get("challenge"))

    async def uninstall(self, workspace: str) -> Answer:
        """An administrator removes the App: its token is nothing any more, and it is told."""
        installation = self.installation(workspace)
        installation.revoked = True
        return await self.event(workspace, {"type": "app_uninstalled"})

    async def revoke(self, workspace: str) -> Answer:
        """The bot's token is taken back."""
        installation = self.installation(workspace)
        installation.revoked = True
        return await self.event(
            workspace, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [installation.bot.id]}}
        )

    def top_view(self, workspace: str, user: str) -> View:
        open_views = self.views_of(workspace, user)
        if not open_views:
            raise Impossible(f"{user} has no modal open.")
        return open_views[-1]

    def fill_in(self, view: View, values: Mapping[str, Any]) -> dict[str, str]:
        """What somebody writes into a modal; returns what their Slack says under the inputs, by block id."""
        view.errors, view.trouble, wrong = {}, "", {}
        for block, element in view.inputs():
            given = values.get(block["block_id"], values.get(element["action_id"], initial(element)))
            said = objection(block, element, given)
            if said:
                wrong[block["block_id"]] = said
            view.values.setdefault(block["block_id"], {})[element["action_id"]] = state(element, given)
        view.errors = dict(wrong)
        self.changed()
        return wrong

    def _show_acknowledgement(self, place: ResponseUrl, said: Json) -> None:
        try:
            self.answer(place, said)
        except Refusal as no:
            self.note(place.channel, place.user, f"The App acknowledged with something that is refused: {no.error}")

    def _follow(self, view: View, answer: Answer) -> None:
        """What a modal does after it was sent."""
        said, action = answer.document, answer.document.get("response_action", "")
        if answer.error:
            view.trouble = f"The App could not be reached ({answer.error}). Try again."
        elif action == "errors":
            view.errors = {str(block): str(words) for block, words in said.get("errors", {}).items()}
        elif action == "clear":
            self.close_views(view.user)
        elif action in {"update", "push"}:
            self._replace(view, action, said.get("view"))
        elif view in self.views_of(view.workspace.id, view.user.id):
            self.close_views(view.user, above=view.id)
        self.changed()

    def _replace(self, view: View, action: str, given: Any) -> None:
        try:
            if action == "push":
                self.push_upon(view, given)
            else:
                self.update_view(view, given)
        except Refusal as no:
            view.trouble = f"The App answered with a modal that Slack does not take ({no.error})."

    def _place(self, workspace: str, user: str, channel: str) -> tuple[Workspace, User, Channel]:
        team = self.workspace(workspace)
        where, who = self.channel(workspace, channel), self.user(workspace, user)
        if where.archived:
            raise Impossible(f"#{where.name} is archived.")
        if where.private and who.id not in where.members:
            raise Impossible(f"{who.name} is not in #{where.name}.")
        return team, who, where


def _mentioning(team: Workspace, words: str) -> str:
    ids = {each.name: each.id for each in team.users.values()}
    return re.sub(r"@([\w.-]+)", lambda found: f"<@{ids[found[1]]}>" if found[1] in ids else found[0], words)


def _pressed(elements: Sequence[tuple[Json, Json]], label: str, action_id: str, block_id: str) -> tuple[Json, Json]:
    for block, element in elements:
        names = (action_id, element["action_id"]), (block_id, block["block_id"]), (label, _label(element))
        if all(wanted in {"", name} for wanted, name in names):
            return block, element
    there = ", ".join(_label(element) for _, element in elements) or "none"
    raise Impossible(f"There is no button {label or action_id} here; there is: {there}.")


def _label(element: Json) -> str:
    text = element.get("text") or element.get("placeholder") or {}
    return str(text.get("text", element["action_id"]))
