"""Tests of a build on CodeBuild, from its report groups."""

import asyncio
import io
import zipfile
from typing import Any

import pytest

from app.demo.aws.fleets.scripted import Ending
from checks import junit
from checks.result import Result
from checks.runners.codebuild.reports import case_of, source_directory
from checks.test_report import Verdict
from tests.checks.runners.aws_town import Town, ended

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOURCE = "/codebuild/output/src1685899315/src/git.acme.example/acme/web"
JUNIT = f"""<testsuite name="cart"><testcase name="test_ok" classname="tests.cart" time="0.25"/>
<testcase name="test_total" classname="tests.cart" time="0.5"><failure message="expected 119.0, got 100.0">
  File "{SOURCE}/tests/test_cart.py", line 41, in test_total
</failure></testcase><testcase name="test_later" classname="tests.cart"><skipped/></testcase></testsuite>""".encode()


async def result(town: Town, reports: dict[str, dict[str, bytes]]) -> Result:
    town.endings["b1-0"] = Ending(reports=reports)
    runner = town.runner()
    return await ended(runner, await runner.start(town.order()))


async def export(town: Town, group: str, **destination: Any) -> str:
    bucket = f"reports-{town.project}"
    await asyncio.to_thread(town.clients.s3.create_bucket, Bucket=bucket)
    created = await asyncio.to_thread(
        town.clients.codebuild.create_report_group,
        name=group,
        type="TEST",
        exportConfig={"exportConfigType": "S3", "s3Destination": {"bucket": bucket, **destination}},
    )
    arn: str = created["reportGroup"]["arn"]
    return arn


@pytest.mark.parametrize("destination", [{}, {"path": "junit/", "packaging": "NONE"}, {"packaging": "ZIP"}])
async def test_raw_files_on_s3_tell_the_line_of_a_failure(town: Town, destination: dict[str, str]) -> None:
    group = await export(town, f"unit-{town.project}", **destination)
    tests = (await result(town, {group: {"a/junit.xml": JUNIT}})).tests
    assert tests
    assert (tests.passed, tests.failed, tests.skipped, tests.seconds) == (1, 1, 1, 0.75)
    (failure,) = tests.failures
    assert (failure.name, failure.verdict, failure.message) == (
        "test_total",
        Verdict.FAILED,
        "expected 119.0, got 100.0",
    )
    assert (failure.path, failure.line) == ("tests/test_cart.py", 41)
    assert town.asked("DescribeTestCases") == []


async def test_without_an_export_codebuilds_own_cases_are_told(town: Town) -> None:
    tests = (await result(town, {"unit": {"junit.xml": JUNIT}, "more": {"junit.xml": JUNIT}})).tests
    assert tests
    assert (tests.passed, tests.failed, tests.skipped) == (2, 2, 2)
    assert [failure.message for failure in tests.failures] == ["expected 119.0, got 100.0"] * 2


async def test_an_export_that_is_not_there_falls_back_to_codebuilds_cases(town: Town) -> None:
    group = await export(town, f"unit-{town.project}")
    town.endings["b1-0"] = Ending(reports={group: {"junit.xml": JUNIT}})
    runner = town.runner()
    run = await runner.start(town.order())
    await town.aws.settled()
    s3, bucket = town.clients.s3, f"reports-{town.project}"
    for each in (await asyncio.to_thread(s3.list_objects_v2, Bucket=bucket))["Contents"]:
        await asyncio.to_thread(s3.delete_object, Bucket=bucket, Key=each["Key"])
    tests = (await ended(runner, run)).tests
    assert tests
    assert (tests.passed, tests.failed, tests.skipped) == (1, 1, 1)


async def test_other_formats_are_left_to_codebuild(town: Town) -> None:
    group = await export(town, f"unit-{town.project}")
    files = {"cucumber.json": b"[]", "junit.xml": JUNIT}
    tests = (await result(town, {group: files})).tests
    assert tests
    assert (tests.passed, tests.failed, tests.skipped, tests.unread) == (1, 1, 1, ())
    assert len(town.asked("DescribeTestCases")) == 1


async def test_of_a_report_that_codebuild_cut_all_tests_are_counted(town: Town) -> None:
    cases = "".join(f'<testcase name="t{number}" classname="c"/>' for number in range(730))
    tests = (await result(town, {"unit": {"junit.xml": f"<testsuite>{cases}</testsuite>".encode()}})).tests
    assert tests
    assert (tests.passed, tests.failed, tests.skipped) == (730, 0, 0)
    assert len(town.asked("DescribeTestCases")) == 5


async def test_the_source_directory_is_found_in_what_failures_say() -> None:
    said = f"{SOURCE}/tests/test_cart.py:41: AssertionError"
    assert source_directory([("unit", [case_of({"name": "t", "status": "FAILED", "message": said})])]) == SOURCE
    assert source_directory([("unit", [case_of({"message": "/codebuild/output/src12/src/app.py:1"})])]) == (
        "/codebuild/output/src12/src"
    )
    assert source_directory([]) == "/codebuild/output/src"


def zipped(method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("junit.xml", JUNIT)
    return bytearray(made.getvalue())


def garbled(method: int) -> bytes:
    """What is compressed is no such thing."""
    data = zipped(method)
    begin = 30 + len("junit.xml")
    data[begin : begin + 40] = b"\xff" * 40
    return bytes(data)


def in_the_directory(offset: int, value: bytes) -> bytes:
    """The entry in the zip's directory says something else."""
    data = zipped()
    begin = data.index(b"PK\x01\x02") + offset
    data[begin : begin + len(value)] = value
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        garbled(zipfile.ZIP_DEFLATED),
        garbled(zipfile.ZIP_BZIP2),
        garbled(zipfile.ZIP_LZMA),
        in_the_directory(8, b"\x01\x00"),
        in_the_directory(10, b"\x61\x00"),
        bytes(zipped()).replace(b"PK\x01\x02", b"PK\x01\x03"),
        in_the_directory(24, (1 << 31).to_bytes(4, "little")),
    ],
    ids=["deflated", "bzip2", "lzma", "encrypted", "unknown-method", "no-directory", "huge"],
)
async def test_a_zip_that_cannot_be_read_is_left_to_codebuild(town: Town, data: bytes) -> None:
    group = await export(town, f"unit-{town.project}")
    tests = (await result(town, {group: {"junit.xml": JUNIT, "more.xml": data}})).tests
    assert tests
    assert (tests.passed, tests.failed, tests.skipped) == (1, 1, 1)


async def test_of_more_raw_files_than_are_read_for_a_build_codebuild_tells(town: Town) -> None:
    cases = b'<testcase name="t"/>' * (junit.MOST_CASES // 2)
    large = b"<testsuite>" + cases + b"</testsuite>"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.xml", large)
    group = await export(town, f"unit-{town.project}")
    tests = (await result(town, {group: {"junit.xml": JUNIT, "more.xml": made.getvalue()}})).tests
    assert tests
    assert (tests.passed, tests.failed, tests.skipped) == (1, 1, 1)
