"""REST: commit statuses."""

from aiohttp import web

from app.demo.github.documents.commit_status import combined_status, commit_status
from app.demo.github.refusal import Refusal
from app.demo.github.rest.call import REPO, Call, Route, reply


async def create(call: Call) -> web.Response:
    repo, who = call.repository("statuses", "write"), call.caller.account
    if who is None:
        raise Refusal(401, "Requires authentication")
    made = await call.github.report(repo, who, call.text("sha"), await call.body())
    return reply(commit_status(call.github, made), 201)


async def combined(call: Call) -> web.Response:
    repo, ref = call.repository("statuses"), call.text("ref")
    sha = await call.github.git(repo).resolve(ref)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    every = call.github.statuses_of(repo, sha)
    some, headers = call.page(every)
    return reply(combined_status(call.github, repo, sha, every, some), headers=headers)


ROUTES: tuple[Route, ...] = (
    ("POST", REPO + "/statuses/{sha}", create),
    ("GET", REPO + "/commits/{ref:.+}/status", combined),
)
