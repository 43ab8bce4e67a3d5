"""Whether commits take others back, as `git revert` and GitHub's revert button write it."""

import re
from collections.abc import Sequence

from msgspec import Struct

from checks.change import short

_COMMIT = re.compile(r"This reverts commit ([0-9a-f]{7,64})")
_PULL_REQUEST = re.compile(r"^Reverts (?:[\w.-]+/[\w.-]+)?#(\d+)", re.MULTILINE)
_CAME_WITH = re.compile(r"\(#(\d+)\)$|^Merge pull request #(\d+) ")


class Commit(Struct, frozen=True, kw_only=True):
    """`author` and `committer` are GitHub logins, "" where GitHub knows none. Whoever pushes may write any."""

    sha: str
    message: str
    author: str = ""
    committer: str = ""

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0].strip()


def revert_of(bad: Sequence[Commit], new: Sequence[Commit]) -> str:
    """The sentence for the first of the new commits that takes back one of the bad ones; "" if none does."""
    for commit in new:
        for one in bad:
            if _takes_back(commit, one):
                return f"{short(commit.sha)} reverts {short(one.sha)}"
    return ""


def _takes_back(commit: Commit, one: Commit) -> bool:
    message = commit.message
    if any(one.sha.startswith(named) for named in _COMMIT.findall(message)):
        return True
    came_with = _CAME_WITH.search(one.subject)
    number = (came_with[1] or came_with[2]) if came_with else ""
    return bool(number) and number in _PULL_REQUEST.findall(message)
