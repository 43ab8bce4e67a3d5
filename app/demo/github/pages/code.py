"""Files of a repository: to read, and to change with a commit."""

from aiohttp import web

from app.demo.github.pages.lists import branches
from app.demo.github.pages.visit import REPOSITORY, Visit, back, page, path_to
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository

LARGEST = 512 * 1024


async def _split(visit: Visit, repo: Repository) -> tuple[str, str, str]:
    """A branch, which may contain slashes, or a commit; the commit that it means; and a path there."""
    rest = visit["rest"].strip("/")
    known = sorted(await branches(visit, repo), key=len, reverse=True)
    name = next((each for each in known if rest == each or rest.startswith(f"{each}/")), rest.partition("/")[0])
    sha = await visit.github.git(repo).resolve(name)
    if sha is None:
        raise not_found()
    return name, sha, rest[len(name) :].strip("/")


@page
async def tree(visit: Visit) -> web.StreamResponse:
    repo = visit.repository
    name, sha, path = await _split(visit, repo)
    entries = await visit.github.git(repo).directory(sha, path)
    if not entries:
        raise not_found()
    ordered = sorted(entries, key=lambda each: (each.kind == "blob", each.path))
    return visit.page("tree.html", repo=repo, branch=name, path=path, entries=ordered)


@page
async def blob(visit: Visit) -> web.StreamResponse:
    repo = visit.repository
    name, sha, path = await _split(visit, repo)
    raw = await visit.github.git(repo).file(sha, path)
    if raw is None:
        raise not_found()
    is_branch = name in await branches(visit, repo)
    return visit.page(
        "blob.html",
        repo=repo,
        branch=name,
        path=path,
        size=len(raw),
        lines=_lines(raw),
        may_edit=is_branch and visit.may_write(repo) and _lines(raw) is not None,
    )


@page
async def edit(visit: Visit) -> web.StreamResponse:
    repo = visit.repository
    visit.must_write(repo)
    branch, sha, path = await _split(visit, repo)
    raw = await visit.github.git(repo).file(sha, path)
    if raw is None or _lines(raw) is None:
        raise not_found()
    return visit.page(
        "edit.html",
        repo=repo,
        branch=branch,
        path=path,
        sha=sha,
        text=raw.decode(),
        is_default=branch == repo.default_branch,
    )


@page
async def save(visit: Visit) -> web.StreamResponse:
    """A commit on the branch by whoever is signed in, or on a new branch with a pull request."""
    repo, form = visit.repository, await visit.form()
    visit.must_write(repo)
    branch, sha, path = await _split(visit, repo)
    git = visit.github.git(repo)
    if await git.file(form.get("sha", sha), path) != await git.file(sha, path):
        raise Refusal(409, f"{path} has changed on {branch} since you opened it. Open it again, then edit.")
    text = form.get("text", "").replace("\r\n", "\n")
    message = form.get("message", "").strip() or f"Update {path.rpartition('/')[2]}"
    proposed = form.get("branch", "").strip()
    if proposed:
        if proposed in await branches(visit, repo):
            raise Refusal(422, f"There is a branch {proposed} already. Choose another name.")
        await visit.github.commit_files(repo, proposed, {path: text}, message, visit.login)
        one = await visit.github.open_pull_request(repo, message, head=proposed, by=visit.login, base=branch)
        return back(path_to(repo.owner.login, repo.name, "pull", one.number))
    made = await visit.github.commit_files(repo, branch, {path: text}, message, visit.login)
    every = [one for requests in visit.github.pull_requests.values() for one in requests if one.is_open]
    mine = next((one for one in every if one.head_repository is repo and one.head_ref == branch), None)
    if mine:
        return back(path_to(mine.repository.owner.login, mine.repository.name, "pull", mine.number))
    return back(path_to(repo.owner.login, repo.name, "commit", made))


def _lines(raw: bytes) -> list[str] | None:
    """The lines of a text; None for what is none or is too much for a page."""
    if b"\0" in raw or len(raw) > LARGEST:
        return None
    try:
        return raw.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        return None


ROUTES = [
    web.get(REPOSITORY + "/tree/{rest:.+}", tree),
    web.get(REPOSITORY + "/blob/{rest:.+}", blob),
    web.get(REPOSITORY + "/edit/{rest:.+}", edit),
    web.post(REPOSITORY + "/edit/{rest:.+}", save),
]
