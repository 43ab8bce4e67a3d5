"""Acceptance tests run on the runner, and are told what was deployed, and where."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from deploy.promotion import Errand, Run, State, Verdict
from deploy.promotions.build import Build
from tests.deploy.promotions.world import CASE, SHA, SHOP, World, version

CASE = replace(CASE, url="https://staging.example.org", attempts=2)
TICK = timedelta(seconds=15)
LOG = "https://interlock.test/builds/b7"


def build(**fields: object) -> Build:
    return Build.model_validate({"type": "build", **fields})


async def test_the_run_is_told_what_was_deployed_and_where_and_is_asked_for_once_an_attempt() -> None:
    world = World()
    kind = build(buildspec="tests/acceptance.yml", variables={"BASE": "{url}/api", "NOTE": "{left}"}, timeout="10m")
    for _ in range(2):
        assert await kind.judge(CASE, world) == Verdict(
            state=State.PENDING, why="tests/acceptance.yml waits for a runner", again=TICK
        )
    assert world.errands == [
        Errand(
            token="d1-before-gate-2",
            since=CASE.began_at,
            repository=SHOP,
            sha=SHA,
            buildspec="tests/acceptance.yml",
            variables={
                "INTERLOCK_ENVIRONMENT": "production",
                "INTERLOCK_SERVICE": "web",
                "INTERLOCK_VERSION": version().id,
                "INTERLOCK_SHA": SHA,
                "INTERLOCK_URL": "https://staging.example.org",
                "BASE": "https://staging.example.org/api",
                "NOTE": "{left}",
            },
            timeout=timedelta(minutes=10),
        )
    ]
    await kind.judge(replace(CASE, attempts=3), world)
    assert [errand.token for errand in world.errands] == ["d1-before-gate-2", "d1-before-gate-3"]


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (
            Run(state=State.RUNNING, log=LOG),
            Verdict(state=State.RUNNING, why="acceptance.yml is running", evidence=LOG, again=TICK),
        ),
        (
            Run(state=State.PENDING, why="CodeBuild allows 20 builds at a time in this account"),
            Verdict(
                state=State.PENDING,
                why="acceptance.yml waits for a runner: CodeBuild allows 20 builds at a time in this account",
                again=TICK,
            ),
        ),
        (
            Run(state=State.PASSED, log=LOG),
            Verdict(state=State.PASSED, why="acceptance.yml succeeded", evidence=LOG),
        ),
        (
            Run(state=State.FAILED, why="2 of 9 tests failed in build", log=LOG),
            Verdict(state=State.FAILED, why="acceptance.yml failed: 2 of 9 tests failed in build", evidence=LOG),
        ),
        (
            Run(state=State.ERROR, why="CodeBuild lost the run"),
            Verdict(state=State.ERROR, why="acceptance.yml could not be run: CodeBuild lost the run", again=TICK),
        ),
    ],
)
async def test_how_the_run_stands_is_the_verdict_with_its_log(run: Run, verdict: Verdict) -> None:
    world = World()
    world.runs = {"d1-before-gate-2": run}
    assert await build().judge(CASE, world) == verdict


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"buildspec": "/etc/passwd"}, "'/etc/passwd' is no file of the repository: write its path from the root"),
        ({"buildspec": "a/../../b"}, "is no file of the repository"),
        ({"buildspec": ""}, "is no file of the repository"),
        ({"variables": {"INTERLOCK_RUN": "x"}}, "'INTERLOCK_RUN' cannot be set"),
        ({"variables": {"AWS_PROFILE": "x"}}, "write letters, digits and _, and none of INTERLOCK_, PRX_, CODEBUILD_"),
        ({"variables": {"A-B": "x"}}, "'A-B' cannot be set"),
        ({"timeout": "9h"}, "less than or equal to 8 hours"),
    ],
)
def test_what_cannot_run_is_refused(fields: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        build(**fields)
    assert why in str(refused.value)
