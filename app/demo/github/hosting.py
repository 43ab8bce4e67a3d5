"""Accounts and repositories come, change their names and go."""

import secrets
from collections.abc import Sequence
from shutil import rmtree

from app.demo.github import committing
from app.demo.github.account import Account, Organisation, Permission, User
from app.demo.github.documents.account import account, organisation
from app.demo.github.documents.app import installation
from app.demo.github.documents.fields import Json
from app.demo.github.documents.repository import repository_in_brief
from app.demo.github.installation import Installation
from app.demo.github.refusal import Refusal
from app.demo.github.repository import Repository
from app.demo.github.webhooks import Webhooks


class Hosting(Webhooks):
    """`by` is the login of the person who does it; left out, it is the owner of the repository."""

    async def create_user(self, login: str, token: str = "", *, name: str = "") -> User:
        """A person; without a token they get one that cannot be guessed."""
        self._must_be_free(login)
        email = f"{login}@users.noreply.localhost"
        user = User(
            id=self.next_small_id(),
            login=login,
            token=token or f"ghp_{secrets.token_hex(18)}",
            name=name or login,
            email=email,
        )
        self.accounts[login.lower()] = user
        return user

    async def create_organisation(
        self, login: str, owners: Sequence[str] = (), members: Sequence[str] = ()
    ) -> Organisation:
        self._must_be_free(login)
        made = Organisation(id=self.next_small_id(), login=login, owners=set(owners), members=set(members))
        self.accounts[login.lower()] = made
        return made

    async def create_repository(
        self, full_name: str, *, private: bool = False, default_branch: str = "main", description: str = ""
    ) -> Repository:
        """An empty one; the first push fills it."""
        made = self._new_repository(full_name, default_branch)
        made.private, made.description = private, description
        await committing.create(made.path, default_branch)
        self.repositories[made.id] = made
        await self._tell("created", made, self.acting("", made.owner))
        return made

    async def fork(self, repo: Repository, by: str) -> Repository:
        """Into the person's own account, with all branches and tags."""
        made = self._new_repository(f"{by}/{repo.name}", repo.default_branch)
        made.parent, made.private, made.description = repo, repo.private, repo.description
        await committing.create(made.path, made.default_branch)
        await committing.copy(self.git(repo), self.git(made))
        self.repositories[made.id] = made
        return made

    async def allow(self, login: str, repo: Repository, permission: Permission) -> None:
        """What a person may do in one repository, on top of what the organisation gives them."""
        repo.collaborators[self.user(login).login] = permission

    async def rename_repository(self, repo: Repository, name: str, by: str = "") -> None:
        """The old name leads to the new one until somebody takes it."""
        self._must_not_exist(f"{repo.owner.login}/{name}")
        old, repo.name = repo.name, name
        repo.former_names.append(f"{repo.owner.login}/{old}")
        await self._tell("renamed", repo, self.acting(by, repo.owner), changes={"repository": {"name": {"from": old}}})

    async def transfer_repository(self, repo: Repository, owner: str, by: str = "") -> None:
        """To another account; an installation that selected it there loses it."""
        new, old, sender = self.account(owner), repo.owner, self.acting(by, repo.owner)
        self._must_not_exist(f"{owner}/{repo.name}")
        repo.former_names.append(repo.full_name)
        repo.owner = new
        was = {"user": account(self, old)}
        if isinstance(old, Organisation):
            was = {"organization": organisation(self, old)}
        changes = {"owner": {"from": was}}
        await self._tell("transferred", repo, sender, changes=changes)
        for each in self.installations.values():
            if each.account is old and each.selected is not None and repo.id in each.selected:
                each.selected.discard(repo.id)
                await self.tell_selection("removed", each, repo, sender)

    async def archive_repository(self, repo: Repository, by: str = "") -> None:
        repo.archived = True
        await self._tell("archived", repo, self.acting(by, repo.owner))

    async def unarchive_repository(self, repo: Repository, by: str = "") -> None:
        repo.archived = False
        await self._tell("unarchived", repo, self.acting(by, repo.owner))

    async def change_visibility(self, repo: Repository, *, private: bool, by: str = "") -> None:
        repo.private = private
        await self._tell("privatized" if private else "publicized", repo, self.acting(by, repo.owner))

    async def change_default_branch(self, repo: Repository, branch: str, by: str = "") -> None:
        old, repo.default_branch = repo.default_branch, branch
        await self.git(repo).run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        await self._tell("edited", repo, self.acting(by, repo.owner), changes={"default_branch": {"from": old}})

    async def delete_repository(self, repo: Repository, by: str = "") -> None:
        """Open pull requests from it stay, without a head repository."""
        await self._tell("deleted", repo, self.acting(by, repo.owner))
        del self.repositories[repo.id]
        for requests in self.pull_requests.values():
            for one in requests:
                if one.head_repository is repo:
                    one.head_repository = None
        forks = [each for each in self.repositories.values() if each.parent is repo]
        for each in forks:
            each.parent = None
        # Forks share the objects of their parent, so its files stay while there is one.
        if not forks:
            rmtree(repo.path, ignore_errors=True)

    async def tell_selection(self, action: str, one: Installation, repo: Repository, sender: Account) -> None:
        """A repository came to an installation (added) or left it (removed)."""
        brief, one.updated_at = [repository_in_brief(repo)], self.now()
        body = {
            "action": action,
            "installation": installation(self, one),
            "repository_selection": "all" if one.selected is None else "selected",
            "repositories_added": brief if action == "added" else [],
            "repositories_removed": brief if action == "removed" else [],
            "requester": None,
            "sender": account(self, sender),
        }
        await self.send("installation_repositories", body, one.app, installation=one)

    async def _tell(self, action: str, repo: Repository, sender: Account, **more: Json) -> None:
        repo.updated_at = self.now()
        await self.emit("repository", {"action": action, **more}, sender, repo)

    def _new_repository(self, full_name: str, default_branch: str) -> Repository:
        owner, _, name = full_name.partition("/")
        self._must_not_exist(full_name)
        number, now = self.next_small_id(), self.now()
        return Repository(
            id=number,
            owner=self.account(owner),
            name=name,
            path=self.directory / f"{number}.git",
            created_at=now,
            updated_at=now,
            pushed_at=now,
            default_branch=default_branch,
        )

    def acting(self, login: str, owner: Account) -> Account:
        """The person with this login; without one, somebody who may do everything for the owner."""
        if login:
            return self.account(login)
        if isinstance(owner, Organisation) and owner.owners:
            return self.account(min(owner.owners))
        return owner

    def _must_be_free(self, login: str) -> None:
        if login.lower() in self.accounts:
            raise Refusal(422, f"The name {login} is taken.")

    def _must_not_exist(self, full_name: str) -> None:
        if any(each.full_name.lower() == full_name.lower() for each in self.repositories.values()):
            raise Refusal(422, f"The repository {full_name} exists already.")
        # Whoever takes a name ends the redirect from it.
        for each in self.repositories.values():
            each.former_names[:] = [name for name in each.former_names if name.lower() != full_name.lower()]
