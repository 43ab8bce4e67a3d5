"""Which file of the repository a path in a report means, wherever and however the tool ran."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from posixpath import dirname, normpath
from urllib.parse import unquote

LONGEST = 1_000
LONGEST_NAME = 255
"""What file systems take as one name; asking them for more is an error."""

DEEPEST = 40

_DRIVE = re.compile(r"^[A-Za-z]:/")
_CODEBUILD = re.compile(r"^/codebuild/output/src[^/]*/src/(?:(?:github\.com|s3)/[^/]+/[^/]+/)?")
"""Where CodeBuild puts the source; a report keeps it when another machine reads it."""

_FOREIGN = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|dist-packages|\.venv|venv|\.tox|\.nox|vendor|bower_components|\.cargo|\.gem)/"
)
_NAMED_BY_CLASS = (".java", ".kt", ".kts", ".groovy", ".scala", ".clj", ".go")
"""Their traces name a file without its folder."""

_SOURCES = ("src/test/java", "src/main/java", "src/test/kotlin", "src/main/kotlin", "src/test", "src/main", "src")

Exists = Callable[[str], bool]


class Places:
    """The repository as far as reports are concerned.

    `root` is the absolute path of the source directory. `exists` tells whether a path relative to it is
    a file; without it only what the text itself says is believed.
    """

    def __init__(self, root: str, exists: Exists | None = None) -> None:
        self._root = _slashed(root).rstrip("/")
        self._exists = lru_cache(maxsize=10_000)(exists) if exists else None

    def find(self, path: str, *, report: str = "", group: str = "") -> str | None:
        """The path relative to the repository, or None if it is outside or not certain.

        `report` is the report's own path: tools that ran in its folder wrote paths relative to that.
        `group` is the class or package of the test, which names folders where traces do not.
        """
        slashed = _slashed(path)
        if not slashed or len(slashed) > LONGEST or "\0" in slashed or "\n" in slashed:
            return None
        known = self._relative(slashed)
        if self._exists:
            return next(filter(self._exists, _believable(_candidates(known or slashed, report, group))), None)
        bare = known is not None and "/" not in known and known.endswith(_NAMED_BY_CLASS)
        return None if known is None or bare else next(_believable(iter([known])), None)

    def _relative(self, path: str) -> str | None:
        if not _is_absolute(path):
            return normpath(path)
        begin, root = path[: len(self._root) + 1], f"{self._root}/"
        if begin == root or (_DRIVE.match(root) and begin.casefold() == root.casefold()):
            return normpath(path[len(root) :])
        rest = _CODEBUILD.sub("", path)
        return normpath(rest) if rest != path and rest else None


def _slashed(path: str) -> str:
    """`file:` addresses and Windows paths, in the one form."""
    path = path.strip()
    if path.startswith("file://"):
        path = unquote(path.removeprefix("file://"))
    if _DRIVE.match(path[1:].replace("\\", "/")):
        path = path.lstrip("/")
    slashed = path.replace("\\", "/")
    return f"/{slashed.lstrip('/')}" if slashed.startswith("//") else slashed


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or bool(_DRIVE.match(path))


def _believable(paths: Iterator[str]) -> Iterator[str]:
    for path in paths:
        outside = _is_absolute(path) or path in ("", ".", "..") or path.startswith("../") or ":" in path.split("/")[0]
        fits = all(len(name.encode("utf-8", "replace")) <= LONGEST_NAME for name in path.split("/"))
        if fits and not outside and not _FOREIGN.search(path) and path.isprintable():
            yield path


def _candidates(path: str, report: str, group: str) -> Iterator[str]:
    """Where the file may be, the likeliest first."""
    if not _is_absolute(path):
        yield path
        folders = dirname(normpath(_slashed(report))).split("/")[:DEEPEST]
        yield from (normpath("/".join([*folders[:end], path])) for end in range(len(folders), 0, -1))
    if "/" not in path:
        yield from _by_group(path, group[:LONGEST])
        return
    parts = path.split("/")
    yield from ("/".join(parts[start:]) for start in range(1, min(DEEPEST, len(parts) - 1)))


def _by_group(name: str, group: str) -> Iterator[str]:
    """`acme.shop.CartTest` and `CartTest.java`, or `example.org/acme/shop` and `cart_test.go`."""
    if "/" in group:
        parts = group.split("/")
        yield from ("/".join([*parts[start:], name]) for start in range(min(DEEPEST, len(parts))))
    else:
        package = group.split(".")[:-1]
        yield from ("/".join([source, *package, name]) for source in _SOURCES)
