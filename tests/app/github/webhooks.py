"""Webhooks of one small repository, shortened to what is read of them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from app.github.webhook import Translation, translate
from checks.change import Change
from checks.pull_request import PullRequest
from checks.repository import Repository
from tests.published.webhooks import Payload

APP = 29310
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OLD, NEW, ZERO = "a" * 40, "b" * 40, "0" * 40
REPOSITORY = {
    "id": 42,
    "full_name": "acme/web",
    "private": True,
    "archived": False,
    "default_branch": "trunk",
    "clone_url": "https://github.example/acme/web.git",
    "html_url": "https://github.example/acme/web",
}
WEB = Repository(
    id=42,
    full_name="acme/web",
    installation=7,
    default_branch="trunk",
    private=True,
    clone_url="https://github.example/acme/web.git",
    html_url="https://github.example/acme/web",
)
AROUND = {"repository": REPOSITORY, "installation": {"id": 7}, "sender": {"login": "ana"}}
COMMIT = {"id": NEW, "message": "Round totals", "added": [], "removed": [], "modified": ["cart.py"]}
PUSH = AROUND | {
    "ref": "refs/heads/trunk",
    "before": OLD,
    "after": NEW,
    "created": False,
    "deleted": False,
    "forced": False,
    "head_commit": COMMIT,
    "commits": [COMMIT],
}
PULL = {
    "number": 5,
    "state": "open",
    "title": "Round",
    "user": {"login": "bo"},
    "draft": True,
    "updated_at": "2026-11-21T11:00:00Z",
    "head": {"ref": "round/totals", "sha": NEW, "repo": {"id": 43}, "user": {"login": "bo"}},
    "base": {"ref": "trunk", "sha": OLD, "repo": {"id": 42}},
}
PULL_REQUEST = PullRequest(
    number=5,
    title="Round",
    author="bo",
    head_sha=NEW,
    head_branch="round/totals",
    head_repository=43,
    base_branch="trunk",
    base_repository=42,
    updated_at=datetime(2026, 11, 21, 11, tzinfo=UTC),
    draft=True,
    head_owner="bo",
)
QUEUE = "gh-readonly-queue/trunk/pr-5-" + OLD
GROUP = {"head_sha": NEW, "head_ref": f"refs/heads/{QUEUE}", "base_ref": "refs/heads/trunk", "base_sha": OLD}


def told(event: str, payload: Payload) -> Translation:
    return translate(event, msgspec.json.encode(payload), app_id=APP, received_at=NOW)


def pulled(action: str, pull: Payload = PULL, **more: Any) -> Translation:
    return told("pull_request", AROUND | {"action": action, "pull_request": pull, **more})


def changed(**facts: Any) -> Change:
    return Change(repository=WEB, sha=NEW, sender="ana", received_at=NOW, **facts)
