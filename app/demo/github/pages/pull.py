"""A pull request: the conversation with its buttons, its checks, and the files it changes."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from app.demo.github.account import Permission
from app.demo.github.pages.checks import LEVELS, checks_of, notes_of
from app.demo.github.pages.deployments import of_pull
from app.demo.github.pages.diff import parse
from app.demo.github.pages.lists import Built, built
from app.demo.github.pages.visit import REPOSITORY, Visit, back, page, path_to
from app.demo.github.pull_request import PullRequest
from app.demo.github.refusal import Refusal, not_found


def _pull(visit: Visit) -> PullRequest:
    return visit.github.pull_request(visit.repository, int(visit["number"]))


def _address(one: PullRequest) -> str:
    return path_to(one.repository.owner.login, one.repository.name, "pull", one.number)


async def _commits(visit: Visit, one: PullRequest) -> list[Built]:
    base = await visit.github.git(one.repository).merge_base(one.base_sha, one.head_sha)
    return await built(visit, one.repository, one.head_sha, limit=100, without=[base] if base else [])


def _may_edit(visit: Visit, one: PullRequest) -> bool:
    """Whether the person may push to the head branch."""
    head = one.head_repository
    return bool(head and one.is_open and visit.permission(visit.who, head).allows(Permission.WRITE))


@page
async def conversation(visit: Visit) -> web.StreamResponse:
    one = _pull(visit)
    return visit.page(
        "pull.html",
        repo=visit.repository,
        pull=one,
        tab="conversation",
        commits=await _commits(visit, one),
        comments=visit.github.comments_of(one),
        deployments=of_pull(visit.github, one),
        runs=visit.github.runs_of(visit.repository, one.head_sha),
        may_write=visit.may_write(visit.repository),
        may_edit=_may_edit(visit, one),
        may_close=visit.may_write(visit.repository) or visit.who is one.author,
    )


@page
async def checks(visit: Visit) -> web.StreamResponse:
    one = _pull(visit)
    shown = await checks_of(visit, visit.repository, one.head_sha, f"{_address(one)}/checks")
    return visit.page(
        "pull_checks.html",
        repo=visit.repository,
        pull=one,
        tab="checks",
        checks=shown,
        levels=LEVELS,
        runs=shown.runs,
        head=await visit.github.git(visit.repository).commit(one.head_sha),
    )


@page
async def files(visit: Visit) -> web.StreamResponse:
    one, git = _pull(visit), visit.github.git(visit.repository)
    base = await git.merge_base(one.base_sha, one.head_sha) or one.base_sha
    runs = visit.github.runs_of(visit.repository, one.head_sha)
    return visit.page(
        "pull_files.html",
        repo=visit.repository,
        pull=one,
        tab="files",
        runs=runs,
        levels=LEVELS,
        files=parse(await git.diff(base, one.head_sha)),
        notes=notes_of(runs),
        may_edit=_may_edit(visit, one),
    )


async def _merge(visit: Visit, one: PullRequest) -> None:
    visit.must_write(visit.repository)
    await visit.github.merge_pull_request(one, visit.login, method=(await visit.form()).get("method", "merge"))


async def _close(visit: Visit, one: PullRequest) -> None:
    await visit.github.close_pull_request(one, visit.login)


async def _reopen(visit: Visit, one: PullRequest) -> None:
    await visit.github.reopen_pull_request(one, visit.login)


async def _ready(visit: Visit, one: PullRequest) -> None:
    await visit.github.mark_ready(one, visit.login)


async def _draft(visit: Visit, one: PullRequest) -> None:
    await visit.github.convert_to_draft(one, visit.login)


CHANGES: Mapping[str, Callable[[Visit, PullRequest], Awaitable[None]]] = {
    "merge": _merge,
    "close": _close,
    "reopen": _reopen,
    "ready": _ready,
    "draft": _draft,
}


@page
async def change(visit: Visit) -> web.StreamResponse:
    one, do = _pull(visit), CHANGES.get(visit["what"])
    if do is None:
        raise not_found()
    if not visit.may_write(visit.repository) and visit.who is not one.author:
        raise Refusal(403, f"{visit.login} has no write access to {visit.repository.full_name}.")
    await do(visit, one)
    return back(_address(one))


PULL = REPOSITORY + r"/pull/{number:\d{1,9}}"
ROUTES = [
    web.get(PULL, conversation),
    web.get(PULL + "/checks", checks),
    web.get(PULL + "/files", files),
    web.post(PULL + "/{what:[a-z]+}", change),
]
