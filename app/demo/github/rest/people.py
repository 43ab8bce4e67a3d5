"""REST: who somebody is, and the tokens that an App got in their name."""

from aiohttp import web

from app.demo.github import check_rules
from app.demo.github.documents.account import person
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.rest.call import Call, Route, reply


async def the_user(call: Call) -> web.Response:
    if call.caller.user is None:
        is_somebody = call.caller.key != ""
        raise Refusal(
            *(403, "Resource not accessible by integration") if is_somebody else (401, "Requires authentication")
        )
    return reply(person(call.github, call.caller.user))


async def revoke_token(call: Call) -> web.Response:
    """Only the App that got the token may end it, by its client's secret."""
    if call.caller.client is None or call.caller.client.client_id != call.text("client_id"):
        raise not_found()
    token = check_rules.field(await call.body(), "access_token", str) or ""
    known = call.github.doorkeeper.user_tokens
    if token not in known or known[token].app is not call.caller.client:
        raise Refusal(422, "Validation Failed")
    del known[token]
    return reply(None, 204)


ROUTES: tuple[Route, ...] = (
    ("GET", "/user", the_user),
    ("DELETE", "/applications/{client_id}/token", revoke_token),
)
