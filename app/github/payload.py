"""What Interlock reads of GitHub's webhook payloads: the fields that it uses, and nothing else.

Anything that is not named here may be absent, null or new. A field that may be null on GitHub (the
repository of a deleted fork, the sender, the head commit) has a default here.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from msgspec import DecodeError, Meta, Struct
from msgspec.json import decode

from checks.errors import Permanent
from checks.pull_request import PullRequest
from checks.repository import Repository
from deploy.configuration import is_of_delivery

BUILDSPEC = "buildspec.yml"
OURS = "interlock"
"""The field of a deployment's payload that holds our own id."""
OUR_ID = re.compile(r"[0-9a-z]{1,26}")
"""Anybody who may write says in a payload what they like, and it becomes a part of keys."""
MOST_COMMITS = 2048
MOST_FILES = 3000
"""From here on GitHub cuts the list of commits of a push, and the list of files of a commit."""

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Sha = Annotated[str, Meta(pattern=r"\A([0-9a-f]{40}|[0-9a-f]{64})\Z")]
FullName = Annotated[str, Meta(pattern=r"\A(?!\.)[A-Za-z0-9_.-]+/(?!\.\.?\Z)[A-Za-z0-9_.-]+\Z")]
Time = Annotated[datetime, Meta(tz=True)]


class Numbered(Struct, frozen=True):
    id: Id


class Performer(Numbered, frozen=True):
    """An App; `slug` is the name in its address."""

    slug: str | None = None


class Account(Struct, frozen=True):
    """A person or an organisation has a login, an enterprise has a slug."""

    id: int | None = None
    login: str | None = None
    slug: str | None = None

    @property
    def name(self) -> str:
        return self.login or self.slug or ""


class Installation(Struct, frozen=True):
    id: Id
    account: Account | None = None


class Action(Struct, frozen=True, kw_only=True):
    action: str | None = None


class Envelope(Action, frozen=True, kw_only=True):
    """What surrounds every event. A webhook that is not the App's own names no installation."""

    installation: Installation | None = None
    sender: Account | None = None

    @property
    def by(self) -> str:
        return self.sender.name if self.sender else ""

    @property
    def by_id(self) -> int:
        return self.sender.id or 0 if self.sender else 0


class Summary(Envelope, frozen=True, kw_only=True):
    repository: Numbered | None = None


class ListedRepository(Struct, frozen=True, kw_only=True):
    """A repository as lists of an installation name it."""

    id: Id
    full_name: FullName
    private: bool | None = None


class FullRepository(ListedRepository, frozen=True, kw_only=True):
    default_branch: str
    archived: bool | None = None
    clone_url: str | None = None
    html_url: str | None = None

    def now(self, installation: int) -> Repository:
        return Repository(
            id=self.id,
            full_name=self.full_name,
            installation=installation,
            default_branch=self.default_branch,
            private=self.private is not False,
            archived=bool(self.archived),
            clone_url=self.clone_url or "",
            html_url=self.html_url or "",
        )


class Commit(Struct, frozen=True, kw_only=True):
    id: str = ""
    message: str | None = None
    added: list[str] | None = None
    removed: list[str] | None = None
    modified: list[str] | None = None

    def touched(self, wanted: Callable[[str], bool]) -> bool | None:
        if self.added is None or self.removed is None or self.modified is None:
            return None
        files = self.added + self.removed + self.modified
        return True if any(map(wanted, files)) else None if len(files) >= MOST_FILES else False


class Push(Envelope, frozen=True, kw_only=True):
    repository: FullRepository
    ref: str
    before: Sha
    after: Sha
    created: bool | None = None
    deleted: bool | None = None
    forced: bool | None = None
    head_commit: Commit | None = None
    commits: list[Commit] | None = None

    @property
    def is_deletion(self) -> bool:
        return bool(self.deleted) or is_zero(self.after)

    @property
    def touched_buildspec(self) -> bool | None:
        return self._touched(BUILDSPEC.__eq__)

    @property
    def touched_delivery(self) -> bool | None:
        return self._touched(is_of_delivery)

    def _touched(self, wanted: Callable[[str], bool]) -> bool | None:
        """Whether `after` may have other such files than `before`; None when the push does not tell.

        Commits come without their parents, so one thing stays unseen: a merge into another branch that kept
        that branch's older buildspec, and was then pushed here as a fast-forward.
        """
        commits = self.commits or []
        if self.created or self.forced or is_zero(self.before):
            return None
        told = {commit.touched(wanted) for commit in commits}
        if True in told:
            return True
        is_whole = len(commits) < MOST_COMMITS and self.after in {commit.id for commit in commits}
        return False if is_whole and None not in told else None


class Side(Struct, frozen=True, kw_only=True):
    """The head or the base of a pull request; `repo` is null when the fork was deleted."""

    ref: str
    sha: Sha
    repo: Numbered | None = None
    user: Account | None = None


class BaseSide(Struct, frozen=True, kw_only=True):
    ref: str
    repo: Numbered


class Pull(Struct, frozen=True, kw_only=True):
    number: Id
    state: str
    title: str
    head: Side
    base: BaseSide
    updated_at: Time
    user: Account | None = None
    draft: bool | None = None

    def now(self, previous_head_sha: str) -> PullRequest:
        return PullRequest(
            number=self.number,
            title=self.title,
            author=self.user.name if self.user else "",
            head_sha=self.head.sha,
            head_branch=self.head.ref,
            head_repository=self.head.repo.id if self.head.repo else None,
            base_branch=self.base.ref,
            base_repository=self.base.repo.id,
            updated_at=self.updated_at,
            draft=bool(self.draft),
            open=self.state == "open",
            previous_head_sha=previous_head_sha,
            head_owner=self.head.user.name if self.head.user else "",
        )


class Changes(Struct, frozen=True):
    """What an `edited` event says was edited; only whether it is there counts."""

    base: dict[str, object] | None = None
    default_branch: dict[str, object] | None = None


class PullRequestPayload(Envelope, frozen=True, kw_only=True):
    repository: FullRepository
    pull_request: Pull
    before: Sha | None = None
    changes: Changes | None = None


class MergeGroup(Struct, frozen=True, kw_only=True):
    head_sha: Sha
    head_ref: str
    head_commit: Commit | None = None


class MergeGroupPayload(Envelope, frozen=True, kw_only=True):
    repository: FullRepository
    merge_group: MergeGroup
    reason: str | None = None


class Check(Struct, frozen=True, kw_only=True):
    """A check run or a check suite: whose it is, and of which commit."""

    head_sha: Sha
    app: Numbered | None = None
    external_id: str | None = None


class RequestedAction(Struct, frozen=True):
    identifier: str


class CheckRunPayload(Envelope, frozen=True, kw_only=True):
    check_run: Check
    repository: Numbered | None = None
    requested_action: RequestedAction | None = None


class CheckSuitePayload(Envelope, frozen=True, kw_only=True):
    repository: Numbered
    check_suite: Check


class InstallationPayload(Envelope, frozen=True, kw_only=True):
    installation: Installation
    repositories_added: list[ListedRepository] | None = None
    repositories_removed: list[Numbered] | None = None


class Deployment(Struct, frozen=True, kw_only=True):
    """`payload` is whatever was handed to GitHub: an object, text, or nothing."""

    id: Id
    sha: Sha
    environment: str
    payload: object = None
    performed_via_github_app: Performer | None = None


class DeploymentStatus(Struct, frozen=True, kw_only=True):
    state: str
    environment: str | None = None
    description: str | None = None
    environment_url: str | None = None
    performed_via_github_app: Performer | None = None


class DeploymentStatusPayload(Envelope, frozen=True, kw_only=True):
    repository: Numbered
    deployment: Deployment
    deployment_status: DeploymentStatus


class RepositoryPayload(Envelope, frozen=True, kw_only=True):
    repository: FullRepository
    changes: Changes | None = None


class RepositoryEndPayload(Envelope, frozen=True, kw_only=True):
    repository: Numbered


P = TypeVar("P", bound=Struct)


def read(event: str, body: bytes, kind: type[P]) -> P:
    """The payload of an event, or `Permanent` with the field that cannot be read."""
    try:
        return decode(body, type=kind)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Permanent(f"GitHub's {event} event cannot be read: {error}") from None


def summary(body: bytes) -> Summary:
    """The action, repository and installation of any event; raises `ValueError` if it is not a JSON object."""
    try:
        body.decode()  # msgspec does not look into the strings that it skips
        return decode(body, type=Summary)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def token_of(payload: object) -> str:
    """Our own id in a deployment's payload, which GitHub hands back as an object or as text; "" if there is none."""
    if isinstance(payload, str):
        try:
            payload = decode(payload)
        except (DecodeError, UnicodeError, RecursionError):
            return ""
    found = payload.get(OURS) if isinstance(payload, dict) else None
    return found if isinstance(found, str) and OUR_ID.fullmatch(found) else ""


def is_zero(sha: str) -> bool:
    """Forty zeros stand for no commit: before a branch was created, after it was deleted."""
    return not sha.strip("0")
