"""A repository of the local GitHub: its number stays, its name may change."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.demo.github.account import Account, Permission


@dataclass(eq=False, kw_only=True)
class Repository:
    """`path` is the bare git repository; `collaborators` maps logins to what they may do beyond the organisation."""

    id: int
    owner: Account
    name: str
    path: Path
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    default_branch: str = "main"
    description: str = ""
    private: bool = False
    archived: bool = False
    parent: "Repository | None" = None
    former_names: list[str] = field(default_factory=list)
    collaborators: dict[str, Permission] = field(default_factory=dict)
    protected_branches: set[str] = field(default_factory=set)
    merge_groups: list["MergeGroup"] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def is_fork(self) -> bool:
        return self.parent is not None


@dataclass(eq=False, kw_only=True)
class MergeGroup:
    """A merge queue's trial merge: `head_ref` is a `refs/heads/gh-readonly-queue/…` branch."""

    head_sha: str
    head_ref: str
    base_sha: str
    base_ref: str
    pull_request: int
