"""The body of a push webhook: which commits came, and which files each of them touched."""

from collections.abc import Mapping

from app.demo.github.account import Account, User
from app.demo.github.documents.commit import person
from app.demo.github.documents.fields import Json
from app.demo.github.git import ZERO, Commit, Git, Person
from app.demo.github.model import Model
from app.demo.github.repository import Repository

MOST_COMMITS = 2048
MOST_FILES = 3000


async def push(
    model: Model, repo: Repository, update: tuple[str, str, str], refs: Mapping[str, str], who: Account
) -> Json:
    """`update` is (ref, before, after); `refs` are all refs as they were before, so that only new commits count."""
    git, (ref, before, after) = model.git(repo), update
    html = f"{model.url}/{repo.full_name}"
    commits = [] if after == ZERO else await _arrived(git, ref, before, after, refs)
    head = commits[-1] if commits else None if after == ZERO else await git.commit(after)
    touched = await _touched(git, commits or ([head] if head else []))
    documents = [_commit(model, html, each, touched) for each in commits]
    short = (before[:12], after[:12])
    compare = f"{html}/compare/{short[0]}...{short[1]}" if ZERO not in {before, after} else f"{html}/commit/{after}"
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "created": before == ZERO,
        "deleted": after == ZERO,
        "forced": ZERO not in {before, after} and not await git.contains(after, before),
        "base_ref": None,
        "compare": compare,
        "commits": documents,
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


async def _arrived(git: Git, ref: str, before: str, after: str, refs: Mapping[str, str]) -> list[Commit]:
    """The new commits, oldest first: since `before`, or on a new ref all that no other ref had."""
    if ref.startswith("refs/tags/"):
        return []
    known = [before] if before != ZERO else sorted({sha for name, sha in refs.items() if name != ref})
    return (await git.log(after, limit=MOST_COMMITS, without=known))[::-1]


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
