"""Everything the local GitHub knows, and the questions one may ask it; git itself holds the commits."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from app.demo.github.account import Account, Organisation, Permission, User
from app.demo.github.check_run import CheckRun, CheckSuite
from app.demo.github.comment import Comment
from app.demo.github.commit_status import CommitStatus
from app.demo.github.delivery import Delivery
from app.demo.github.deployment import Deployment, Environment
from app.demo.github.git import Git
from app.demo.github.installation import App, Installation
from app.demo.github.pull_request import PullRequest
from app.demo.github.refusal import not_found
from app.demo.github.repository import Repository


def _utc() -> datetime:
    return datetime.now(UTC)


class Model:
    """The state. Questions raise `Refusal(404)` for what is not there; changes are the subclasses' matter."""

    def __init__(self, directory: Path, *, clock: Callable[[], datetime] = _utc) -> None:
        self.directory = directory
        self.url = ""
        self.clock = clock
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[int, Repository] = {}
        self.pull_requests: dict[int, list[PullRequest]] = {}
        self.suites: dict[int, CheckSuite] = {}
        self.runs: dict[int, CheckRun] = {}
        self.commit_statuses: list[CommitStatus] = []
        self.comments: dict[int, Comment] = {}
        self.environments: list[Environment] = []
        self.deployments: dict[int, Deployment] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.deliveries: list[Delivery] = []
        self._gits: dict[int, Git] = {}
        # Check runs count beyond 32 bits on github.com, so they do here.
        self.next_id = count(10_000_000_001).__next__
        self.next_small_id = count(101).__next__

    @property
    def api_url(self) -> str:
        """Where REST is, as on GitHub Enterprise Server."""
        return f"{self.url}/api/v3"

    def now(self) -> datetime:
        """GitHub tells times in whole seconds."""
        return self.clock().replace(microsecond=0)

    def git(self, repository: Repository) -> Git:
        return self._gits.setdefault(repository.id, Git(repository.path))

    def clone_url(self, repository: Repository) -> str:
        return f"{self.url}/{repository.full_name}.git"

    def page_url(self, repository: Repository) -> str:
        return f"{self.url}/{repository.full_name}"

    def account(self, login: str) -> Account:
        found = self.accounts.get(login.lower())
        if found is None:
            raise not_found()
        return found

    def user(self, login: str) -> User:
        found = self.account(login)
        if not isinstance(found, User):
            raise not_found()
        return found

    @property
    def users(self) -> Sequence[User]:
        return [each for each in self.accounts.values() if isinstance(each, User)]

    def organisation(self, login: str) -> Organisation:
        found = self.account(login)
        if not isinstance(found, Organisation):
            raise not_found()
        return found

    def user_with_token(self, token: str) -> User | None:
        return next((each for each in self.users if each.token == token), None)

    def user_with_email(self, email: str) -> User | None:
        return next((each for each in self.users if each.email == email), None)

    def repository(self, full_name: str) -> Repository:
        """By its present name, whatever the case."""
        found = next((r for r in self.repositories.values() if r.full_name.lower() == full_name.lower()), None)
        if found is None:
            raise not_found()
        return found

    def renamed(self, full_name: str) -> Repository | None:
        """The repository that had this name once, unless another one has it now."""
        wanted = full_name.lower()
        return next((r for r in self.repositories.values() if wanted in [n.lower() for n in r.former_names]), None)

    def repositories_of(self, owner: Account) -> Sequence[Repository]:
        return [each for each in self.repositories.values() if each.owner is owner]

    def permission(self, who: Account | None, repository: Repository) -> Permission:
        """What somebody may do; None is somebody who is not signed in."""
        least = Permission.NONE if repository.private else Permission.READ
        if who is None:
            return least
        if who is repository.owner:
            return Permission.ADMIN
        held = [least, repository.collaborators.get(who.login, Permission.NONE)]
        owner = repository.owner
        if isinstance(owner, Organisation):
            if who.login in owner.owners:
                return Permission.ADMIN
            if who.login in owner.members:
                held.append(owner.base_permission)
        return max(held, key=list(Permission).index)

    def pull_requests_of(self, repository: Repository, state: str = "open") -> Sequence[PullRequest]:
        """The newest first; `state` is open, closed or all."""
        found = reversed(self.pull_requests.get(repository.id, []))
        return [each for each in found if state in {"all", each.state}]

    def pull_request(self, repository: Repository, number: int) -> PullRequest:
        for each in self.pull_requests.get(repository.id, []):
            if each.number == number:
                return each
        raise not_found()

    def comments_of(self, one: PullRequest) -> Sequence[Comment]:
        """The oldest first."""
        return [each for each in self.comments.values() if each.pull_request is one]

    def environments_of(self, repository: Repository) -> Sequence[Environment]:
        return [each for each in self.environments if each.repository is repository]

    def environment(self, repository: Repository, name: str) -> Environment:
        """By its name, whatever the case."""
        for each in self.environments_of(repository):
            if each.name.lower() == name.lower():
                return each
        raise not_found()

    def deployments_of(self, repository: Repository) -> Sequence[Deployment]:
        """The newest first."""
        return [each for each in reversed(self.deployments.values()) if each.repository is repository]

    def deployment(self, repository: Repository, number: int) -> Deployment:
        found = self.deployments.get(number)
        if found is None or found.repository is not repository:
            raise not_found()
        return found

    def suites_of(self, repository: Repository, sha: str) -> Sequence[CheckSuite]:
        return [each for each in self.suites.values() if each.repository is repository and each.head_sha == sha]

    def runs_of(self, repository: Repository, sha: str) -> Sequence[CheckRun]:
        """What the Checks tab shows: the newest run of each name, of all Apps."""
        return [run for suite in self.suites_of(repository, sha) for run in suite.latest_runs]

    def statuses_of(self, repository: Repository, sha: str) -> Sequence[CommitStatus]:
        """The newest of each context."""
        found = (each for each in self.commit_statuses if each.repository is repository and each.sha == sha)
        return list({each.context: each for each in found}.values())

    def run(self, number: int) -> CheckRun:
        found = self.runs.get(number)
        if found is None:
            raise not_found()
        return found

    def suite(self, number: int) -> CheckSuite:
        found = self.suites.get(number)
        if found is None:
            raise not_found()
        return found

    def installation_on(self, repository: Repository, app: App) -> Installation | None:
        return next((i for i in self.installations.values() if i.app is app and i.covers(repository)), None)
