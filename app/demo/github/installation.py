"""A GitHub App as it is registered, and where it is installed."""

from dataclasses import dataclass, field
from datetime import datetime

from app.demo.github.account import Account
from app.demo.github.repository import Repository


@dataclass(eq=False, kw_only=True)
class App:
    """A registration. GitHub keeps only the public half of the key; `bot` is who acts with its tokens.

    People who authorise the App are sent back to one of `callback_urls`.
    """

    id: int
    slug: str
    name: str
    owner: Account
    bot: Account
    public_key: str = field(repr=False)
    webhook_url: str
    webhook_secret: str = field(repr=False)
    hook_id: int
    permissions: dict[str, str]
    events: tuple[str, ...]
    created_at: datetime
    client_secret: str = field(repr=False)
    callback_urls: tuple[str, ...] = ()

    @property
    def client_id(self) -> str:
        return f"Iv23li{self.id:014d}"


@dataclass(eq=False, kw_only=True)
class Installation:
    """`selected` lists repository numbers; None means all of the account, also those to come."""

    id: int
    app: App
    account: Account
    created_at: datetime
    updated_at: datetime
    selected: set[int] | None = None
    suspended_at: datetime | None = None
    suspended_by: Account | None = None
    gone: bool = False

    def covers(self, repository: Repository) -> bool:
        return (
            not self.gone
            and repository.owner is self.account
            and (self.selected is None or repository.id in self.selected)
        )
