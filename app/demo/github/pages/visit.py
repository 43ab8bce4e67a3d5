"""One request for a page: who looks, at which repository, and whether a form came from here."""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from app.demo.github.account import Permission, User
from app.demo.github.check_run import CheckRun
from app.demo.github.git import GitError
from app.demo.github.pages.look import PAGES
from app.demo.github.platform import GITHUB, Platform
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository
from app.web import live
from app.web.pages import SECURITY

COOKIE = "person"
REPOSITORY = "/{owner}/{name}"


class Visit:
    """`repository` is the one in the address; `who` is the person that the cookie names, else the first one."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.github: Platform = request.app[GITHUB]
        people = self.people
        login = request.cookies.get(COOKIE, "")
        self.who = next((each for each in people if each.login == login), people[0] if people else None)

    @property
    def people(self) -> Sequence[User]:
        return self.github.users

    @property
    def login(self) -> str:
        """Who presses; there is always somebody, or the button is refused."""
        if self.who is None:
            raise Refusal(403, "Nobody is signed in: this GitHub has no people yet.")
        return self.who.login

    @property
    def repository(self) -> Repository:
        found = self.github.repository(f"{self['owner']}/{self['name']}")
        if not self.permission(self.who, found).allows(Permission.READ):
            raise not_found()
        return found

    def permission(self, who: User | None, repo: Repository) -> Permission:
        return self.github.permission(who, repo)

    def may_write(self, repo: Repository) -> bool:
        return self.permission(self.who, repo).allows(Permission.WRITE) and not repo.archived

    def must_write(self, repo: Repository) -> None:
        if not self.may_write(repo):
            raise Refusal(403, f"{self.login} has no write access to {repo.full_name}.")

    def visible(self, repos: Sequence[Repository]) -> Sequence[Repository]:
        return [each for each in repos if self.permission(self.who, each).allows(Permission.READ)]

    def __getitem__(self, name: str) -> str:
        return self.request.match_info[name]

    def page(self, template: str, *, repo: Repository | None = None, status: int = 200, **facts: Any) -> web.Response:
        shown = {"visit": self, "repo": repo, "here": self.request.path_qs, "version": version(self.github, repo)}
        return self.request.app[PAGES].page(template, status=status, **(shown | facts))

    async def form(self) -> dict[str, str]:
        return {name: value for name, value in (await self.request.post()).items() if isinstance(value, str)}


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page(show: Callable[[Visit], Awaitable[web.StreamResponse]]) -> Handler:
    """A handler that shows what GitHub refuses as a page, and takes forms from this site alone."""

    async def handle(request: web.Request) -> web.StreamResponse:
        visit = Visit(request)
        try:
            _must_be_from_here(request)
            return await show(visit)
        except Refusal as no:
            details = [each if isinstance(each, str) else each.get("message", "") for each in no.errors]
            return visit.page("refusal.html", status=no.status, message=no.message, details=details)
        except GitError as no:
            return visit.page("refusal.html", status=409, message="git refused", details=[str(no)])

    return handle


def back(url: str) -> web.Response:
    return web.Response(status=303, headers={**SECURITY, "Location": url})


def path_to(*parts: str | int) -> str:
    return "/" + "/".join(quote(str(part)) for part in parts)


def version(github: Platform, repo: Repository | None) -> str:
    """Changes whenever a page about the repository, or without one about anything, may show something else."""
    seen = sha256()
    for suite in github.suites.values():
        if repo in {None, suite.repository}:
            seen.update(repr((suite.id, suite.is_reset, [_told(run) for run in suite.runs])).encode())
    for number, requests in github.pull_requests.items():
        if repo is None or repo.id == number:
            seen.update(repr([(one.number, one.state, one.head_sha, one.updated_at) for one in requests]).encode())
    seen.update(repr(_delivered(github, repo)).encode())
    for each in [repo] if repo else github.repositories.values():
        seen.update(repr((each.id, each.full_name, each.pushed_at, each.updated_at)).encode())
    if repo is None:
        seen.update(repr([(each.id, each.status) for each in github.deliveries[-200:]]).encode())
    return seen.hexdigest()[:16]


def _delivered(github: Platform, repo: Repository | None) -> list[tuple[Any, ...]]:
    """Deployments, environments and comments, each with what may change of it."""
    return [
        *((d.id, d.environment, len(d.statuses)) for d in github.deployments.values() if repo in {None, d.repository}),
        *((e.id, e.protection) for e in github.environments if repo in {None, e.repository}),
        *((c.id, c.body) for c in github.comments.values() if repo in {None, c.pull_request.repository}),
    ]


def _told(run: CheckRun) -> tuple[Any, ...]:
    said = run.output
    return (run.id, run.status, run.conclusion, said.title, said.summary, said.text, len(said.annotations), run.actions)


def _must_be_from_here(request: web.Request) -> None:
    """Browsers say where a form comes from; what says nothing is refused."""
    site, origin = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", "")
    is_ours = urlsplit(origin).netloc == request.host if origin else site == "same-origin"
    if request.method == "POST" and not (is_ours and site in {"", "same-origin"}):
        raise Refusal(403, "A form has to be sent from a page of this site.")


@page
async def sign_in(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    who = visit.github.user(form.get("login", ""))
    to = form.get("to", "/")
    answer = back(to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/")
    answer.set_cookie(COOKIE, who.login, httponly=True, samesite="Lax", path="/")
    return answer


@page
async def events(visit: Visit) -> web.StreamResponse:
    """Tells the pages about a repository, or about everything, that something changed."""
    name = visit.request.query.get("of", "")
    repo = visit.github.repository(name) if name else None

    async def look() -> dict[str, str]:
        return {"state": version(visit.github, repo)}

    return await live.stream(visit.request, look)


ROUTES = [web.post("/-/sign-in", sign_in), web.get("/-/events", events)]
