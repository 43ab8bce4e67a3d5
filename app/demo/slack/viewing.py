"""Modals: the trigger ids that open them, and what stands in them. https://docs.slack.dev/surfaces/modals"""

import secrets
from dataclasses import dataclass
from typing import Any

from app.demo.slack.block_kit import modal
from app.demo.slack.message import Json
from app.demo.slack.refusal import Refusal
from app.demo.slack.responding import Responding
from app.demo.slack.view import View
from app.demo.slack.workspace import Installation, User, Workspace

TRIGGERS_LAST = 3.0
DEEPEST = 3


@dataclass(eq=False, kw_only=True)
class Trigger:
    """Somebody did something just now, so a modal may appear."""

    workspace: Workspace
    user: User
    begun: float
    used: bool = False


class Viewing(Responding):
    """A person sees the last of `views_of` them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._triggers: dict[str, Trigger] = {}
        self._views: dict[str, View] = {}

    def new_trigger(self, workspace: Workspace, user: User) -> str:
        name = f"{self._next()}.{self._next()}.{secrets.token_hex(16)}"
        self._triggers[name] = Trigger(workspace=workspace, user=user, begun=self.clock())
        return name

    def views_of(self, workspace: str, user: str) -> list[View]:
        """The modals that somebody has open, the undermost first."""
        who = self.user(workspace, user)
        return [each for each in self._views.values() if each.user is who]

    def open_view(self, installation: Installation, trigger_id: str, given: Any) -> View:
        trigger = self._trigger(installation, trigger_id)
        view = self._new_view(installation.workspace, trigger.user, given)
        trigger.used = True
        self.close_views(trigger.user)
        return self._show(view)

    def push_view(self, installation: Installation, trigger_id: str, given: Any) -> View:
        trigger = self._trigger(installation, trigger_id)
        below = self.views_of(installation.workspace.id, trigger.user.id)
        if len(below) >= DEEPEST:
            raise Refusal("push_limit_reached")
        view = self._new_view(installation.workspace, trigger.user, given, below[-1] if below else None)
        trigger.used = True
        return self._show(view)

    def push_upon(self, view: View, given: Any) -> View:
        """What the App answered to a submission goes on top of it."""
        return self._show(self._new_view(view.workspace, view.user, given, view))

    def update_view(self, view: View, given: Any) -> None:
        """What somebody has filled in stays where block and action have the same names as before."""
        view.given, view.hash = modal(given, self.new_id), self._new_hash()
        view.errors, view.trouble = {}, ""
        names = {(block["block_id"], each["action_id"]) for block, each in view.inputs()}
        view.values = {
            block: {action: value for action, value in values.items() if (block, action) in names}
            for block, values in view.values.items()
        }
        self.changed()

    def view(self, installation: Installation, said: Json) -> View:
        """The one that a request means, by its id or the App's own name for it."""
        wanted = {str(said.get(name) or "") for name in ("view_id", "external_id")} - {""}
        for each in self._views.values():
            if each.workspace is installation.workspace and wanted & {each.id, each.given.get("external_id")}:
                return each
        raise Refusal("not_found")

    def close_views(self, user: User, *, above: str = "") -> None:
        """All that somebody has open, or those from `above` on upwards."""
        own = [each.id for each in self._views.values() if each.user is user]
        for each in own[own.index(above) if above else 0 :]:
            del self._views[each]
        self.changed()

    def _trigger(self, installation: Installation, trigger_id: str) -> Trigger:
        found = self._triggers.get(trigger_id)
        if found is None or found.workspace is not installation.workspace:
            raise Refusal("invalid_trigger_id")
        if found.used:
            raise Refusal("exchanged_trigger_id")
        if self.clock() - found.begun > TRIGGERS_LAST:
            raise Refusal("expired_trigger_id")
        return found

    def _new_view(self, workspace: Workspace, user: User, given: Any, below: View | None = None) -> View:
        name = self.new_id("V")
        return View(
            id=name,
            workspace=workspace,
            user=user,
            given=modal(given, self.new_id),
            hash=self._new_hash(),
            bot_id=self.installations[workspace.id].bot_id,
            app_id=self.app.id,
            root_id=below.root_id if below else name,
            previous_id=below.id if below else "",
        )

    def _show(self, view: View) -> View:
        external = view.given.get("external_id")
        if external and any(each.given.get("external_id") == external for each in self._views.values()):
            raise Refusal("duplicate_external_id")
        self._views[view.id] = view
        self.changed()
        return view

    def _new_hash(self) -> str:
        return f"{int(self.clock())}.{secrets.token_hex(4)}"
