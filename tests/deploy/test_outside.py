"""What GitHub tells of deployments moves only what it may: forged and foreign statuses change nothing."""

import pytest
from msgspec.structs import replace

from deploy.announcement import StatusHeard
from deploy.events import DeploymentDue, StatusTold
from deploy.flow.outside import hear_status
from tests.deploy.stories import STAGING, A, B, configured, registered, states, world
from tests.deploy.world import APP, World

OTHER = 7
EXTERNAL = {"type": "external", "app": "github-actions"}


def outside() -> World:
    """Staging is deployed by a workflow."""
    made = world(configured(staging=replace(STAGING, target=EXTERNAL)))
    made.spots["staging"] = None
    return made


def told(state: str = "success", **facts: object) -> StatusTold:
    """By a workflow, of the first deployment."""
    heard = StatusHeard(
        repository=42,
        number=1,
        token="n001",
        sha=A,
        environment="staging",
        state=state,
        description="",
        environment_url="",
        deployment_app=APP,
        status_app=OTHER,
        status_app_name="github-actions",
        by="github-actions[bot]",
    )
    return StatusTold(heard=replace(heard, **facts))


async def test_an_external_deployer_moves_its_environment_by_its_statuses() -> None:
    made = outside()
    await made.play(registered(A))
    assert states(made)["a → staging"] == "deploying: waits for github-actions to report"

    await made.play(told("in_progress", description="uploading"))
    assert states(made)["a → staging"] == "deploying: uploading"
    await made.play(told("success"))

    assert states(made)["a → staging"] == "live: github-actions says success"
    assert made.pointers["42/web/staging"].live == A


async def test_an_external_failure_is_a_failure_and_frees_the_environment() -> None:
    made = outside()
    await made.play(registered(A))
    await made.play(registered(B))

    await made.play(told("failure", description="disk full"))

    assert states(made)["a → staging"] == "failed: disk full"
    assert states(made)["b → staging"] == "deploying: waits for github-actions to report"


@pytest.mark.parametrize(
    "facts",
    [
        {"status_app_name": "evil-app"},
        {"status_app_name": "", "status_app": None, "by": "github-actions"},
        {"deployment_app": OTHER},
        {"deployment_app": None},
        {"sha": B},
        {"repository": 43},
        {"token": ""},
        {"token": "n999"},
        {"state": "inactive"},
    ],
)
async def test_what_is_forged_or_foreign_moves_nothing(facts: dict[str, object]) -> None:
    made = outside()
    await made.play(registered(A))
    before = dict(made.deployments)

    assert await made.play(replace(told(), heard=replace(told().heard, **facts))) == []

    assert made.deployments == before


async def test_a_success_that_a_person_posts_does_not_let_a_gated_deployment_pass() -> None:
    made = world()
    await made.play(registered(A))

    assert await made.tell(hear_status, told("success", token="n002", by="bo", status_app=None)) == []


async def test_our_own_status_wakes_only_what_stands_otherwise_on_our_record() -> None:
    made = world()
    await made.play(registered(A))

    ours = {"token": "n002", "status_app": APP}
    assert await made.tell(hear_status, told("queued", **ours)) == []
    assert await made.tell(hear_status, told("in_progress", **ours)) == [DeploymentDue(deployment="n002")]
