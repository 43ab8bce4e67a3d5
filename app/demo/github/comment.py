"""A comment in the conversation of a pull request."""

from dataclasses import dataclass
from datetime import datetime

from app.demo.github.account import Account
from app.demo.github.installation import App
from app.demo.github.pull_request import PullRequest


@dataclass(eq=False, kw_only=True)
class Comment:
    """`body` is Markdown; `via` is the App with whose token it was written."""

    id: int
    pull_request: PullRequest
    author: Account
    via: App | None
    body: str
    created_at: datetime
    updated_at: datetime
