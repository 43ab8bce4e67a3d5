"""The body of a push webhook: which commits came, and which files each of them touched."""

from collections.abc import Mapping

from app.demo.github.account import Account, User
from app.demo.github.documents.commit import person
from app.demo.github.documents.fields import Json
from app.demo.github.git import Commit, Git, Person
from app.demo.github.model import Model
from app.demo.github.ref_update import RefUpdate
from app.demo.github.repository import Repository

MOST_COMMITS = 2048
MOST_FILES = 3000


async def push(model: Model, repo: Repository, update: RefUpdate, refs: Mapping[str, str], who: Account) -> Json:
    """`refs` are all refs as they were before, so that only new commits count."""
    git, html = model.git(repo), f"{model.url}/{repo.full_name}"
    commits = [] if update.deleted else await _arrived(git, update, refs)
    head = commits[-1] if commits else None if update.deleted else await git.commit(update.after)
    touched = await _touched(git, commits or ([head] if head else []))
    moved = not update.created and not update.deleted
    span = f"compare/{update.before[:12]}...{update.after[:12]}" if moved else f"commit/{update.after}"
    return {
        "ref": update.ref,
        "before": update.before,
        "after": update.after,
        "created": update.created,
        "deleted": update.deleted,
        "forced": moved and not await git.contains(update.after, update.before),
        "base_ref": None,
        "compare": f"{html}/{span}",
        "commits": [_commit(model, html, each, touched) for each in commits],
        "head_commit": None if head is None else _commit(model, html, head, touched),
        "pusher": {"name": who.login, "email": who.email if isinstance(who, User) else None},
        "repository": _repository(repo),
    }


def _repository(repo: Repository) -> Json:
    """What a push alone tells of its repository, and the times, which it alone tells as seconds."""
    return {
        "created_at": int(repo.created_at.timestamp()),
        "pushed_at": int(repo.pushed_at.timestamp()),
        "stargazers": 0,
        "master_branch": repo.default_branch,
        **({"organization": repo.owner.login} if repo.owner.type == "Organization" else {}),
    }


async def _arrived(git: Git, update: RefUpdate, refs: Mapping[str, str]) -> list[Commit]:
    """The new commits of a branch, oldest first: since `before`, or on a new branch all that no other ref had."""
    if update.branch is None:
        return []
    others = {sha for name, sha in refs.items() if name != update.ref}
    known = sorted(others) if update.created else [update.before]
    return (await git.log(update.after, limit=MOST_COMMITS, without=known))[::-1]


async def _touched(git: Git, commits: list[Commit]) -> dict[str, dict[str, list[str]]]:
    """For each commit the files it added, modified and removed against its first parent; a rename is both."""
    if not commits:
        return {}
    shas = "".join(f"{each.sha}\n" for each in commits).encode()
    out = await git.run(
        "log",
        "--no-walk=unsorted",
        "--stdin",
        "-z",
        "--format=%x01%H",
        "--name-status",
        "--no-renames",
        "--diff-merges=first-parent",
        "--root",
        stdin=shas,
    )
    found: dict[str, dict[str, list[str]]] = {}
    for record in out.decode(errors="replace").split("\x01")[1:]:
        sha, *fields = record.split("\0")
        lists: dict[str, list[str]] = {"A": [], "M": [], "D": []}
        pairs = [each.lstrip("\n") for each in fields if each.strip("\n")]
        for status, path in zip(pairs[::2], pairs[1::2], strict=True):
            lists["M" if status == "T" else status].append(path)
        found[sha] = {name: lists[name][:MOST_FILES] for name in lists}
    return found


def _commit(model: Model, html: str, commit: Commit, touched: Mapping[str, Mapping[str, list[str]]]) -> Json:
    files = touched.get(commit.sha, {})
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": commit.committer.when.isoformat(),
        "url": f"{html}/commit/{commit.sha}",
        "author": _person(model, commit.author),
        "committer": _person(model, commit.committer),
        "added": files.get("A", []),
        "removed": files.get("D", []),
        "modified": files.get("M", []),
    }


def _person(model: Model, who: Person) -> Json:
    known = model.user_with_email(who.email)
    return person(who) | ({"username": known.login} if known else {})
