"""Pages that list: everybody, an account's repositories, a repository's commits and pull requests."""

from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from app.demo.github.account import Account
from app.demo.github.check_run import CheckRun
from app.demo.github.git import Commit, Entry
from app.demo.github.pages.deployments import places
from app.demo.github.pages.visit import REPOSITORY, Visit, page
from app.demo.github.refusal import not_found
from app.demo.github.repository import Repository

READMES = ("README.md", "readme.md", "README", "README.rst", "README.txt")
MOST_COMMITS = 100


class Built(NamedTuple):
    """A commit with the newest checks on it."""

    commit: Commit
    runs: Sequence[CheckRun]


class Row(NamedTuple):
    """A repository with the newest commit of its default branch; None while it is empty."""

    repository: Repository
    head: Built | None
    open_pulls: int


async def built(
    visit: Visit, repo: Repository, revision: str, *, limit: int, without: Sequence[str] = ()
) -> list[Built]:
    commits = await visit.github.git(repo).log(revision, limit=limit, without=without)
    return [Built(each, visit.github.runs_of(repo, each.sha)) for each in commits]


async def branches(visit: Visit, repo: Repository) -> list[str]:
    refs = await visit.github.git(repo).refs()
    return [ref.removeprefix("refs/heads/") for ref in refs if ref.startswith("refs/heads/")]


@page
async def home(visit: Visit) -> web.StreamResponse:
    owners = [each for each in visit.github.accounts.values() if each.type != "Bot"]
    shown = [(each, await _rows(visit, each)) for each in owners]
    ranked = sorted(shown, key=lambda pair: (pair[0].type != "Organization", pair[0].login))
    return visit.page("home.html", owners=ranked, apps=list(visit.github.apps.values()))


@page
async def owner(visit: Visit) -> web.StreamResponse:
    account = visit.github.account(visit["owner"])
    apps = [each for each in visit.github.apps.values() if _is_installed(visit, account, each.id)]
    return visit.page("owner.html", account=account, rows=await _rows(visit, account), apps=apps)


@page
async def repository(visit: Visit) -> web.StreamResponse:
    repo = visit.repository
    git = visit.github.git(repo)
    head = await git.resolve(f"refs/heads/{repo.default_branch}")
    entries = sorted(await git.directory(head), key=_folders_first) if head else []
    readme = next((each.path for each in entries if each.path in READMES), "")
    text = (await git.file(head, readme) or b"").decode(errors="replace") if head and readme else ""
    commits = await built(visit, repo, head, limit=10) if head else []
    return visit.page(
        "repository.html",
        repo=repo,
        entries=entries,
        readme=readme,
        text=text,
        commits=commits,
        branch=repo.default_branch,
        places=places(visit.github, repo),
        branches=await branches(visit, repo),
        people=[(each, visit.permission(each, repo)) for each in visit.people],
    )


@page
async def commits(visit: Visit) -> web.StreamResponse:
    repo, branch = visit.repository, visit.request.match_info.get("branch") or visit.repository.default_branch
    sha = await visit.github.git(repo).resolve(branch)
    if sha is None and branch != repo.default_branch:
        raise not_found()
    shown = await built(visit, repo, sha, limit=MOST_COMMITS) if sha else []
    return visit.page(
        "commits.html", repo=repo, branch=branch, commits=shown, branches=await branches(visit, repo), most=MOST_COMMITS
    )


@page
async def pulls(visit: Visit) -> web.StreamResponse:
    repo = visit.repository
    found = [(each, visit.github.runs_of(repo, each.head_sha)) for each in visit.github.pull_requests_of(repo, "all")]
    return visit.page("pulls.html", repo=repo, pulls=sorted(found, key=lambda pair: not pair[0].is_open))


async def _rows(visit: Visit, account: Account) -> list[Row]:
    return [await _row(visit, each) for each in visit.visible(visit.github.repositories_of(account))]


async def _row(visit: Visit, repo: Repository) -> Row:
    head = await visit.github.git(repo).resolve(f"refs/heads/{repo.default_branch}")
    newest = (await built(visit, repo, head, limit=1))[0] if head else None
    return Row(repo, newest, len(visit.github.pull_requests_of(repo)))


def _is_installed(visit: Visit, account: Account, app: int) -> bool:
    return any(i.account is account and i.app.id == app and not i.gone for i in visit.github.installations.values())


def _folders_first(entry: Entry) -> tuple[bool, str]:
    return entry.kind == "blob", entry.path


ROUTES = [
    web.get("/", home),
    web.get("/{owner}", owner),
    web.get(REPOSITORY, repository),
    web.get(REPOSITORY + "/commits", commits),
    web.get(REPOSITORY + "/commits/{branch:.+}", commits),
    web.get(REPOSITORY + "/pulls", pulls),
]
