"""Response URLs: the App answers where it was spoken to."""

from aiohttp import web

from app.demo.slack.api.call import SLACK, arguments_of, reply
from app.demo.slack.message import Json
from app.demo.slack.platform import Asked, Platform
from app.demo.slack.refusal import Refusal

GONE = {"invalid_url", "expired_url", "used_url"}


def respond(slack: Platform, secret: str, said: Json) -> web.Response:
    """As a webhook answers: `ok` in plain text, or an error with a status."""
    try:
        slack.respond(secret, said)
    except Refusal as no:
        slack.record(Asked(method="response_url", arguments=said, error=no.error))
        return reply({"ok": False, "error": no.error}, 404 if no.error in GONE else 400)
    slack.record(Asked(method="response_url", arguments=said, error=""))
    return web.Response(text="ok")


async def hear(request: web.Request) -> web.Response:
    slack = request.app[SLACK]
    try:
        said = await arguments_of(request)
    except Refusal as no:
        return reply({"ok": False, "error": no.error}, 400)
    return respond(slack, request.match_info["secret"], said)
