"""Checks and statuses on the commit, told by name."""

import pytest

from deploy.promotion import State, Verdict
from deploy.promotions.status_check import OTHERWISE, StatusCheck
from tests.deploy.promotions.world import CASE, SHA, World

EVIDENCE = f"https://github.test/acme/shop/commit/{SHA}/checks"
BOTH = StatusCheck.model_validate({"type": "status_check", "names": ["lint", "ci/test"]})


@pytest.mark.parametrize(
    ("told", "state", "why"),
    [
        ({}, State.PENDING, "waits for lint (not reported yet) and ci/test (not reported yet) on 4f2a91c"),
        ({"lint": "success"}, State.PENDING, "waits for ci/test (not reported yet) on 4f2a91c"),
        ({"lint": "success", "ci/test": "in_progress"}, State.PENDING, "waits for ci/test (in_progress) on 4f2a91c"),
        ({"lint": "skipped", "ci/test": "pending"}, State.PENDING, "waits for ci/test (pending) on 4f2a91c"),
        ({"lint": "failure", "ci/test": "queued"}, State.FAILED, "lint (failure) did not pass on 4f2a91c"),
        (
            {"lint": "timed_out", "ci/test": "error"},
            State.FAILED,
            "lint (timed_out) and ci/test (error) did not pass on 4f2a91c",
        ),
        ({"lint": "cancelled", "ci/test": "success"}, State.FAILED, "lint (cancelled) did not pass on 4f2a91c"),
        (
            {"lint": "neutral", "ci/test": "success", "other": "failure"},
            State.PASSED,
            "lint and ci/test passed on 4f2a91c",
        ),
    ],
)
async def test_what_is_missing_is_named(told: dict[str, str], state: State, why: str) -> None:
    world = World()
    world.told_checks = told
    again = OTHERWISE if state is State.PENDING else None
    assert await BOTH.judge(CASE, world) == Verdict(state=state, why=why, evidence=EVIDENCE, again=again)
