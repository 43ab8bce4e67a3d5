"""File patterns of a buildspec (`*` within a name, `**` across folders), matched inside one directory."""

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]/]+\]|[^*?\[]+|\[")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    pattern = normal(pattern)
    parts = []
    for token in _TOKEN.findall(pattern):
        known = {"**/": r"(?:[^/]+/)*", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}.get(token)
        is_set = token.startswith("[") and len(token) > 1
        parts.append(known or (_set(token[1:-1]) if is_set else re.escape(token)))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern), re.DOTALL)


def _set(members: str) -> str:
    """`a-z`, or what is not in it after `!`."""
    negated = members[0] in "!^" and len(members) > 1
    escaped = re.sub(r"([^\w-])", r"\\\1", members[1:] if negated else members)
    return f"[{'^' if negated else ''}{re.sub('-+', '-', escaped)}]"


def normal(pattern: str) -> str:
    while pattern.startswith("./"):
        pattern = pattern[2:].lstrip("/")
    return pattern


def leaves(pattern: str) -> bool:
    """Whether a pattern points out of the directory that it is matched in."""
    return pattern.startswith("/") or ".." in PurePosixPath(pattern).parts


def files(root: Path, patterns: Iterable[str], without: Iterable[str] = ()) -> Iterator[str]:
    """Relative names of the files and links below `root` that match, in order. Links are not entered."""
    wanted = [compiled(pattern) for pattern in patterns if not leaves(pattern)]
    unwanted = [compiled(pattern) for pattern in without]
    for folder, folders, names in os.walk(root):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118  many
        for name in sorted(names + links):
            relative = os.path.relpath(os.path.join(folder, name), root)  # noqa: PTH118  many
            if any(p.fullmatch(relative) for p in wanted) and not any(p.fullmatch(relative) for p in unwanted):
                yield relative


def folders(root: Path, base: str) -> list[Path]:
    """The directories that a base-directory names: one, or with a wildcard several. None lies outside of `root`."""
    base = normal(base).rstrip("/")
    if not base or base == ".":
        return [root]
    if leaves(base):
        return []
    if not any(sign in base for sign in "*?["):
        found = [root / base]
    else:
        found = [path for path in sorted(root.rglob("*")) if compiled(base).fullmatch(str(path.relative_to(root)))]
    return [path for path in found if path.is_dir() and is_inside(path, root)]


def is_inside(path: Path, root: Path) -> bool:
    """Whether a path, all links followed, is below `root`."""
    return path.resolve().is_relative_to(root.resolve())
