"""A pull request of the local GitHub, open, closed or merged."""

from dataclasses import dataclass, field
from datetime import datetime

from app.demo.github.account import Account
from app.demo.github.repository import Repository


@dataclass(eq=False, kw_only=True)
class PullRequest:
    """`repository` is the base; `head_repository` is None once the fork was deleted. Times count whole seconds.

    `introduced` are the commits that its merge brought into the base branch.
    """

    id: int
    number: int
    title: str
    body: str
    author: Account
    repository: Repository
    base_ref: str
    base_sha: str
    head_repository: Repository | None
    head_owner: Account
    head_ref: str
    head_sha: str
    created_at: datetime
    updated_at: datetime
    draft: bool = False
    state: str = "open"
    locked: bool = False
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    introduced: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def merged(self) -> bool:
        return self.merged_at is not None

    @property
    def merge_message(self) -> str:
        return f"Merge pull request #{self.number} from {self.head_owner.login}/{self.head_ref}\n\n{self.title}"

    @property
    def is_from_fork(self) -> bool:
        return self.head_repository is not self.repository
