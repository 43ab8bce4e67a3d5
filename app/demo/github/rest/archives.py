"""REST: a commit as a zip archive, at an address of its own that is good for a while and needs no token."""

import secrets
import time

from aiohttp import web

from app.demo.github.platform import GITHUB
from app.demo.github.refusal import not_found
from app.demo.github.rest.call import REPO, Call, Route

GOOD_FOR = 300.0
"""Seconds. https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-zip"""

Ticket = tuple[float, int, str]
TICKETS = web.AppKey("TICKETS", dict[str, Ticket])
"""By its secret: until when, and for which repository and commit."""


async def zipball(call: Call) -> web.Response:
    repo = call.repository("contents")
    sha = await call.github.git(repo).resolve(call.text("ref") or repo.default_branch)
    if sha is None:
        raise not_found()
    secret = secrets.token_urlsafe(24)
    call.request.app[TICKETS][secret] = time.monotonic() + GOOD_FOR, repo.id, sha
    there = f"{call.github.url}/_codeload/{repo.full_name}/legacy.zip/{sha}?token={secret}"
    return web.Response(status=302, headers={"Location": there})


async def download(request: web.Request) -> web.Response:
    until, number, sha = request.app[TICKETS].get(request.query.get("token", ""), (0.0, 0, ""))
    repo = request.app[GITHUB].repositories.get(number)
    if repo is None or time.monotonic() > until or sha != request.match_info["sha"]:
        return web.Response(status=404, text="404: Not Found")
    folder = f"{repo.full_name.replace('/', '-')}-{sha[:7]}/"
    packed = await request.app[GITHUB].git(repo).run("archive", "--format=zip", f"--prefix={folder}", sha)
    return web.Response(body=packed, content_type="application/zip")


def setup(site: web.Application) -> None:
    site[TICKETS] = {}
    site.router.add_get("/_codeload/{owner}/{repo}/legacy.zip/{sha}", download)


ROUTES: tuple[Route, ...] = (("GET", REPO + "/zipball/{ref:.*}", zipball),)
