"""A status of a deployment tells who gave it and through what; whether it counts is decided elsewhere."""

from typing import Any

import msgspec
import pytest

from app.demo.github.deploying import Author
from app.github.webhook import deployment_status
from checks.errors import Permanent
from deploy.announcement import StatusHeard
from tests.app.github.local import Local
from tests.published.webhooks import webhook_examples

PLAIN: dict[str, Any] = {
    "action": "created",
    "repository": {"id": 42},
    "sender": {"login": "ana"},
    "deployment": {"id": 9, "sha": "a" * 40, "environment": "staging"},
    "deployment_status": {"state": "success"},
}
HEARD = StatusHeard(
    repository=42,
    number=9,
    token="",
    sha="a" * 40,
    environment="staging",
    state="success",
    description="",
    environment_url="",
    deployment_app=None,
    status_app=None,
    by="ana",
)


def heard(**deployment: Any) -> StatusHeard:
    return deployment_status(msgspec.json.encode(PLAIN | {"deployment": PLAIN["deployment"] | deployment}))


def test_the_least_that_github_tells_is_enough() -> None:
    assert heard() == HEARD


@pytest.mark.parametrize(
    ("payload", "token"),
    [
        ({"interlock": "d1"}, "d1"),
        ('{"interlock": "d1"}', "d1"),
        ({"interlock": 1}, ""),
        ({"interlock": "d" * 27}, ""),
        ({"interlock": "d1\0"}, ""),
        ({"interlock": "d/1"}, ""),
        ({"other": "d1"}, ""),
        ("d1", ""),
        ("", ""),
        ("[" * 10_000, ""),
        ([{"interlock": "d1"}], ""),
        (None, ""),
    ],
)
def test_our_id_is_read_from_whatever_the_payload_is(payload: object, token: str) -> None:
    assert heard(payload=payload).token == token


@pytest.mark.parametrize("field", ["id", "sha", "environment"])
def test_a_field_that_is_needed_is_named_when_it_is_wrong(field: str) -> None:
    with pytest.raises(Permanent, match=f"deployment_status event cannot be read.*{field}"):
        heard(**{field: None})


@pytest.mark.parametrize("number", range(len(webhook_examples()["deployment_status"])))
def test_every_published_example_is_read(number: int) -> None:
    example = webhook_examples()["deployment_status"][number]
    told, status = deployment_status(msgspec.json.encode(example)), example["deployment_status"]
    assert (told.number, told.sha, told.state, told.environment, told.by) == (
        example["deployment"]["id"],
        example["deployment"]["sha"],
        status["state"],
        status["environment"],
        example["sender"]["login"],
    )
    made = example["deployment"].get("performed_via_github_app")
    said = status.get("performed_via_github_app")
    assert (told.deployment_app, told.status_app) == (made["id"] if made else None, said["id"] if said else None)


async def test_a_status_of_a_person_on_our_deployment_is_not_from_us(local: Local) -> None:
    github, ours = local.github, Author(account=local.app.bot, via=local.app)
    local.app.events += ("deployment_status",)
    local.app.permissions["deployments"] = "write"
    asked = {
        "ref": local.sha,
        "environment": "production",
        "payload": {"interlock": "d1"},
        "auto_merge": False,
        "required_contexts": [],
    }
    one = await github.create_deployment(local.hosted, ours, asked)
    await github.create_status(one, ours, {"state": "queued"})
    await github.create_status(one, Author(account=github.user("bo")), {"state": "success"})
    await github.settled()
    told = [deployment_status(each.body) for each in github.deliveries if each.event == "deployment_status"]
    assert [(each.token, each.state, each.by, each.is_from(local.app.id)) for each in told] == [
        ("d1", "queued", "interlock[bot]", True),
        ("d1", "success", "bo", False),
    ]
