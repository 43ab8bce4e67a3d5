"""A commit that may have to be built, and why: a push, a pull-request head or a merge-group head."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from checks.pull_request import PullRequest
from checks.repository import Repository


class Purpose(StrEnum):
    """Why a commit is built. Only a push to the default branch publishes."""

    PUSH = "push"
    PULL_REQUEST = "pull_request"
    MERGE_GROUP = "merge_group"


class Push(Struct, frozen=True, kw_only=True):
    """What a push said of its commits.

    `touched_buildspec` and `touched_delivery` (what is said there of delivery) are None when the push does not tell:
    it was forced, it created the branch, or its list of commits was cut (GitHub lists at most 2,048).
    """

    before: str
    after: str
    touched_buildspec: bool | None = None
    touched_delivery: bool | None = None


class Change(Struct, frozen=True, kw_only=True):
    """One commit with the reason to look at it.

    `branch` is the pushed branch, the pull request's head branch, or the merge group's base branch.
    `message` is the commit's message where the webhook carries it, else empty.
    """

    repository: Repository
    purpose: Purpose
    sha: str
    branch: str
    sender: str
    received_at: datetime
    action: str = ""
    message: str = ""
    push: Push | None = None
    pull_request: PullRequest | None = None

    @property
    def intent(self) -> str:
        """The same for every telling of one occurrence, whatever delivery it came with."""
        if self.pull_request:
            at = self.pull_request.updated_at.isoformat()
            return f"{self.purpose}:{self.pull_request.number}:{self.action}:{self.sha}:{at}"
        before = self.push.before if self.push else ""
        return f"{self.purpose}:{self.branch}:{before}:{self.sha}"

    @property
    def ref(self) -> str:
        """The git ref under which GitHub serves this commit."""
        if self.pull_request:
            return f"refs/pull/{self.pull_request.number}/head"
        return f"refs/heads/{self.branch}"


def short(sha: str) -> str:
    """Seven characters of a commit, as people read it."""
    return sha[:7]
