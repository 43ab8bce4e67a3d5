"""GitHub's webhooks: whether GitHub sent them, whether we have a route for them, and what they tell us.

Everything here is pure. https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from app.github import payload
from app.github.payload import read
from checks.button import Button
from checks.change import Change, Purpose, Push
from checks.events import (
    BranchPushed,
    ButtonPressed,
    ChangeReceived,
    Event,
    InstallationGained,
    InstallationLost,
    MergeGroupDestroyed,
    PullRequestClosed,
    RepositoryChanged,
    RepositoryLost,
    RerunOfAllRequested,
)
from checks.repository import Repository
from deploy.announcement import StatusHeard
from deploy.delivery_check import external_id
from deploy.events import DeliveryButtonPressed, StatusTold

SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}", re.ASCII)

BUILT_ACTIONS = frozenset({"opened", "reopened", "synchronize", "ready_for_review", "unlocked", "edited"})
GAINED_ACTIONS = frozenset({"created", "unsuspend", "new_permissions_accepted"})
LOST_INSTALLATION = {"deleted": "uninstalled", "suspend": "suspended"}
CHANGED_ACTIONS = frozenset({"renamed", "transferred", "unarchived", "edited", "publicized", "privatized"})
LOST_ACTIONS = frozenset({"archived", "deleted"})

ROUTED: Mapping[str, frozenset[str] | None] = {
    "push": None,
    "pull_request": BUILT_ACTIONS | {"closed"},
    "merge_group": frozenset({"checks_requested", "destroyed"}),
    "check_run": frozenset({"rerequested", "requested_action"}),
    "check_suite": frozenset({"rerequested"}),
    "installation": GAINED_ACTIONS | LOST_INSTALLATION.keys(),
    "installation_repositories": frozenset({"added", "removed"}),
    "repository": CHANGED_ACTIONS | LOST_ACTIONS,
    "deployment_status": frozenset({"created"}),
}
"""The events that we have a route for, with their actions; None for an event that has no action."""


class NotForUs(Struct, frozen=True):
    """A delivery that changes nothing for us, and why."""

    reason: str


class Receipt(Struct, frozen=True):
    """What a payload does not say itself: which App it came to, and when."""

    app_id: int
    received_at: datetime


Translation = Sequence[Event] | NotForUs

ANOTHER_WEBHOOK = NotForUs("it names no installation: a webhook of the repository sent it, not that of the App")


def verify(secrets: Sequence[str], body: bytes, signature: str | None) -> bool:
    """Whether one of the secrets signed these bytes; `signature` is the header X-Hub-Signature-256.

    All secrets are compared, so that the time tells nothing; an empty secret signs nothing.
    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    if signature is None or not SIGNATURE.fullmatch(signature):
        return False
    digests = [hmac.digest(secret.encode(), body, "sha256").hex() for secret in secrets if secret]
    return sum(hmac.compare_digest(f"sha256={digest}", signature) for digest in digests) > 0


def is_routed(event: str, action: str | None) -> bool:
    actions = ROUTED.get(event, frozenset())
    return actions is None or action in actions


def translate(delivery_event: str, body: bytes, *, app_id: int, received_at: datetime) -> Translation:
    """What a delivery tells us, or why nothing; `Permanent` if a field that we need is not as it must be."""
    action = read(delivery_event, body, payload.Action).action
    if not is_routed(delivery_event, action):
        return NotForUs(f"{delivery_event} {action} has no route" if action else f"{delivery_event} has no route")
    return TRANSLATORS[delivery_event](body, Receipt(app_id, received_at))


def _push(body: bytes, receipt: Receipt) -> Translation:
    heard = read("push", body, payload.Push)
    kind, _, branch = heard.ref.removeprefix("refs/").partition("/")
    if kind != "heads":
        return NotForUs(f"{heard.ref} is not a branch")
    if heard.is_deletion:
        return NotForUs(f"{branch} was deleted")
    if heard.before == heard.after:
        return NotForUs(f"{branch} did not move")
    if branch.startswith("gh-readonly-queue/"):
        return NotForUs(f"{branch} belongs to the merge queue, which tells by merge_group")
    if not heard.installation:
        return ANOTHER_WEBHOOK
    push = Push(
        before=heard.before,
        after=heard.after,
        touched_buildspec=heard.touched_buildspec,
        touched_delivery=heard.touched_delivery,
    )
    if branch != heard.repository.default_branch:
        return (BranchPushed(repository=heard.repository.id, push=push, by=heard.by),)
    change = Change(
        repository=heard.repository.now(heard.installation.id),
        purpose=Purpose.PUSH,
        sha=heard.after,
        branch=branch,
        sender=heard.by,
        received_at=receipt.received_at,
        message=heard.head_commit.message or "" if heard.head_commit else "",
        push=push,
    )
    return (ChangeReceived(change=change, by=heard.by),)


def _pull_request(body: bytes, receipt: Receipt) -> Translation:
    heard = read("pull_request", body, payload.PullRequestPayload)
    if heard.action == "edited" and not (heard.changes and heard.changes.base):
        return NotForUs("the pull request was edited, but not its base")
    if not heard.installation:
        return ANOTHER_WEBHOOK
    pull_request = heard.pull_request.now(heard.before or "")
    if heard.action == "closed":
        return (PullRequestClosed(repository=heard.repository.id, pull_request=pull_request, by=heard.by),)
    change = Change(
        repository=heard.repository.now(heard.installation.id),
        purpose=Purpose.PULL_REQUEST,
        sha=pull_request.head_sha,
        branch=pull_request.head_branch,
        sender=heard.by,
        received_at=receipt.received_at,
        action=heard.action or "",
        pull_request=pull_request,
    )
    return (ChangeReceived(change=change, by=heard.by),)


def _merge_group(body: bytes, receipt: Receipt) -> Translation:
    heard = read("merge_group", body, payload.MergeGroupPayload)
    group = heard.merge_group
    if heard.action == "destroyed":
        return (
            MergeGroupDestroyed(
                repository=heard.repository.id, sha=group.head_sha, reason=heard.reason or "", by=heard.by
            ),
        )
    if not heard.installation:
        return ANOTHER_WEBHOOK
    change = Change(
        repository=heard.repository.now(heard.installation.id),
        purpose=Purpose.MERGE_GROUP,
        sha=group.head_sha,
        branch=group.head_ref.removeprefix("refs/heads/"),
        sender=heard.by,
        received_at=receipt.received_at,
        action=heard.action or "",
        message=group.head_commit.message or "" if group.head_commit else "",
    )
    return (ChangeReceived(change=change, by=heard.by),)


def _check_run(body: bytes, receipt: Receipt) -> Translation:
    heard = read("check_run", body, payload.CheckRunPayload)
    check = heard.check_run
    if not check.app or check.app.id != receipt.app_id:
        return NotForUs("the check belongs to another App")
    if not check.external_id:
        return NotForUs("the check names no build")
    button: str = Button.RERUN
    if heard.action == "requested_action":
        button = heard.requested_action.identifier if heard.requested_action else ""
    if heard.repository and check.external_id == external_id(heard.repository.id, check.head_sha):
        return (
            DeliveryButtonPressed(
                repository=heard.repository.id, sha=check.head_sha, button=button, by=heard.by, by_id=heard.by_id
            ),
        )
    if ":" in check.external_id:
        return NotForUs("the check has no buttons")
    if button not in set(Button):
        return NotForUs(f"no check of ours has a button {button!r}")
    return (ButtonPressed(build=check.external_id, button=button, by=heard.by),)


def _check_suite(body: bytes, receipt: Receipt) -> Translation:
    heard = read("check_suite", body, payload.CheckSuitePayload)
    suite = heard.check_suite
    if not suite.app or suite.app.id != receipt.app_id:
        return NotForUs("the check suite belongs to another App")
    return (RerunOfAllRequested(repository=heard.repository.id, sha=suite.head_sha, by=heard.by),)


def _installation(body: bytes, _: Receipt) -> Translation:
    heard = read("installation", body, payload.InstallationPayload)
    number, account = heard.installation.id, heard.installation.account
    if reason := LOST_INSTALLATION.get(heard.action or ""):
        return (InstallationLost(installation=number, reason=reason, by=heard.by),)
    return (InstallationGained(installation=number, account=account.name if account else "", by=heard.by),)


def _installation_repositories(body: bytes, _: Receipt) -> Translation:
    """GitHub lists the repositories without their default branch: it stays empty until another event tells it."""
    heard = read("installation_repositories", body, payload.InstallationPayload)
    if heard.action == "removed":
        lost = heard.repositories_removed or []
        return tuple(RepositoryLost(repository=one.id, reason="deselected", by=heard.by) for one in lost)
    return tuple(
        RepositoryChanged(
            now=Repository(
                id=one.id,
                full_name=one.full_name,
                installation=heard.installation.id,
                default_branch="",
                private=one.private is not False,
            ),
            by=heard.by,
        )
        for one in heard.repositories_added or []
    )


def _repository(body: bytes, _: Receipt) -> Translation:
    action = read("repository", body, payload.Action).action or ""
    if action in LOST_ACTIONS:
        ended = read("repository", body, payload.RepositoryEndPayload)
        return (RepositoryLost(repository=ended.repository.id, reason=action, by=ended.by),)
    heard = read("repository", body, payload.RepositoryPayload)
    if action == "edited" and not (heard.changes and heard.changes.default_branch):
        return NotForUs("the repository was edited, but not its default branch")
    if not heard.installation:
        return ANOTHER_WEBHOOK
    return (RepositoryChanged(now=heard.repository.now(heard.installation.id), by=heard.by),)


def _deployment_status(body: bytes, _: Receipt) -> Translation:
    """Anybody who may write can cause one: what it counts for is decided where our own record is at hand."""
    heard = deployment_status(body)
    if not heard.token:
        return NotForUs("it is a status of somebody else's deployment")
    return (StatusTold(heard=heard, by=heard.by),)


def deployment_status(body: bytes) -> StatusHeard:
    """What a `deployment_status` event tells, whoever caused it; `Permanent` if it cannot be read."""
    heard = read("deployment_status", body, payload.DeploymentStatusPayload)
    deployment, status = heard.deployment, heard.deployment_status
    made, said = deployment.performed_via_github_app, status.performed_via_github_app
    return StatusHeard(
        repository=heard.repository.id,
        number=deployment.id,
        token=payload.token_of(deployment.payload),
        sha=deployment.sha,
        environment=status.environment or deployment.environment,
        state=status.state,
        description=status.description or "",
        environment_url=status.environment_url or "",
        deployment_app=made.id if made else None,
        status_app=said.id if said else None,
        status_app_name=said.slug or "" if said else "",
        by=heard.by,
    )


TRANSLATORS: Mapping[str, Callable[[bytes, Receipt], Translation]] = {
    "push": _push,
    "pull_request": _pull_request,
    "merge_group": _merge_group,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "installation": _installation,
    "installation_repositories": _installation_repositories,
    "repository": _repository,
    "deployment_status": _deployment_status,
}
