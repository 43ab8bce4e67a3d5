"""Test reports of builds: groups, counts, cases, and the raw files on S3."""

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

from app.demo.aws.fleets.scripted import Ending
from tests.app.demo.aws.world import CheckedAWS, refusal

JUNIT = (
    '<testsuite name="till"><testcase name="adds" time="0.5"/><testcase name="takes"><failure message="2 != 3"/>'
    '</testcase><testcase name="gives"><skipped/></testcase></testsuite>'
)
SPEC = f"""version: 0.2
phases:
  build:
    commands:
      - mkdir out
      - echo '{JUNIT}' > out/junit.xml
reports:
  unit:
    files: ['*.xml']
    base-directory: out
"""


async def test_the_tests_of_a_build_are_its_report(aws: CheckedAWS, codebuild: Any) -> None:
    build = await aws.built(codebuild, SPEC)
    [report] = (await aws.ask(codebuild, "batch_get_reports", reportArns=build["reportArns"]))["reports"]
    cases = (await aws.ask(codebuild, "describe_test_cases", reportArn=report["arn"]))["testCases"]
    groups = await aws.ask(codebuild, "list_report_groups")

    assert report["reportGroupArn"] == "arn:aws:codebuild:us-east-1:123456789012:report-group/ci-unit"
    assert groups["reportGroups"] == [report["reportGroupArn"]]
    assert (report["status"], report["executionId"], report["truncated"]) == ("FAILED", build["arn"], False)
    assert report["testSummary"] == {
        "total": 3,
        "statusCounts": {"SUCCEEDED": 1, "FAILED": 1, "ERROR": 0, "SKIPPED": 1, "UNKNOWN": 0},
        "durationInNanoSeconds": 500_000_000,
    }
    assert [(case["name"], case["status"], case["message"]) for case in cases] == [
        ("adds", "SUCCEEDED", ""),
        ("takes", "FAILED", "2 != 3"),
        ("gives", "SKIPPED", ""),
    ]
    assert {case["testRawDataPath"] for case in cases} == {"out/junit.xml"}


async def test_test_cases_come_in_pages_and_filtered(tmp_path: Path) -> None:
    cases = "".join(f'<testcase name="t{number}"><error message="no"/></testcase>' for number in range(600))
    file = f'<testsuite name="s"><testcase name="good"/>{cases}</testsuite>'.encode()
    async with CheckedAWS(tmp_path, script={"": Ending(reports={"unit": {"junit.xml": file}})}) as aws:
        codebuild = aws.client("codebuild")
        [arn] = (await aws.built(codebuild))["reportArns"]
        [report] = (await aws.ask(codebuild, "batch_get_reports", reportArns=[arn]))["reports"]
        page = await aws.ask(codebuild, "describe_test_cases", reportArn=arn)
        second = await aws.ask(
            codebuild, "describe_test_cases", reportArn=arn, maxResults=2, nextToken=page["nextToken"]
        )
        good = await aws.ask(codebuild, "describe_test_cases", reportArn=arn, filter={"status": "SUCCEEDED"})
        named = await aws.ask(codebuild, "describe_test_cases", reportArn=arn, filter={"keyword": "t499"})

        assert (report["truncated"], report["testSummary"]["total"]) == (True, 601)
        assert len(page["testCases"]) == 100
        assert [case["name"] for case in second["testCases"]] == ["t99", "t100"]
        assert [case["name"] for case in good["testCases"]] == ["good"]
        assert named["testCases"] == []
        assert aws.wrong == []


async def test_raw_files_are_exported_where_the_group_says(aws: CheckedAWS, codebuild: Any) -> None:
    s3 = aws.client("s3")
    await aws.ask(s3, "create_bucket", Bucket="reports-of-ci")
    config = {"exportConfigType": "S3", "s3Destination": {"bucket": "reports-of-ci", "path": "raw"}}
    created = await aws.ask(codebuild, "create_report_group", name="ci-unit", type="TEST", exportConfig=config)
    arn = created["reportGroup"]["arn"]
    first = await aws.built(codebuild, SPEC)
    zipped = {**config, "s3Destination": {"bucket": "reports-of-ci", "packaging": "ZIP"}}
    await aws.ask(codebuild, "update_report_group", arn=arn, exportConfig=zipped)
    second = await aws.built(codebuild, SPEC)
    groups = await aws.ask(codebuild, "batch_get_report_groups", reportGroupArns=[arn, "none"])

    async def content(key: str) -> bytes:
        answer = await aws.ask(s3, "get_object", Bucket="reports-of-ci", Key=key)
        found: bytes = await asyncio.to_thread(answer["Body"].read)
        return found

    def uuid(build: Any) -> str:
        return str(build["reportArns"][0]).rpartition(":")[2]

    assert (await content(f"raw/ci-unit/{uuid(first)}/out/junit.xml")).decode() == JUNIT + "\n"
    archive = zipfile.ZipFile(io.BytesIO(await content(f"ci-unit/{uuid(second)}/report.zip")))
    assert archive.namelist() == ["out/junit.xml"]
    assert [group["exportConfig"] for group in groups["reportGroups"]] == [zipped]
    assert groups["reportGroupsNotFound"] == ["none"]


async def test_a_report_group_may_be_named_by_its_arn(aws: CheckedAWS, codebuild: Any) -> None:
    config = {"exportConfigType": "NO_EXPORT"}
    created = await aws.ask(codebuild, "create_report_group", name="shared", type="TEST", exportConfig=config)
    arn = created["reportGroup"]["arn"]
    build = await aws.built(codebuild, SPEC.replace("  unit:", f"  {arn}:"))
    [report] = (await aws.ask(codebuild, "batch_get_reports", reportArns=build["reportArns"]))["reports"]

    assert report["reportGroupArn"] == arn


async def test_what_is_unknown_is_said_so(played: CheckedAWS, codebuild: Any) -> None:
    arn = "arn:aws:codebuild:us-east-1:123456789012:report/ci-unit:none"
    found = await played.ask(codebuild, "batch_get_reports", reportArns=[arn])

    assert found == {"reports": [], "reportsNotFound": [arn]}
    code, _ = await refusal(played.ask(codebuild, "describe_test_cases", reportArn=arn))
    assert code == "ResourceNotFoundException"
