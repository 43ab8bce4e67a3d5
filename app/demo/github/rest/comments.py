"""REST: the comments of pull requests, which GitHub keeps as those of issues."""

from aiohttp import web

from app.demo.github import check_rules
from app.demo.github.documents.comment import issue_comment
from app.demo.github.refusal import Refusal
from app.demo.github.rest.call import REPO, Call, Route, reply
from app.demo.github.rest.deployments import author


async def every(call: Call) -> web.Response:
    """The oldest first."""
    one = call.github.pull_request(call.repository("pull_requests"), call.number("number"))
    some, headers = call.page(call.github.comments_of(one))
    return reply([issue_comment(call.github, each) for each in some], headers=headers)


async def create(call: Call) -> web.Response:
    one = call.github.pull_request(call.repository("pull_requests", "write"), call.number("number"))
    who, body = author(call), check_rules.field(await call.body(), "body", str, required=True)
    made = await call.github.comment(one, who.account, body, who.via)
    return reply(issue_comment(call.github, made), 201)


async def get(call: Call) -> web.Response:
    repo = call.repository("pull_requests")
    return reply(issue_comment(call.github, call.github.comment_of(repo, call.number("comment"))))


async def update(call: Call) -> web.Response:
    """An App may change its own alone."""
    one = call.github.comment_of(call.repository("pull_requests", "write"), call.number("comment"))
    who, body = author(call), check_rules.field(await call.body(), "body", str, required=True)
    if one.author is not who.account and who.via is not None:
        raise Refusal(403, "Resource not accessible by integration")
    await call.github.edit_comment(one, body, who.account)
    return reply(issue_comment(call.github, one))


ROUTES: tuple[Route, ...] = (
    ("GET", REPO + "/issues/{number}/comments", every),
    ("POST", REPO + "/issues/{number}/comments", create),
    ("GET", REPO + "/issues/comments/{comment}", get),
    ("PATCH", REPO + "/issues/comments/{comment}", update),
)
