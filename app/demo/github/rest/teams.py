"""REST: who belongs to a team of an organisation."""

from aiohttp import web

from app.demo.github.documents.team import membership
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.rest.call import Call, Route, reply


async def of_person(call: Call) -> web.Response:
    token = call.token()
    team = call.github.team(call.text("org"), call.text("team"))
    if token.installation.account is not team.organisation:
        raise not_found()
    if token.permissions.get("members") is None:
        raise Refusal(403, "Resource not accessible by integration")
    # Logins are compared whatever the case, like everything that GitHub calls by a name.
    login = call.text("login").lower()
    known = next((each for each in {*team.members, *team.invited} if each.lower() == login), None)
    if known is None:
        raise not_found()
    return reply(membership(call.github, team, known))


ROUTES: tuple[Route, ...] = (("GET", "/orgs/{org}/teams/{team}/memberships/{login}", of_person),)
