"""views.*: modals open and change. https://docs.slack.dev/reference/methods?family=views"""

from app.demo.slack.api.call import Call, Method
from app.demo.slack.message import Json
from app.demo.slack.refusal import Refusal


def open_one(call: Call) -> Json:
    view = call.slack.open_view(call.installation, call.text("trigger_id"), call.arguments.get("view"))
    return {"view": view.document()}


def push(call: Call) -> Json:
    view = call.slack.push_view(call.installation, call.text("trigger_id"), call.arguments.get("view"))
    return {"view": view.document()}


def update(call: Call) -> Json:
    """With a `hash` only if nobody has changed it since."""
    view = call.slack.view(call.installation, call.arguments)
    if call.optional("hash") not in {"", view.hash}:
        raise Refusal("hash_conflict")
    call.slack.update_view(view, call.arguments.get("view"))
    return {"view": view.document()}


METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "views.open": (open_one, ()),
    "views.push": (push, ()),
    "views.update": (update, ()),
}
