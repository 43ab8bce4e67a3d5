"""What GitHub itself does with git: it makes and forks repositories, moves refs, commits merges and edits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from app.demo.github.account import Account, User
from app.demo.github.git import ZERO, Commit, Git, GitError

CONFIGURATION = """
[receive]
	hideRefs = refs/pull
	autogc = false
[gc]
	auto = 0
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
"""


def identity(who: Account, when: str) -> dict[str, str]:
    """The author is the person, the committer is GitHub."""
    name = who.name if isinstance(who, User) else who.login
    email = who.email if isinstance(who, User) else f"{who.id}+{who.login}@users.noreply.github.com"
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_NAME": "GitHub",
        "GIT_COMMITTER_EMAIL": "noreply@github.com",
        "GIT_COMMITTER_DATE": when,
    }


async def create(path: Path, default_branch: str) -> Git:
    """An empty bare repository that serves as GitHub's do: pull refs are for reading, any commit may be fetched."""
    git = Git(path)
    await git.run("init", "--quiet", "--bare", f"--initial-branch={default_branch}", "--template=", str(path))
    _configure(path)
    return git


def _configure(path: Path) -> None:
    with (path / "config").open("a") as config:
        config.write(CONFIGURATION)


async def copy(source: Git, target: Git) -> None:
    """A fork's branches and tags; the objects stay where they are and are shared."""
    _share(source.path, target.path)
    refs = [(ref, sha) for ref, sha in (await source.refs()).items() if not ref.startswith("refs/pull/")]
    await target.run("update-ref", "--stdin", stdin="".join(f"create {ref} {sha}\n" for ref, sha in refs).encode())


def _share(source: Path, target: Path) -> None:
    alternates = target / "objects" / "info" / "alternates"
    alternates.parent.mkdir(parents=True, exist_ok=True)
    alternates.write_text(f"{(source / 'objects').absolute()}\n")


async def set_ref(git: Git, ref: str, sha: str) -> None:
    """Points a ref at a commit, or deletes it when `sha` is all zeros."""
    await git.run("update-ref", *(("-d", ref) if sha == ZERO else (ref, sha)))


async def fetch(git: Git, source: Path, sha: str, ref: str) -> None:
    """Brings a commit of another repository here, under `ref`."""
    await git.run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(source), f"+{sha}:{ref}")


async def merge(
    git: Git, base: str, head: str, message: str, environment: Mapping[str, str], *, squash: bool = False
) -> str | None:
    """The merge of two commits, as a merge commit or squashed onto `base`; None if they conflict."""
    try:
        tree = (await git.text("merge-tree", "--write-tree", base, head)).splitlines()[0]
    except GitError:
        return None
    return await _commit(git, tree, [base] if squash else [base, head], message, environment)


async def rebase(git: Git, base: str, head: str, when: str) -> str | None:
    """The commits of `head` that `base` has not, written anew on top of it; None if one conflicts."""
    tip = base
    for each in reversed(await git.log(head, limit=250, without=[base])):
        if len(each.parents) > 1:
            continue
        written = await _pick(git, each, tip, when)
        if written is None:
            return None
        tip = written
    return tip


async def _pick(git: Git, one: Commit, tip: str, when: str) -> str | None:
    author, committer = one.author, {"GIT_COMMITTER_NAME": "GitHub", "GIT_COMMITTER_EMAIL": "noreply@github.com"}
    environment = {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_AUTHOR_DATE": author.when.isoformat(),
        **committer,
        "GIT_COMMITTER_DATE": when,
    }
    # Beside the commit stands one that has the new place's files and the same parent: their merge is the change.
    here = await git.commit(tip)
    beside = await _commit(git, here.tree, one.parents, "", environment)
    try:
        tree = (await git.text("merge-tree", "--write-tree", beside, one.sha)).splitlines()[0]
    except GitError:
        return None
    return await _commit(git, tree, [tip], one.message, environment)


async def write(
    git: Git, parent: str | None, files: Mapping[str, str | bytes | None], message: str, environment: Mapping[str, str]
) -> str:
    """A commit on `parent` with these files changed; None removes one."""
    with TemporaryDirectory(prefix="index-") as directory:
        index = {**environment, "GIT_INDEX_FILE": f"{directory}/index"}
        await git.run("read-tree", parent or "--empty", environment=index)
        lines = [await _index_line(git, path, content) for path, content in files.items()]
        await git.run("update-index", "--index-info", stdin="".join(lines).encode(), environment=index)
        tree = (await git.run("write-tree", environment=index)).decode().strip()
    return await _commit(git, tree, [parent] if parent else [], message, environment)


async def _commit(git: Git, tree: str, parents: Sequence[str], message: str, environment: Mapping[str, str]) -> str:
    options = [word for each in parents for word in ("-p", each)]
    made = await git.run("commit-tree", tree, *options, "-F", "-", stdin=message.encode(), environment=environment)
    return made.decode().strip()


async def _index_line(git: Git, path: str, content: str | bytes | None) -> str:
    if content is None:
        return f"0 {ZERO}\t{path}\n"
    raw = content.encode() if isinstance(content, str) else content
    blob = (await git.run("hash-object", "-w", "--stdin", stdin=raw)).decode().strip()
    # A script stays one: what begins with #! may be run.
    mode = "100755" if raw.startswith(b"#!") else "100644"
    return f"{mode} {blob}\t{path}\n"
