"""A delivery becomes events, or nothing with a reason."""

import json
from collections.abc import Mapping

import pytest

from app.intake import Inbound, translate_delivery
from app.store.deliveries import WebhookReceived
from app.store.delivery import Delivery
from checks.errors import Permanent
from checks.events import ChangeReceived
from tests.checks.tellings import START, pushed, sha

REPOSITORY = {
    "id": 42,
    "full_name": "acme/web",
    "default_branch": "main",
    "private": False,
    "clone_url": "https://git.example.org/acme/web.git",
    "html_url": "https://git.example.org/acme/web",
}
COMMIT = {"id": sha("a"), "message": "Round totals", "added": ["buildspec.yml"], "removed": [], "modified": []}
PUSH = {
    "ref": "refs/heads/main",
    "before": sha("b"),
    "after": sha("a"),
    "repository": REPOSITORY,
    "installation": {"id": 7},
    "sender": {"login": "ana"},
    "commits": [COMMIT],
    "head_commit": COMMIT,
}


class Stored:
    def __init__(self, *deliveries: Delivery) -> None:
        self._deliveries = {delivery.guid: delivery for delivery in deliveries}

    async def get(self, guid: str) -> Delivery | None:
        return self._deliveries.get(guid)


def _delivery(event: str, body: Mapping[str, object] | bytes) -> Delivery:
    return Delivery(
        guid="guid-1",
        event=event,
        action="",
        repository_id=42,
        installation_id=7,
        headers={},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        received_at=START,
    )


async def _translated(delivery: Delivery) -> object:
    event = WebhookReceived(delivery="guid-1", lane="repository:42")
    return await translate_delivery(event, Inbound(Stored(delivery), app_id=99))


async def test_a_push_to_the_default_branch_is_a_change() -> None:
    expected: ChangeReceived = pushed("a", "b")

    assert await _translated(_delivery("push", PUSH)) == (expected,)


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("push", PUSH | {"ref": "refs/tags/v1"}),
        ("push", PUSH | {"after": "0" * 40, "deleted": True}),
        ("star", {"action": "created"}),
    ],
)
async def test_what_is_not_for_us_brings_nothing(event: str, body: Mapping[str, object]) -> None:
    assert await _translated(_delivery(event, body)) == ()


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", json.dumps(PUSH | {"after": "HEAD"}).encode()])
async def test_what_cannot_be_read_is_refused_with_the_event(body: bytes) -> None:
    with pytest.raises(Permanent, match="GitHub's push event cannot be read"):
        await _translated(_delivery("push", body))


async def test_a_delivery_that_is_not_stored_any_more_is_refused() -> None:
    event = WebhookReceived(delivery="guid-2", lane="repository:42")

    with pytest.raises(Permanent, match="delivery guid-2 is not stored any more"):
        await translate_delivery(event, Inbound(Stored(), app_id=99))
