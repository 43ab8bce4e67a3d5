"""Push webhooks as GitHub sends them: of a wanted size, signed, each with a GUID of its own."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

SECRET = "a secret for figures"  # noqa: S105  it protects nothing
OWNER = "acme"


@dataclass(frozen=True, kw_only=True)
class Push:
    """`number` is the repository's id; `before` and `after` name the commits."""

    number: int = 1
    before: str = "a" * 40
    after: str = "b" * 40
    branch: str = "main"
    installation: int = 1

    def body(self, size: int) -> bytes:
        """About `size` bytes; a push has as many as it brings commits."""
        commits = [_commit(self.after, 0)]
        while (room := size - len(_encoded(self._document(commits)))) > 0:
            commits.append(_commit(f"{len(commits):040x}", min(12, room // 100)))
        return _encoded(self._document(commits))

    def _document(self, commits: list[dict[str, Any]]) -> dict[str, Any]:
        name = f"service-{self.number}"
        return {
            "ref": f"refs/heads/{self.branch}",
            "before": self.before,
            "after": self.after,
            "created": False,
            "deleted": False,
            "forced": False,
            "base_ref": None,
            "repository": {
                "id": self.number,
                "name": name,
                "full_name": f"{OWNER}/{name}",
                "private": True,
                "default_branch": "main",
                "owner": {"login": OWNER, "id": 2},
                "html_url": f"https://github.example/{OWNER}/{name}",
                "clone_url": f"https://github.example/{OWNER}/{name}.git",
            },
            "pusher": {"name": "ana", "email": "ana@example.org"},
            "sender": {"login": "ana", "id": 1, "type": "User"},
            "installation": {"id": self.installation},
            "head_commit": commits[0],
            "commits": [*commits[1:], commits[0]],
        }


def headers(body: bytes, event: str = "push") -> Mapping[str, str]:
    """All but the GUID, which is every delivery's own."""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/0000000",
        "X-GitHub-Event": event,
        "X-Hub-Signature-256": f"sha256={digest}",
    }


def suite(push: Push) -> bytes:
    """What GitHub tells every App that may write checks after a push; there is no route for it."""
    about = {"id": push.number, "head_sha": push.after, "head_branch": push.branch, "before": push.before}
    known = {"repository": {"id": push.number}, "installation": {"id": push.installation}}
    return _encoded({"action": "requested", "check_suite": about, **known})


def new_guid() -> str:
    return str(uuid4())


def _commit(sha: str, files: int) -> dict[str, Any]:
    return {
        "id": sha,
        "tree_id": sha[::-1],
        "distinct": True,
        "message": "Say which platform the tide is told for, and why it is not the next one",
        "timestamp": "2024-05-01T12:00:00+02:00",
        "url": f"https://github.example/{OWNER}/service/commit/{sha}",
        "author": {"name": "Ana Flores", "email": "ana@example.org", "username": "ana"},
        "committer": {"name": "Ana Flores", "email": "ana@example.org", "username": "ana"},
        "added": [],
        "removed": [],
        "modified": [f"services/tide/source/platform_{each:04}.py" for each in range(files)],
    }


def _encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
