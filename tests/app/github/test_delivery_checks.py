"""What delivery shows, on a local GitHub: one check a commit with buttons, whatever is lost on the way."""

import pytest
from msgspec.structs import replace

from app.github.checks import GitHubChecks
from app.github.comments import GitHubComments
from app.github.delivery_checks import GitHubDeliveryChecks, GitHubTrails
from checks.errors import Transient
from deploy.check import Check, Offer, Shown
from deploy.command import Verb
from deploy.trail import Trail
from tests.app.github.local import Local

BUTTON = Offer(
    verb=Verb.PROMOTE, label="Deploy to production", description="web goes", service="web", environment="production"
)


def check(local: Local, **facts: object) -> Check:
    made = Check(
        external_id=f"delivery:42:{local.sha}", name="Interlock delivery", sha=local.sha, title="T", summary="S"
    )
    return replace(made, **facts)


async def show(local: Local, wanted: Check, known: Shown | None = None, *, repeated: bool = False) -> Shown:
    gateway = GitHubDeliveryChecks(GitHubChecks(local.calls, local.app.id))
    shown = await gateway.show(local.repository, wanted, known, repeated=repeated)
    assert shown
    return shown


async def test_one_check_moves_on_and_back_with_its_buttons(local: Local) -> None:
    known = await show(local, check(local))
    known = await show(local, check(local, conclusion="neutral", offers=(BUTTON,)), known)
    [suite] = local.github.suites_of(local.hosted, local.sha)
    [run] = suite.runs
    assert (run.status, run.conclusion, run.external_id) == ("completed", "neutral", f"delivery:42:{local.sha}")
    assert [(each.identifier, each.label) for each in run.actions] == [(BUTTON.identifier, "Deploy to production")]

    await show(local, check(local, title="Deploying to production"), known)

    assert (run.status, run.conclusion, run.output.title) == ("in_progress", None, "Deploying to production")


async def test_what_looks_the_same_costs_no_request_and_keeps_its_buttons(local: Local) -> None:
    known = (await show(local, check(local, conclusion="success"))).offering([BUTTON])
    before = len(local.asked())

    assert await show(local, check(local, conclusion="success"), known) == known
    assert len(local.asked()) == before
    changed = await show(local, check(local, conclusion="success", title="U"), known)
    assert changed.offers == (BUTTON,)


async def test_a_check_whose_answer_was_lost_is_adopted(local: Local) -> None:
    local.github.faults.lose_answer(method="POST", path="/check-runs$")
    with pytest.raises(Transient):
        await show(local, check(local, conclusion="success"))

    await show(local, check(local, conclusion="success"), repeated=True)

    [suite] = local.github.suites_of(local.hosted, local.sha)
    assert len(suite.runs) == 1


async def test_a_trail_is_one_comment(local: Local) -> None:
    await local.github.commit_files(local.hosted, "topic", {"topic.py": "1\n"}, "Begin a topic", "bo")
    pull = await local.github.open_pull_request(local.hosted, "A topic", head="topic", by="bo")
    trails = GitHubTrails(GitHubComments(local.calls, local.app.id))
    trail = Trail(repository=42, pull_request=pull.number)

    for text in ("In staging", "In production"):
        trail = await trails.show(local.repository, trail, text, repeated=False)

    assert [each.body for each in local.github.comments_of(pull)] == [
        "<!-- interlock:where-is-this-change -->\nIn production"
    ]
    assert trail.text == "In production"
