"""The page of a channel, and what people do on it."""

from typing import Any

from aiohttp import web

from app.demo.slack.pages.house import stream
from app.demo.slack.pages.visit import COOKIE, Visit, back, page
from app.demo.slack.view import View

VALUE = "value."
"""Before the block id in the name of an input of a modal."""
SEVERAL = {"checkboxes", "multi_static_select"}


@page
async def home(visit: Visit) -> web.StreamResponse:
    if visit.who is None or not visit.channels:
        return visit.page("empty.html")
    workspace, _ = visit.person
    return back(f"/{workspace.id}/{visit.channels[0].id}")


@page
async def channel(visit: Visit) -> web.StreamResponse:
    workspace, _ = visit.person
    if visit.request.match_info["team"] != workspace.id:
        return back("/")
    shown = visit.channel(visit.request.match_info["channel"])
    return visit.page("channel.html", channel=shown, messages=visit.messages(shown), view=visit.view)


@page
async def become(visit: Visit) -> web.StreamResponse:
    """Somebody else looks from now on, in the same place if they are in the same workspace."""
    form = await visit.form()
    team, _, user = _one(form, "person").partition(".")
    workspace, who = visit.slack.workspace(team), visit.slack.user(team, user)
    answer = back(_one(form, "to") if workspace is visit.workspace else "/")
    answer.set_cookie(COOKIE, f"{workspace.id}.{who.id}", httponly=True, samesite="Lax", path="/")
    return answer


@page
async def say(visit: Visit) -> web.StreamResponse:
    """Words for everybody, or a command for the App; a command cannot be given in a thread."""
    form = await visit.form()
    (workspace, who), where = visit.person, visit.channel(_one(form, "channel"))
    text, thread = _one(form, "text").strip(), _one(form, "thread")
    if text.startswith("/") and not thread:
        command, _, rest = text.partition(" ")
        await visit.slack.command(workspace.id, who.id, where.id, command, rest)
    elif text:
        await visit.slack.say(workspace.id, who.id, where.id, text, thread_ts=thread)
    return back(f"/{workspace.id}/{where.id}" + (f"?thread={thread}" if thread else ""))


@page
async def press(visit: Visit) -> web.StreamResponse:
    form, (_, who) = await visit.form(), visit.person
    await visit.slack.press(
        _one(form, "ts"),
        user=who.id,
        action_id=_one(form, "action"),
        block_id=_one(form, "block"),
        confirm=_one(form, "sure") == "yes",
    )
    return back(_one(form, "to"))


@page
async def submit(visit: Visit) -> web.StreamResponse:
    """Sends the uppermost modal; what is missing in it is said under its inputs."""
    form, (workspace, who) = await visit.form(), visit.person
    view = visit.slack.top_view(workspace.id, who.id)
    values = _values(view, form)
    if not visit.slack.fill_in(view, values):
        await visit.slack.submit(workspace.id, who.id, values)
    return back(_one(form, "to"))


@page
async def press_in_view(visit: Visit) -> web.StreamResponse:
    form, (workspace, who) = await visit.form(), visit.person
    await visit.slack.press_in_view(workspace.id, who.id, action_id=_one(form, "action"))
    return back(_one(form, "to"))


@page
async def close(visit: Visit) -> web.StreamResponse:
    form, (workspace, who) = await visit.form(), visit.person
    await visit.slack.close(workspace.id, who.id)
    return back(_one(form, "to"))


@page
async def events(visit: Visit) -> web.StreamResponse:
    """Tells the pages that something changed."""
    return await stream(visit.request, visit.slack)


def _one(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[-1]


def _values(view: View, form: dict[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for block, element in view.inputs():
        given = form.get(VALUE + block["block_id"], [])
        found[block["block_id"]] = given if element["type"] in SEVERAL else (given or [""])[-1]
    return found


ROUTES = [
    web.get("/", home),
    web.get("/-/events", events),
    web.post("/-/become", become),
    web.post("/-/say", say),
    web.post("/-/press", press),
    web.post("/-/submit", submit),
    web.post("/-/press-in-modal", press_in_view),
    web.post("/-/close", close),
    web.get("/{team:T[A-Z0-9]+}/{channel:[A-Z0-9]+}", channel),
]
