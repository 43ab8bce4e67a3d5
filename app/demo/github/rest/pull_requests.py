"""REST: pull requests, for reading and merging."""

from aiohttp import web

from app.demo.github import check_rules
from app.demo.github.documents.fields import Json
from app.demo.github.documents.pull_request import in_a_list, pull_request
from app.demo.github.proposing import METHODS
from app.demo.github.pull_request import PullRequest
from app.demo.github.refusal import Refusal
from app.demo.github.rest.call import REPO, VERSIONS, Call, Route, reply


async def get(call: Call) -> web.Response:
    repo = call.repository("pull_requests")
    one = call.github.pull_request(repo, call.number("number"))
    return reply(_as_asked(call, await pull_request(call.github, one)))


async def every(call: Call) -> web.Response:
    repo = call.repository("pull_requests")
    found = [each for each in call.github.pull_requests_of(repo, call.query("state", "open")) if _wanted(call, each)]
    newest_first = call.query("direction", "desc") == "desc"
    some, headers = call.page(found if newest_first else found[::-1])
    return reply([_as_asked(call, in_a_list(call.github, each)) for each in some], headers=headers)


async def of_commit(call: Call) -> web.Response:
    """Those that brought the commit into the default branch, or else those that hold it."""
    repo = call.repository("pull_requests")
    sha = await call.github.git(repo).resolve(call.text("sha"))
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {call.text('sha')}")
    found, headers = call.page(await call.github.pull_requests_with(repo, sha))
    return reply([_as_asked(call, in_a_list(call.github, each)) for each in found], headers=headers)


async def merge(call: Call) -> web.Response:
    repo = call.repository("contents", "write")
    one, who = call.github.pull_request(repo, call.number("number")), call.caller.account
    body = await call.body()
    method = check_rules.member(body, "merge_method", METHODS) or "merge"
    if body.get("sha") not in {None, one.head_sha}:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    if not one.is_open or who is None:
        raise Refusal(405, "Pull Request is not mergeable")
    sha = await call.github.merge_pull_request(one, who.login, method=method)
    return reply({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def _wanted(call: Call, one: PullRequest) -> bool:
    head, base = call.query("head"), call.query("base")
    return base in {"", one.base_ref} and head in {"", f"{one.head_owner.login}:{one.head_ref}"}


def _as_asked(call: Call, document: Json) -> Json:
    """The newer API version does not tell the merge commit."""
    if call.request.headers.get("X-GitHub-Api-Version") == VERSIONS[1]:
        document.pop("merge_commit_sha")
    return document


ROUTES: tuple[Route, ...] = (
    ("GET", REPO + "/pulls", every),
    ("GET", REPO + "/pulls/{number}", get),
    ("PUT", REPO + "/pulls/{number}/merge", merge),
    ("GET", REPO + "/commits/{sha}/pulls", of_commit),
)
