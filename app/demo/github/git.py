"""Bare repositories on disk, asked and changed through the real git."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ZERO = "0" * 40

# Nothing of the machine's own configuration reaches these repositories, and git never asks at a terminal.
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}


class GitError(Exception):
    """git refused; its own words."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """An author or committer as git records it."""

    name: str
    email: str
    when: datetime


@dataclass(frozen=True, kw_only=True)
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a directory: `kind` is blob, tree or commit (a submodule); `size` is None but for blobs."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """`status` is git's letter: A, M, D, R, …; `previous` is the old path of a rename; `sha` the file's blob."""

    status: str
    path: str
    sha: str
    previous: str | None = None
    additions: int = 0
    deletions: int = 0


class Git:
    """One bare repository. Commits never change, so each is read once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._commits: dict[str, Commit] = {}

    async def run(self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
        """What git prints; raises `GitError` with what it complains about."""
        process = await asyncio.create_subprocess_exec(
            "git",
            "--git-dir",
            str(self.path),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**ENVIRONMENT, **(environment or {})},
        )
        out, err = await process.communicate(stdin)
        if process.returncode:
            raise GitError(err.decode(errors="replace").strip() or f"git {arguments[0]} ended {process.returncode}")
        return out

    async def text(self, *arguments: str) -> str:
        return (await self.run(*arguments)).decode(errors="replace")

    async def refs(self) -> dict[str, str]:
        """Branches, tags and `refs/pull/…`, each with the object it names."""
        lines = (await self.text("for-each-ref", "--format=%(refname) %(objectname)")).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    async def resolve(self, revision: str) -> str | None:
        """The commit that a branch, tag, `HEAD` or SHA means; None if there is none."""
        if not revision or revision.startswith("-"):
            return None
        if revision in self._commits:
            return revision
        for each in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}"):
            try:
                return (await self.text("rev-parse", "--verify", "--quiet", f"{each}^{{commit}}")).strip()
            except GitError:
                continue
        return None

    async def commit(self, revision: str) -> Commit:
        known = self._commits.get(revision)
        return known or (await self.log(revision, limit=1))[0]

    async def log(self, revision: str, *, limit: int = 30, without: Sequence[str] = ()) -> list[Commit]:
        """Commits reachable from `revision` and from none of `without`, the newest first."""
        fields = "%H%n%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B%x00"
        exclude = [f"^{each}" for each in without]
        out = await self.text("log", f"--max-count={limit}", f"--format={fields}", revision, *exclude, "--")
        found = [_commit(each.lstrip("\n")) for each in out.split("\0") if each.strip()]
        self._commits |= {each.sha: each for each in found}
        return found

    async def changes(self, old: str | None, new: str) -> list[FileChange]:
        """Files that differ between two commits; `old` None compares with nothing."""
        span = [new] if old is None else [old, new]
        options = ["-r", "-M", "-z", "--root", "--no-commit-id", "--raw", "--numstat"]
        return _changes((await self.text("diff-tree", *options, *span)).split("\0"))

    async def diff(self, old: str, new: str) -> str:
        """The unified diff from `old` to `new`."""
        return await self.text("diff", "-M", "--no-color", "--no-ext-diff", old, new)

    async def file(self, revision: str, path: str) -> bytes | None:
        """A file's bytes at a commit; None if it is not a file there."""
        return await self.blob(f"{revision}:{path}")

    async def directory(self, revision: str, path: str = "") -> list[Entry]:
        """A directory at a commit; empty if there is none."""
        try:
            out = await self.text("ls-tree", "-z", "-l", f"{revision}:{path}")
        except GitError:
            return []
        return [_entry(line, path) for line in out.split("\0") if line]

    async def tree(self, revision: str, *, recursive: bool) -> tuple[str, list[Entry]]:
        """A tree by its SHA or by what has it, and its entries; an empty SHA if there is none."""
        if revision.startswith("-"):
            return "", []
        try:
            sha = (await self.text("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")).strip()
        except GitError:
            return "", []
        deep = ["-r", "-t"] if recursive else []
        out = await self.text("ls-tree", "-z", "-l", "--full-tree", *deep, sha)
        return sha, [_entry(line, "") for line in out.split("\0") if line]

    async def entry(self, revision: str, path: str) -> Entry | None:
        """What lies at a path of a branch, tag or commit: a file, a directory, a submodule or nothing."""
        if revision.startswith("-"):
            return None
        try:
            # `:(literal)` keeps stars and brackets in a name from matching others.
            out = await self.text("ls-tree", "-z", "-l", "--full-tree", revision, "--", f":(literal){path}")
        except GitError:
            return None
        return _entry(out.rstrip("\0"), "") if out else None

    async def blob(self, sha: str) -> bytes | None:
        try:
            return await self.run("cat-file", "blob", sha)
        except GitError:
            return None

    async def merge_base(self, one: str, other: str) -> str | None:
        try:
            return (await self.text("merge-base", one, other)).strip()
        except GitError:
            return None

    async def contains(self, descendant: str, ancestor: str) -> bool:
        """Whether `ancestor` is reachable from `descendant`; a commit contains itself."""
        return await self.merge_base(descendant, ancestor) == ancestor

    async def count(self, revision: str, without: str) -> int:
        return int(await self.text("rev-list", "--count", revision, f"^{without}"))


def _commit(record: str) -> Commit:
    sha, tree, parents, an, ae, ad, cn, ce, cd, message = record.split("\n", 9)
    return Commit(
        sha=sha,
        tree=tree,
        parents=tuple(parents.split()),
        author=Person(name=an, email=ae, when=datetime.fromisoformat(ad)),
        committer=Person(name=cn, email=ce, when=datetime.fromisoformat(cd)),
        message=message.rstrip("\n"),
    )


def _entry(line: str, directory: str) -> Entry:
    about, _, name = line.partition("\t")
    mode, kind, sha, size = about.split()
    path = f"{directory.strip('/')}/{name}" if directory.strip("/") else name
    return Entry(mode=mode, kind=kind, sha=sha, size=None if size == "-" else int(size), path=path)


def _changes(fields: list[str]) -> list[FileChange]:
    """First `:mode mode sha sha status NUL path [NUL path]`, then `added TAB deleted TAB path`, with renames as
    `added TAB deleted TAB NUL old NUL new`."""
    raw: list[tuple[str, str, str, str | None]] = []
    numbers: dict[str, tuple[int, int]] = {}
    rest = iter(fields)
    for each in rest:
        if each.startswith(":"):
            _, _, old, new, status = each.split(" ")
            path, previous = next(rest), None
            if status[0] in "RC":
                path, previous = next(rest), path
            raw.append((status[0], path, old if status == "D" else new, previous))
        elif each:
            added, deleted, path = each.split("\t", 2)
            if not path:
                path = [next(rest), next(rest)][1]
            numbers[path] = (0, 0) if added == "-" else (int(added), int(deleted))
    return [
        FileChange(status=s, path=p, sha=sha, previous=old, additions=numbers[p][0], deletions=numbers[p][1])
        for s, p, sha, old in raw
    ]
