"""REST: deployments and their statuses."""

from aiohttp import web

from app.demo.github.deploying import Author, Merged
from app.demo.github.deployment import Deployment
from app.demo.github.documents.deployment import deployment, deployment_status
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.rest.call import REPO, Call, Route, reply

FILTERS = ("sha", "ref", "task", "environment")


async def create(call: Call) -> web.Response:
    repo = call.repository("deployments", "write")
    try:
        made = await call.github.create_deployment(repo, author(call), await call.body())
    except Merged as merged:
        return reply({"message": str(merged)}, 202)
    return reply(deployment(call.github, made), 201)


async def every(call: Call) -> web.Response:
    """The newest first."""
    repo = call.repository("deployments")
    some, headers = call.page([each for each in call.github.deployments_of(repo) if _wanted(call, each)])
    return reply([deployment(call.github, each) for each in some], headers=headers)


async def get(call: Call) -> web.Response:
    return reply(deployment(call.github, _deployment(call)))


async def create_status(call: Call) -> web.Response:
    one = _deployment(call, "write")
    made = await call.github.create_status(one, author(call), await call.body())
    return reply(deployment_status(call.github, one, made), 201)


async def statuses(call: Call) -> web.Response:
    """The newest first."""
    one = _deployment(call)
    some, headers = call.page(one.statuses[::-1])
    return reply([deployment_status(call.github, one, each) for each in some], headers=headers)


async def status(call: Call) -> web.Response:
    one, number = _deployment(call), call.number("status")
    found = next((each for each in one.statuses if each.id == number), None)
    if found is None:
        raise not_found()
    return reply(deployment_status(call.github, one, found))


def author(call: Call) -> Author:
    """Who calls, and through which App."""
    who, token = call.caller.account, call.caller.token
    if who is None:
        raise Refusal(401, "Requires authentication")
    return Author(account=who, via=token.installation.app if token else None)


def _deployment(call: Call, level: str = "read") -> Deployment:
    repo = call.repository("deployments", level)
    return call.github.deployment(repo, call.number("deployment"))


def _wanted(call: Call, one: Deployment) -> bool:
    return all(call.query(name) in {"", getattr(one, name)} for name in FILTERS)


ROUTES: tuple[Route, ...] = (
    ("POST", REPO + "/deployments", create),
    ("GET", REPO + "/deployments", every),
    ("GET", REPO + "/deployments/{deployment}", get),
    ("POST", REPO + "/deployments/{deployment}/statuses", create_status),
    ("GET", REPO + "/deployments/{deployment}/statuses", statuses),
    ("GET", REPO + "/deployments/{deployment}/statuses/{status}", status),
)
