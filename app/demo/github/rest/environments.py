"""REST: environments and their rules, for reading."""

from aiohttp import web

from app.demo.github.deployment import Environment
from app.demo.github.documents.deployment import branch_policies, environment
from app.demo.github.rest.call import REPO, Call, Route, reply


async def every(call: Call) -> web.Response:
    found = call.github.environments_of(call.repository("actions"))
    some, headers = call.page(found)
    documents = [environment(call.github, each) for each in some]
    return reply({"total_count": len(found), "environments": documents}, headers=headers)


async def get(call: Call) -> web.Response:
    return reply(environment(call.github, _environment(call)))


async def policies(call: Call) -> web.Response:
    found = branch_policies(_environment(call))
    some, headers = call.page(found)
    return reply({"total_count": len(found), "branch_policies": some}, headers=headers)


def _environment(call: Call) -> Environment:
    return call.github.environment(call.repository("actions"), call.text("environment"))


ROUTES: tuple[Route, ...] = (
    ("GET", REPO + "/environments", every),
    ("GET", REPO + "/environments/{environment}", get),
    ("GET", REPO + "/environments/{environment}/deployment-branch-policies", policies),
)
