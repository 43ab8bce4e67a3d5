"""Commit statuses: what whoever may write says of a commit, in one word."""

from dataclasses import dataclass
from datetime import datetime

from app.demo.github.account import Account
from app.demo.github.repository import Repository

STATES = ("error", "failure", "pending", "success")


@dataclass(frozen=True, kw_only=True)
class CommitStatus:
    """`state` is error, failure, pending or success. Of one `context` the newest counts."""

    id: int
    repository: Repository
    sha: str
    state: str
    context: str
    creator: Account
    created_at: datetime
    description: str | None = None
    target_url: str | None = None


def combined(states: list[str]) -> str:
    """https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference"""
    if {"error", "failure"} & set(states):
        return "failure"
    return "success" if set(states) == {"success"} else "pending"
