"""What goes wrong on demand: refusals, limits, lost answers, broken builds."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # no stubs

from tests.app.demo.aws.world import CheckedAWS, phases, refusal


async def test_start_build_is_throttled_with_a_probability(played: CheckedAWS, codebuild: Any) -> None:
    played.faults.throttled = 1.0
    assert await refusal(played.start(codebuild)) == ("ThrottlingException", "Rate exceeded")
    await played.ask(codebuild, "list_builds")
    played.faults.clear()
    await played.start(codebuild)


async def test_an_account_has_room_for_so_many_builds(played: CheckedAWS, codebuild: Any) -> None:
    played.faults.most_builds = 0
    text = "Cannot have more than 0 builds in queue for the account"
    assert await refusal(played.start(codebuild)) == ("AccountLimitExceededException", text)
    played.faults.most_builds = 1
    await played.built(codebuild)
    await played.built(codebuild)


async def test_a_project_has_room_for_so_many_builds(aws: CheckedAWS, codebuild: Any) -> None:
    aws.create_project("narrow", concurrentBuildLimit=1)
    spec = "version: 0.2\nphases:\n  build:\n    commands: ['sleep 300']\n"
    first = await aws.ask(codebuild, "start_build", projectName="narrow", buildspecOverride=spec)
    code, _ = await refusal(aws.ask(codebuild, "start_build", projectName="narrow"))
    await aws.ask(codebuild, "stop_build", id=first["build"]["id"])
    await aws.settled()

    assert code == "AccountLimitExceededException"
    await aws.ask(codebuild, "start_build", projectName="narrow")
    await aws.settled()


async def test_an_answer_is_lost_after_the_build_was_started(played: CheckedAWS, codebuild: Any) -> None:
    played.faults.lose_answer()
    with pytest.raises(BotoCoreError):
        await played.start(codebuild, idempotencyToken="b1-0")
    again = await played.start(codebuild, idempotencyToken="b1-0")

    assert list(played.builds) == [again]


async def test_a_request_is_lost_before_it_did_anything(played: CheckedAWS, codebuild: Any) -> None:
    played.faults.lose_answer(done=False)
    with pytest.raises(BotoCoreError):
        await played.start(codebuild)
    assert played.builds == {}


async def test_the_next_builds_break(played: CheckedAWS, codebuild: Any) -> None:
    played.faults.broken = 2
    ended = [await played.built(codebuild) for _ in range(3)]

    assert [build["buildStatus"] for build in ended] == ["FAULT", "FAULT", "SUCCEEDED"]
    assert phases(ended[0])[-2:] == [("PROVISIONING", "FAULT"), ("COMPLETED", "")]


async def test_requests_are_refused_as_often_as_planned(played: CheckedAWS, codebuild: Any) -> None:
    played.faults.deny("StopBuild")
    played.faults.fail("BatchGetBuilds", times=2)
    played.faults.fail("ListBuilds", status=503)
    build = await played.start(codebuild)

    async def code(operation: str, **params: Any) -> str:
        return (await refusal(played.ask(codebuild, operation, **params)))[0]

    assert await code("stop_build", id=build) == "AccessDeniedException"
    assert [await code("batch_get_builds", ids=[build]) for _ in range(2)] == ["InternalFailure"] * 2
    assert await code("list_builds") == "ServiceUnavailableException"
    await played.get(codebuild, build)


async def test_two_hundred_builds_take_seconds_and_the_same_seed_brings_the_same_faults(
    played: CheckedAWS, codebuild: Any
) -> None:
    played.faults.throttled = 0.3
    refused = 0
    for number in range(200):
        try:
            await played.start(codebuild, idempotencyToken=str(number))
        except codebuild.exceptions.ClientError:
            refused += 1
    await played.settled()
    same = type(played.faults)(seed=0).random

    statuses = {build.status for build in played.builds.values()}
    assert (len(played.builds), statuses) == (200 - refused, {"SUCCEEDED"})
    assert refused == sum(same.random() < 0.3 for _ in range(200))
