"""The groups that the test reports of a build on CodeBuild go to."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from app.demo.aws.fleets.scripted import Ending
from checks.build import Architecture
from checks.buildspec_schema import parse
from checks.runners.codebuild.report_groups import set_apart
from tests.checks.runners.aws_town import Town, archive, ended

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHASES = "version: 0.2\nphases:\n  build:\n    commands: [make] # PRX_\n"
UNIT = f"{PHASES}reports:\n  unit:\n    files: [out.xml]\n"
LOOKED = ["BatchGetReportGroups", "CreateReportGroup", "StartBuild"]
JUNIT = b'<testsuite><testcase name="t" classname="c"/></testsuite>'


@pytest_asyncio.fixture(loop_scope="module")
async def bucket(town: Town) -> str:
    name = f"sources-{town.project}"
    await asyncio.to_thread(town.clients.s3.create_bucket, Bucket=name)
    return name


async def start(town: Town, bucket: str, buildspec: str = UNIT, token: str = "b1-0", **facts: Any) -> str:
    return await town.runner(source={"bucket": bucket}).start(town.order(token, buildspec=buildspec, **facts))


async def export_of(town: Town, name: str) -> dict[str, Any]:
    arn = town.aws.account.arn("codebuild", f"report-group/{name}")
    told = await asyncio.to_thread(town.clients.codebuild.batch_get_report_groups, reportGroupArns=[arn])
    (group,) = told["reportGroups"]
    config: dict[str, Any] = group["exportConfig"]
    return config


async def make(town: Town, name: str, **export: Any) -> None:
    await asyncio.to_thread(town.clients.codebuild.create_report_group, name=name, type="TEST", exportConfig=export)
    town.aws.asked.clear()


def to(bucket: str) -> dict[str, Any]:
    return {
        "exportConfigType": "S3",
        "s3Destination": {"bucket": bucket, "path": "reports", "packaging": "NONE"},
    }


async def test_a_group_is_made_to_export_before_the_first_build_and_costs_nothing_afterwards(
    town: Town, bucket: str
) -> None:
    runner = town.runner(source={"bucket": bucket})
    for token in ("b1-0", "b2-0"):
        await runner.start(town.order(token, buildspec=UNIT))
    assert town.operations == [*LOOKED, "StartBuild"]
    assert await export_of(town, f"{town.project}-unit") == to(bucket)


async def test_a_group_that_a_build_has_made_is_changed_to_export(town: Town, bucket: str) -> None:
    await make(town, f"{town.project}-unit", exportConfigType="NO_EXPORT")
    await start(town, bucket)
    assert town.operations == ["BatchGetReportGroups", "UpdateReportGroup", "StartBuild"]
    assert await export_of(town, f"{town.project}-unit") == to(bucket)


async def test_a_group_that_exports_elsewhere_is_left_alone(town: Town, bucket: str) -> None:
    await make(town, f"{town.project}-unit", **to("elsewhere"))
    await start(town, bucket)
    assert town.operations == ["BatchGetReportGroups", "StartBuild"]
    assert await export_of(town, f"{town.project}-unit") == to("elsewhere")


async def test_the_groups_of_the_other_architecture_are_those_of_its_project(town: Town, bucket: str) -> None:
    town.aws.create_project(f"{town.project}-arm")
    runner = town.runner(source={"bucket": bucket}, project_aarch64=f"{town.project}-arm")
    await runner.start(town.order(buildspec=UNIT, architecture=Architecture.AARCH64))
    assert await export_of(town, f"{town.project}-arm-unit") == to(bucket)


@pytest.mark.parametrize(
    "group",
    [
        "  $GROUP:\n    files: [out.xml]\n",
        "  arn:aws:codebuild:us-east-1:123456789012:report-group/ours:\n    files: [out.xml]\n",
        "  cover:\n    files: [cover.xml]\n    file-format: COBERTURAXML\n",
        "  features:\n    files: [out.json]\n    file-format: CUCUMBERJSON\n",
    ],
)
async def test_groups_of_unknown_names_and_formats_that_nobody_reads_are_left_alone(
    town: Town, bucket: str, group: str
) -> None:
    await start(town, bucket, f"{PHASES}reports:\n{group}")
    assert town.operations == ["StartBuild"]


async def test_without_a_bucket_nothing_is_set_up(town: Town) -> None:
    await start(town, "")
    assert town.operations == ["StartBuild"]


@pytest.mark.parametrize("operation", LOOKED[:2])
async def test_missing_rights_hold_no_build_up_and_are_told_once(town: Town, bucket: str, operation: str) -> None:
    town.aws.faults.deny(operation)
    runner = town.runner(source={"bucket": bucket})
    with capture_logs() as told:
        for token in ("b1-0", "b2-0"):
            await runner.start(town.order(token, buildspec=UNIT))
    assert [(each["groups"], each["reason"]) for each in told] == [
        ([f"{town.project}-unit"], f"AWS said AccessDeniedException on {operation}")
    ]
    assert town.operations.count("StartBuild") == 2
    assert town.operations.count(operation) == 1


async def test_a_name_that_aws_does_not_take_holds_no_build_up(town: Town, bucket: str) -> None:
    await start(town, bucket, UNIT.replace("unit", "u" * 130))
    assert town.operations == LOOKED


async def test_code_from_outside_reports_to_groups_of_its_own_and_nothing_is_set_up(town: Town, bucket: str) -> None:
    town.content = archive({"README": "hello"})
    run = await start(town, bucket, trusted=False)
    assert town.operations == ["StartBuild"]
    (group,) = parse(town.build(run).settings["source"]["buildspec"]).reports
    assert (group.name, group.files) == ("untrusted-unit", ("out.xml",))


@pytest.mark.parametrize(("trusted", "passed"), [(True, 1), (False, 2)])
async def test_a_trusted_build_does_not_believe_what_code_from_outside_can_write(
    town: Town, bucket: str, trusted: bool, passed: int
) -> None:
    town.content = archive({"README": "hello"})
    town.endings["b1-0"] = Ending(reports={"unit": {"a.xml": JUNIT}, "untrusted-unit": {"b.xml": JUNIT}})
    runner = town.runner(source={"bucket": bucket})
    tests = (await ended(runner, await runner.start(town.order(trusted=trusted)))).tests
    assert tests
    assert tests.passed == passed


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("reports:\n  unit:\n    files: [a]\n", 'reports:\n  "untrusted-unit":\n    files: [a]\n'),
        (
            "reports: {'u nit': {files: a}, b: {files: b}}",
            'reports: {"untrusted-u nit": {files: a}, "untrusted-b": {files: b}}',
        ),
        ('reports:\n  "ü\\"n": {files: a}\n# unit:\n', 'reports:\n  "untrusted-ü\\"n": {files: a}\n# unit:\n'),
        ("reports:\n  $GROUP: {files: a}\n", 'reports:\n  "untrusted-$GROUP": {files: a}\n'),
        ("reports:\n  arn:aws:codebuild:r:1:report-group/g: {files: a}\n",) * 2,
        ("env:\n  variables: {unit: a}\n",) * 2,
        ("reports:\n",) * 2,
        ("reports: [unit]\n",) * 2,
        ("reports: {unit\n",) * 2,
        ("",) * 2,
        ("a: b\n" * 20_000,) * 2,
    ],
)
async def test_only_the_names_of_groups_are_set_apart(given: str, made: str) -> None:
    assert set_apart(given) == made
