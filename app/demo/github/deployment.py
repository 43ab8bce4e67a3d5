"""Deployments, what was said of them, and the environments with their protection rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.demo.github.account import Account, Team
from app.demo.github.installation import App
from app.demo.github.repository import Repository


@dataclass(frozen=True, kw_only=True)
class DeploymentStatus:
    """`state` is error, failure, inactive, in_progress, queued, pending or success; links may be empty.

    `via` is the App with whose token it was made, None for a person's own.
    """

    id: int
    state: str
    creator: Account
    via: App | None
    created_at: datetime
    environment: str
    description: str = ""
    environment_url: str = ""
    log_url: str = ""


@dataclass(eq=False, kw_only=True)
class Deployment:
    """`statuses` are the oldest first. GitHub knows no order among states: the last one counts."""

    id: int
    repository: Repository
    sha: str
    ref: str
    task: str
    environment: str
    original_environment: str
    creator: Account
    via: App | None
    created_at: datetime
    updated_at: datetime
    payload: dict[str, Any] | str
    description: str | None
    transient: bool
    production: bool
    statuses: list[DeploymentStatus] = field(default_factory=list)

    @property
    def newest(self) -> DeploymentStatus | None:
        return self.statuses[-1] if self.statuses else None

    @property
    def state(self) -> str:
        return self.newest.state if self.newest else "pending"


@dataclass(frozen=True, kw_only=True)
class Protection:
    """What an administrator demands of whoever deploys to an environment; nothing, unless said.

    `reviewers` None asks for no review. `branches` and `tags` are patterns such as `release/*`; None lets
    everything through. `protected_branches` lets only branches with a protection rule through, without patterns.
    """

    reviewers: Sequence[Account | Team] | None = None
    prevent_self_review: bool = False
    wait_minutes: int = 0
    protected_branches: bool = False
    branches: Sequence[str] | None = None
    tags: Sequence[str] | None = None
    admins_may_bypass: bool = True

    @property
    def patterns(self) -> Sequence[tuple[str, str]] | None:
        """Each with what it is about: branch or tag."""
        if self.branches is None and self.tags is None:
            return None
        return [*((each, "branch") for each in self.branches or ()), *((each, "tag") for each in self.tags or ())]


@dataclass(eq=False, kw_only=True)
class Environment:
    """A name that deployments use; the first one that does creates it."""

    id: int
    repository: Repository
    name: str
    created_at: datetime
    updated_at: datetime
    protection: Protection = field(default_factory=Protection)
