"""A pull request as its webhooks tell it, and which of two tellings is the newer one."""

from datetime import datetime

from msgspec import Struct


class PullRequest(Struct, frozen=True, kw_only=True):
    """The present head, base and author. `head_repository` is None when the fork was deleted.

    `head_owner` is the account that the head's repository belongs to.
    """

    number: int
    title: str
    author: str
    head_sha: str
    head_branch: str
    head_repository: int | None
    base_branch: str
    base_repository: int
    updated_at: datetime
    draft: bool = False
    open: bool = True
    previous_head_sha: str = ""
    head_owner: str = ""

    @property
    def is_from_fork(self) -> bool:
        return self.head_repository != self.base_repository

    def is_older_than(self, known: "PullRequest") -> bool:
        """Webhooks arrive in any order: GitHub's own clock decides, then the chain of heads.

        `updated_at` counts whole seconds. Within one second, a telling whose head was already
        replaced (the known one names it as its previous head) is the older one.
        """
        if self.updated_at != known.updated_at:
            return self.updated_at < known.updated_at
        return self.head_sha != known.head_sha and known.previous_head_sha == self.head_sha
