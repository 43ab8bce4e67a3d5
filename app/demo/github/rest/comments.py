"""REST: the comments of pull requests, which GitHub keeps as those of issues."""

from aiohttp import web

from app.demo.github import check_rules
from app.demo.github.account import Permission
from app.demo.github.documents.comment import issue_comment
from app.demo.github.refusal import Refusal
from app.demo.github.repository import Repository
from app.demo.github.rest.call import REPO, Call, Route, reply
from app.demo.github.rest.deployments import author


async def every(call: Call) -> web.Response:
    """The oldest first."""
    one = call.github.pull_request(call.repository("pull_requests"), call.number("number"))
    some, headers = call.page(call.github.comments_of(one))
    return reply([issue_comment(call.github, each) for each in some], headers=headers)


async def create(call: Call) -> web.Response:
    one = call.github.pull_request(_repository(call), call.number("number"))
    who, body = author(call), check_rules.field(await call.body(), "body", str, required=True)
    made = await call.github.comment(one, who.account, body, who.via)
    return reply(issue_comment(call.github, made), 201)


async def get(call: Call) -> web.Response:
    repo = call.repository("pull_requests")
    return reply(issue_comment(call.github, call.github.comment_of(repo, call.number("comment"))))


async def update(call: Call) -> web.Response:
    """An App may change its own alone, a person also others' where they may write."""
    repo = _repository(call)
    one = call.github.comment_of(repo, call.number("comment"))
    who, body = author(call), check_rules.field(await call.body(), "body", str, required=True)
    may_write = who.via is None and call.github.permission(who.account, repo).allows(Permission.WRITE)
    if one.author is not who.account and not may_write:
        raise Refusal(403, "Resource not accessible by integration")
    await call.github.edit_comment(one, body, who.account)
    return reply(issue_comment(call.github, one))


def _repository(call: Call) -> Repository:
    """Whoever may read may comment; an App needs its permission."""
    return call.repository("pull_requests", "write" if call.caller.token else "read")


ROUTES: tuple[Route, ...] = (
    ("GET", REPO + "/issues/{number}/comments", every),
    ("POST", REPO + "/issues/{number}/comments", create),
    ("GET", REPO + "/issues/comments/{comment}", get),
    ("PATCH", REPO + "/issues/comments/{comment}", update),
)
