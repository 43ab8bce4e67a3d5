"""The local CodeBuild against what botocore knows of the real one."""

from pathlib import Path
from typing import Any

import pytest

from app.demo.aws.fleets.scripted import Ending
from app.demo.aws.shapes import model
from tests.app.demo.aws.world import CheckedAWS, refusal
from tests.published.aws import answer_errors, error_names

JUNIT = b'<testsuite name="s"><testcase name="a"/></testsuite>'


async def test_every_operation_answers_as_the_model_says(tmp_path: Path) -> None:
    script = {"": Ending(exported={"A": "1"}, reports={"unit": {"junit.xml": JUNIT}})}
    async with CheckedAWS(tmp_path, script=script) as aws:
        client = aws.client("codebuild")
        build = await aws.built(client, sourceVersion="main")
        where = {"logGroupName": build["logs"]["groupName"], "logStreamName": build["logs"]["streamName"]}
        await aws.ask(aws.client("logs"), "get_log_events", **where)
        [arn] = build["reportArns"]
        group = {"name": "own", "type": "TEST", "exportConfig": {"exportConfigType": "NO_EXPORT"}}
        created = (await aws.ask(client, "create_report_group", **group))["reportGroup"]["arn"]
        project = (await aws.ask(client, "batch_get_projects", names=["ci"]))["projects"][0]
        members = {name: project[name] for name in ("source", "artifacts", "environment", "serviceRole")}
        for operation, params in (
            ("stop_build", {"id": build["id"]}),
            ("retry_build", {"id": build["id"]}),
            ("list_builds", {}),
            ("list_builds_for_project", {"projectName": "ci"}),
            ("create_project", {"name": "web", **members}),
            ("list_projects", {}),
            ("update_report_group", {"arn": created}),
            ("list_report_groups", {}),
            ("batch_get_report_groups", {"reportGroupArns": [created]}),
            ("batch_get_reports", {"reportArns": [arn]}),
            ("describe_test_cases", {"reportArn": arn}),
        ):
            await aws.ask(client, operation, **params)

        assert {each.operation for each in aws.asked} == {
            name for known in aws._site.operations.values() for name in known
        }
        assert aws.wrong == []


async def test_start_build_refuses_with_the_exceptions_that_the_model_declares(tmp_path: Path) -> None:
    async with CheckedAWS(tmp_path, script={}) as aws:
        client = aws.client("codebuild")
        missing = await refusal(aws.ask(client, "start_build", projectName="none"))
        wrong = await refusal(aws.start(client, reportBuildStatusOverride=True))
        aws.faults.most_builds = 0
        full = await refusal(aws.start(client))

        assert {missing[0], wrong[0], full[0]} == error_names("codebuild", "StartBuild")


def test_the_model_of_codebuild_is_the_one_that_the_wire_speaks() -> None:
    metadata = model("codebuild").metadata

    assert (metadata["targetPrefix"], metadata["jsonVersion"]) == ("CodeBuild_20161006", "1.1")
    assert set(metadata["protocols"]) == {"smithy-rpc-v2-cbor", "json"}
    assert model("logs").metadata["targetPrefix"] == "Logs_20140328"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"ids": "ci:1"}, "ListBuilds.ids is 'ci:1', not a list"),
        ({"ids": [True]}, "ListBuilds.ids[0] is True, not a string"),
        ({"ids": [""]}, "ListBuilds.ids[0] is too short"),
        ({"identities": []}, "ListBuilds.identities is unknown"),
    ],
)
def test_an_answer_that_is_against_the_model_is_found(answer: Any, error: str) -> None:
    assert answer_errors("codebuild", "ListBuilds", answer) == [error]


def test_members_that_are_missing_or_none_of_their_values_are_found() -> None:
    missing = answer_errors("codebuild", "StopBuild", {"build": {"environment": {}}})
    wrong = answer_errors("codebuild", "StopBuild", {"build": {"source": {"type": "CVS"}}})

    assert sorted(missing) == [
        "StopBuild.build.environment.computeType is missing",
        "StopBuild.build.environment.image is missing",
        "StopBuild.build.environment.type is missing",
    ]
    assert [error.partition(", none of ")[0] for error in wrong] == ["StopBuild.build.source.type is 'CVS'"]
