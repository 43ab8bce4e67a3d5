"""Apps are registered and installed, suspended and removed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.demo.github.account import Account
from app.demo.github.deploying import Deploying
from app.demo.github.documents.account import account
from app.demo.github.documents.app import installation
from app.demo.github.documents.fields import Json, time
from app.demo.github.documents.repository import repository_in_brief
from app.demo.github.installation import App, Installation
from app.demo.github.repository import Repository


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What the owner of an App says of it. `public_key` is PEM; the private half never comes here."""

    name: str
    owner: str
    public_key: str = field(repr=False)
    webhook_url: str
    webhook_secret: str = field(repr=False)
    permissions: dict[str, str]
    events: Sequence[str]
    callback_urls: Sequence[str] = ()


class Installing(Deploying):
    """`by` is the login of the person who does it; left out, it is an owner of the account."""

    async def register_app(self, said: Registration) -> App:
        """A new App; its webhook address is pinged at once."""
        slug = said.name.lower().replace(" ", "-")
        bot = Account(id=self.next_small_id(), login=f"{slug}[bot]", type="Bot")
        self.accounts[bot.login.lower()] = bot
        app = App(
            id=self.next_small_id(),
            slug=slug,
            name=said.name,
            owner=self.account(said.owner),
            bot=bot,
            public_key=said.public_key,
            webhook_url=said.webhook_url,
            webhook_secret=said.webhook_secret,
            hook_id=self.next_small_id(),
            permissions={"metadata": "read", **said.permissions},
            events=tuple(said.events),
            created_at=self.now(),
            client_secret=secrets.token_hex(20),
            callback_urls=tuple(said.callback_urls),
        )
        self.apps[app.id] = app
        await self.send("ping", self._ping(app), app)
        return app

    async def install_app(
        self, app: App, login: str, repositories: Sequence[Repository] | None = None, by: str = ""
    ) -> Installation:
        """On an account: on all its repositories, also those to come, or on the given ones."""
        who, now = self.account(login), self.now()
        selected = None if repositories is None else {each.id for each in repositories}
        one = Installation(
            id=self.next_small_id(), app=app, account=who, created_at=now, updated_at=now, selected=selected
        )
        self.installations[one.id] = one
        await self._tell_installation("created", one, by, self.covered(one))
        return one

    async def suspend(self, one: Installation, by: str = "") -> None:
        one.suspended_at, one.suspended_by = self.now(), self.acting(by, one.account)
        await self._tell_installation("suspend", one, by)

    async def unsuspend(self, one: Installation, by: str = "") -> None:
        one.suspended_at, one.suspended_by = None, None
        await self._tell_installation("unsuspend", one, by)

    async def uninstall(self, one: Installation, by: str = "") -> None:
        listed = self.covered(one)
        one.gone = True
        del self.installations[one.id]
        await self._tell_installation("deleted", one, by, listed)

    async def add_repository(self, one: Installation, repo: Repository, by: str = "") -> None:
        if one.selected is not None:
            one.selected.add(repo.id)
        await self.tell_selection("added", one, repo, self.acting(by, one.account))

    async def remove_repository(self, one: Installation, repo: Repository, by: str = "") -> None:
        if one.selected is None:
            one.selected = {each.id for each in self.repositories_of(one.account)}
        one.selected.discard(repo.id)
        await self.tell_selection("removed", one, repo, self.acting(by, one.account))

    def covered(self, one: Installation) -> Sequence[Repository]:
        return [each for each in self.repositories.values() if one.covers(each)]

    async def _tell_installation(
        self, action: str, one: Installation, by: str, listed: Sequence[Repository] = ()
    ) -> None:
        one.updated_at = self.now()
        brief = {"repositories": [repository_in_brief(each) for each in listed]} if listed else {}
        await self._send_about(one, "installation", {"action": action, **brief}, by)

    async def _send_about(self, one: Installation, event: str, body: Json, by: str) -> None:
        sender = account(self, self.acting(by, one.account))
        whole = body | {"installation": installation(self, one), "sender": sender}
        await self.send(event, whole, one.app, installation=one)

    def _ping(self, app: App) -> Json:
        hook = f"{self.api_url}/app/hook"
        return {
            "zen": "Design for failure.",
            "hook_id": app.hook_id,
            "hook": {
                "type": "App",
                "id": app.hook_id,
                "name": "web",
                "active": True,
                "events": list(app.events),
                "config": {
                    "content_type": "json",
                    "insecure_ssl": "0",
                    "secret": "********",
                    "url": app.webhook_url,
                },
                "updated_at": time(app.created_at),
                "created_at": time(app.created_at),
                "url": hook,
                "ping_url": f"{hook}/pings",
                "deliveries_url": f"{hook}/deliveries",
                "app_id": app.id,
            },
        }
