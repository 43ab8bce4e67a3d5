"""How commits, comparisons and files read in GitHub's JSON."""

from collections.abc import Sequence

from app.demo.github.documents.account import account
from app.demo.github.documents.fields import Json, node_id, time
from app.demo.github.git import Commit, Entry, FileChange, Person
from app.demo.github.model import Model
from app.demo.github.repository import Repository

STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}
KIND = {"blob": "file", "tree": "dir", "commit": "submodule"}
MOST_FILES = 300
UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def git_commit(model: Model, repo: Repository, one: Commit) -> Json:
    """The commit as git stores it."""
    html = f"{model.url}/{repo.full_name}/commit"
    return _stored(model, repo, one) | {
        "sha": one.sha,
        "node_id": node_id("Commit", repo.id) + one.sha,
        "html_url": f"{html}/{one.sha}",
        "parents": [_link(model, repo, each, "git/commits") for each in one.parents],
    }


async def commit(model: Model, repo: Repository, sha: str, *, files: bool = True) -> Json:
    """The commit with who made it and, on request, what it changed against its first parent."""
    git = model.git(repo)
    one = await git.commit(sha)
    whole = listed(model, repo, one)
    if files:
        changes = await git.changes(one.parents[0] if one.parents else None, sha)
        added, deleted = sum(each.additions for each in changes), sum(each.deletions for each in changes)
        whole["stats"] = {"additions": added, "deletions": deleted, "total": added + deleted}
        whole["files"] = [_file(model, repo, sha, each) for each in changes[:MOST_FILES]]
    return whole


def listed(model: Model, repo: Repository, one: Commit) -> Json:
    link = _link(model, repo, one.sha, "commits")
    return {
        **link,
        "node_id": node_id("Commit", repo.id) + one.sha,
        "comments_url": f"{link['url']}/comments",
        "commit": {**_stored(model, repo, one), "comment_count": 0},
        "author": _account(model, one.author),
        "committer": _account(model, one.committer),
        "parents": [_link(model, repo, each, "commits") for each in one.parents],
    }


async def comparison(
    model: Model, repo: Repository, span: tuple[str, str], commits: Sequence[Commit], *, files: bool
) -> Json:
    """From `span[0]` to `span[1]`; `commits` are this page's, oldest first."""
    git, (base, head) = model.git(repo), span
    start = await git.merge_base(base, head)
    ahead, behind = await git.count(head, base), await git.count(base, head)
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    html = f"{model.url}/{repo.full_name}/compare/{base}...{head}"
    changes = (await git.changes(start, head))[:MOST_FILES] if files else []
    return {
        "url": f"{model.api_url}/repos/{repo.full_name}/compare/{base}...{head}",
        "html_url": html,
        "permalink_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": await commit(model, repo, base, files=False),
        "merge_base_commit": await commit(model, repo, start or base, files=False),
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [listed(model, repo, each) for each in commits],
        **({"files": [_file(model, repo, head, each) for each in changes]} if files else {}),
    }


def content(model: Model, repo: Repository, ref: str, one: Entry) -> Json:
    url = f"{model.api_url}/repos/{repo.full_name}"
    place = f"{url}/contents/{one.path}?ref={ref}"
    html = f"{model.url}/{repo.full_name}/{'tree' if one.kind == 'tree' else 'blob'}/{ref}/{one.path}"
    stored = f"{url}/git/{'trees' if one.kind == 'tree' else 'blobs'}/{one.sha}"
    return {
        "type": KIND[one.kind],
        "size": one.size or 0,
        "name": one.path.rpartition("/")[2],
        "path": one.path,
        "sha": one.sha,
        "url": place,
        "git_url": stored,
        "html_url": html,
        "download_url": f"{model.url}/{repo.full_name}/raw/{ref}/{one.path}" if one.kind == "blob" else None,
        "_links": {"self": place, "git": stored, "html": html},
    }


def tree_entry(url: str, one: Entry) -> Json:
    """`url` is that of the repository's git objects."""
    entry = {"path": one.path, "mode": one.mode, "type": one.kind, "sha": one.sha}
    if one.kind == "commit":  # what a submodule names is elsewhere
        return entry
    sized = {} if one.size is None else {"size": one.size}
    return {**entry, **sized, "url": f"{url}/{one.kind}s/{one.sha}"}


def _stored(model: Model, repo: Repository, one: Commit) -> Json:
    url = f"{model.api_url}/repos/{repo.full_name}/git"
    return {
        "url": f"{url}/commits/{one.sha}",
        "author": person(one.author) | {"date": time(one.author.when)},
        "committer": person(one.committer) | {"date": time(one.committer.when)},
        "message": one.message,
        "tree": {"sha": one.tree, "url": f"{url}/trees/{one.tree}"},
        "verification": UNSIGNED,
    }


def _link(model: Model, repo: Repository, sha: str, place: str) -> Json:
    return {
        "sha": sha,
        "url": f"{model.api_url}/repos/{repo.full_name}/{place}/{sha}",
        "html_url": f"{model.url}/{repo.full_name}/commit/{sha}",
    }


def _account(model: Model, who: Person) -> Json | None:
    known = model.user_with_email(who.email)
    return None if known is None else account(model, known)


def _file(model: Model, repo: Repository, sha: str, one: FileChange) -> Json:
    url = f"{model.api_url}/repos/{repo.full_name}"
    return {
        "sha": one.sha,
        "filename": one.path,
        "status": STATUS[one.status],
        "additions": one.additions,
        "deletions": one.deletions,
        "changes": one.additions + one.deletions,
        "blob_url": f"{model.url}/{repo.full_name}/blob/{sha}/{one.path}",
        "raw_url": f"{model.url}/{repo.full_name}/raw/{sha}/{one.path}",
        "contents_url": f"{url}/contents/{one.path}?ref={sha}",
        **({"previous_filename": one.previous} if one.previous else {}),
    }


def person(who: Person) -> Json:
    return {"name": who.name, "email": who.email}


def commit_in_brief(commit: Commit) -> Json:
    """As check suites and merge groups carry their head."""
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer.when.isoformat(),
        "author": person(commit.author),
        "committer": person(commit.committer),
    }
