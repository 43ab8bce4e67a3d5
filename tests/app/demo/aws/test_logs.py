"""Logs of builds, page by page, as CloudWatch gives them."""

from pathlib import Path
from typing import Any

from app.demo.aws.fleets.scripted import Ending
from tests.app.demo.aws.world import CheckedAWS, refusal

LINES = [f"line {number}\n" for number in range(50)]


async def pages(aws: CheckedAWS, logs: Any, build: Any) -> list[list[str]]:
    """All pages from the head on, until the token says twice that there is no more."""
    where = {"logGroupName": build["logs"]["groupName"], "logStreamName": build["logs"]["streamName"]}
    found: list[list[str]] = []
    token: dict[str, str] = {}
    ends = 0
    while ends < 2:
        page = await aws.ask(logs, "get_log_events", startFromHead=True, **where, **token)
        found.append([event["message"] for event in page["events"]])
        ends = ends + 1 if token.get("nextToken") == page["nextForwardToken"] else 0
        token = {"nextToken": page["nextForwardToken"]}
    return found


async def test_a_log_is_read_in_pages_some_of_which_are_empty(tmp_path: Path) -> None:
    async with CheckedAWS(tmp_path, script={"": Ending(log="".join(LINES))}) as aws:
        build = await aws.built(aws.client("codebuild"))
        logs = aws.client("logs")
        whole = await pages(aws, logs, build)
        aws.faults.log_events = 7
        aws.faults.empty_pages = 0.05
        partial = await pages(aws, logs, build)

        assert (len(whole), whole[1:]) == (3, [[], []])
        assert [line for line in whole[0] if line.startswith("line")] == LINES
        assert {len(page) for page in partial} <= {0, 1, 2, 3, 4, 5, 6, 7}
        assert aws.wrong == []


async def test_a_log_is_read_from_its_end_by_default(tmp_path: Path) -> None:
    async with CheckedAWS(tmp_path, script={"": Ending(log="".join(LINES))}) as aws:
        build = await aws.built(aws.client("codebuild"))
        logs = aws.client("logs")
        where = {"logGroupName": build["logs"]["groupName"], "logStreamName": build["logs"]["streamName"]}
        last = await aws.ask(logs, "get_log_events", limit=2, **where)
        before = await aws.ask(logs, "get_log_events", limit=2, nextToken=last["nextBackwardToken"], **where)
        whole = (await pages(aws, logs, build))[0]

        assert [event["message"] for event in last["events"]] == whole[-2:]
        assert [event["message"] for event in before["events"]] == whole[-4:-2]


async def test_a_log_grows_while_its_build_runs(aws: CheckedAWS, codebuild: Any) -> None:
    spec = "version: 0.2\nphases:\n  build:\n    commands: ['echo up', 'sleep 300']\n"
    identity = await aws.start(codebuild, spec, timeoutInMinutesOverride=2000)
    build = await aws.reaches(codebuild, identity, "BUILD")
    logs = aws.client("logs")
    while "up\n" not in (so_far := await aws.log(logs, build)):
        pass
    await aws.ask(codebuild, "stop_build", id=identity)
    await aws.settled()
    whole = await aws.log(logs, build)

    assert whole.startswith(so_far)
    assert "Phase complete: BUILD State: FAILED\n" in whole.removeprefix(so_far)


async def test_a_log_that_is_not_there_is_not_found(played: CheckedAWS, codebuild: Any) -> None:
    logs = played.client("logs")
    unknown = await refusal(played.ask(logs, "get_log_events", logGroupName="none", logStreamName="none"))
    build = await played.built(codebuild)
    group = build["logs"]["groupName"]
    missing = await refusal(played.ask(logs, "get_log_events", logGroupName=group, logStreamName="none"))
    wrong = await refusal(
        played.ask(
            logs, "get_log_events", logGroupName=group, logStreamName=build["logs"]["streamName"], nextToken="next"
        )
    )

    assert unknown == ("ResourceNotFoundException", "The specified log group does not exist.")
    assert missing == ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert wrong[0] == "InvalidParameterException"


async def test_a_build_without_cloudwatch_has_no_log(played: CheckedAWS, codebuild: Any) -> None:
    build = await played.built(codebuild, logsConfigOverride={"cloudWatchLogs": {"status": "DISABLED"}})

    assert "groupName" not in build["logs"]
    assert build["logs"]["cloudWatchLogs"] == {"status": "DISABLED"}
