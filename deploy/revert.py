"""Whether commits take others back, as `git revert` and GitHub's revert button write it."""

import re
from collections.abc import Sequence
from itertools import islice

from msgspec import Struct

from checks.change import short

_COMMIT = re.compile(r"^[ \t]*This reverts commit ([0-9a-f]{7,64})", re.MULTILINE)
_PULL_REQUEST = re.compile(r"^Reverts (?P<repository>[\w.-]+/[\w.-]+)?#(?P<number>\d+)", re.MULTILINE)
_CAME_WITH = re.compile(r"\(#(\d+)\)$|^Merge pull request #(\d+) ")

MOST_NAMED = 5
"""Commits, and pull requests, that one message takes back: whoever names more holds up everybody."""


class Commit(Struct, frozen=True, kw_only=True):
    """`author` and `committer` are GitHub logins, "" where GitHub knows none. Whoever pushes may write any."""

    sha: str
    message: str
    author: str = ""
    committer: str = ""

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0].strip()


def came_with(commit: Commit) -> str:
    """The number of the pull request that brought it, as GitHub writes it into the subject; "" if it names none."""
    found = _CAME_WITH.search(commit.subject)
    return (found[1] or found[2]) if found else ""


def revert_of(bad: Sequence[Commit], new: Sequence[Commit], repository: str) -> str:
    """The sentence for the first of the new commits that takes back one of the bad ones, and is not taken back itself;
    "" if none does."""
    said = [_said(each, repository) for each in bad]
    reverts = [each for one in new if (each := _said(one, repository)).takes_back]
    for revert in _standing(reverts):
        for one in said:
            if one.is_taken_back_by(revert):
                return f"{short(revert.sha)} reverts {short(one.sha)}"
    return ""


class _Said(Struct, frozen=True):
    """`came_with` is the number of a pull request, "" without one; `takes_back` has the beginnings of SHAs, and numbers
    with a `#`."""

    sha: str
    came_with: str
    takes_back: tuple[str, ...]

    def is_taken_back_by(self, revert: "_Said") -> bool:
        number = f"#{self.came_with}" if self.came_with else ""
        return any(self.sha.startswith(name) or name == number for name in revert.takes_back)


def _said(commit: Commit, repository: str) -> _Said:
    commits = [found[1] for found in islice(_COMMIT.finditer(commit.message), MOST_NAMED)]
    found = islice(_PULL_REQUEST.finditer(commit.message), MOST_NAMED)
    ours = ("", repository.lower())
    numbers = [f"#{each['number']}" for each in found if (each["repository"] or "").lower() in ours]
    return _Said(commit.sha, came_with(commit), (*commits, *numbers))


def _standing(reverts: Sequence[_Said]) -> Sequence[_Said]:
    """Those that no later one takes back that stands itself."""
    standing: list[_Said] = []
    for one in reversed(reverts):
        if not any(one.is_taken_back_by(later) for later in standing):
            standing.insert(0, one)
    return standing
