"""Test reports: groups, the reports of builds in them, and their test cases."""

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from app.demo.aws.account import Account
from app.demo.aws.build import Build
from app.demo.aws.moto import Moto
from app.demo.aws.pages import page
from app.demo.aws.refusal import Refusal, invalid, not_found
from checks import junit
from checks.junit import Ending

Json = dict[str, Any]

MOST_CASES = 500
LONGEST_NAME, LONGEST_MESSAGE = 1_000, 5_000
KEPT = timedelta(days=30)
"""https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html#report-limits"""

STATUSES = {
    Ending.PASSED: "SUCCEEDED",
    Ending.FAILED: "FAILED",
    Ending.ERRORED: "ERROR",
    Ending.SKIPPED: "SKIPPED",
}
ALL_STATUSES = ("SUCCEEDED", "FAILED", "ERROR", "SKIPPED", "UNKNOWN")
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Group:
    """What a buildspec calls a report group, with the files that a build left for it, by name."""

    name: str
    files: Mapping[str, bytes]


class Reports:
    def __init__(self, account: Account, moto: Moto) -> None:
        self._account = account
        self._moto = moto
        self._groups: dict[str, Json] = {}
        self._reports: dict[str, Json] = {}
        self._cases: dict[str, list[Json]] = {}
        self.operations: dict[str, Callable[[Json], Json]] = {
            "CreateReportGroup": self.create_group,
            "UpdateReportGroup": self.update_group,
            "ListReportGroups": self.list_groups,
            "BatchGetReportGroups": self.batch_get_groups,
            "BatchGetReports": self.batch_get,
            "DescribeTestCases": self.describe_test_cases,
        }

    def create_group(self, asked: Json) -> Json:
        arn = self._account.arn("codebuild", f"report-group/{asked['name']}")
        if arn in self._groups:
            raise Refusal("ResourceAlreadyExistsException", f"Report group already exists: {arn}")
        now = datetime.now(UTC)
        known = ("name", "type", "exportConfig", "tags")
        self._groups[arn] = {name: asked[name] for name in known if name in asked} | {
            "arn": arn,
            "created": now,
            "lastModified": now,
            "status": "ACTIVE",
        }
        return {"reportGroup": self._groups[arn]}

    def update_group(self, asked: Json) -> Json:
        group = self._groups.get(asked["arn"])
        if group is None:
            raise not_found(f"Report group {asked['arn']} does not exist")
        changed = {name: asked[name] for name in ("exportConfig", "tags") if name in asked}
        group |= changed | {"lastModified": datetime.now(UTC)}
        return {"reportGroup": group}

    def list_groups(self, asked: Json) -> Json:
        arns = sorted(self._groups, reverse=asked.get("sortOrder") == "DESCENDING")
        return page(arns, asked, "reportGroups")

    def batch_get_groups(self, asked: Json) -> Json:
        arns = asked["reportGroupArns"]
        missing = [arn for arn in arns if arn not in self._groups]
        return {"reportGroups": [self._groups[arn] for arn in arns if arn in self._groups]} | {
            "reportGroupsNotFound": missing
        }

    def batch_get(self, asked: Json) -> Json:
        arns = asked["reportArns"]
        missing = [arn for arn in arns if arn not in self._reports]
        return {"reports": [self._reports[arn] for arn in arns if arn in self._reports], "reportsNotFound": missing}

    def describe_test_cases(self, asked: Json) -> Json:
        arn, wanted = asked["reportArn"], asked.get("filter", {})
        if arn not in self._cases:
            raise not_found(f"Report {arn} does not exist")
        if wanted.get("status") not in {None, *ALL_STATUSES}:
            raise invalid(f"Invalid input: {wanted['status']} is no status of a test case")
        found = [
            case
            for case in self._cases[arn]
            if wanted.get("status") in {None, case["status"]} and wanted.get("keyword", "") in case["name"]
        ]
        return page(found, asked, "testCases")

    async def add(self, build: Build, groups: Iterable[Group]) -> None:
        """Make the reports of a build, creating the groups that do not exist yet."""
        for each in groups:
            group = self._group(build.project, each.name)
            uuid = str(uuid4())
            arn = self._account.arn("codebuild", f"report/{group['name']}:{uuid}")
            self._fill(arn, group, build, each.files)
            build.reports.append(arn)
            await self._export(group, uuid, each.files)

    def _group(self, project: str, name: str) -> Json:
        """A name in a buildspec stands for `project-name`; an ARN for itself."""
        if name in self._groups:
            return self._groups[name]
        full = f"{project}-{name}"
        arn = self._account.arn("codebuild", f"report-group/{full}")
        if arn not in self._groups:
            self.create_group({"name": full, "type": "TEST", "exportConfig": {"exportConfigType": "NO_EXPORT"}})
        return self._groups[arn]

    def _fill(self, arn: str, group: Json, build: Build, files: Mapping[str, bytes]) -> None:
        now = datetime.now(UTC)
        cases, unread = _cases(files)
        shown = [{"reportArn": arn, "expired": now + KEPT, **case} for case in cases]
        counts = Counter(case["status"] for case in cases)
        failed = any(case["status"] in {"FAILED", "ERROR"} for case in cases)
        self._cases[arn] = shown[:MOST_CASES]
        self._reports[arn] = {
            "arn": arn,
            "type": "TEST",
            "name": arn.rpartition(":")[2],
            "reportGroupArn": group["arn"],
            "executionId": build.arn,
            "status": "INCOMPLETE" if unread or not files else "FAILED" if failed else "SUCCEEDED",
            "created": now,
            "expired": now + KEPT,
            "exportConfig": group["exportConfig"],
            "truncated": len(shown) > MOST_CASES,
            "testSummary": {
                "total": len(cases),
                "statusCounts": {status: counts[status] for status in ALL_STATUSES},
                "durationInNanoSeconds": sum(case["durationInNanoSeconds"] for case in cases),
            },
        }

    async def _export(self, group: Json, uuid: str, files: Mapping[str, bytes]) -> None:
        """Raw files go below `path/group/uuid` of the bucket, which is how the console names them."""
        config = group["exportConfig"]
        if config["exportConfigType"] != "S3":
            return
        where = config["s3Destination"]
        folder = "/".join(filter(None, (where["bucket"], where.get("path", "").strip("/"), group["name"], uuid)))
        kept = {"report.zip": _zipped(files)} if where.get("packaging") == "ZIP" else files
        for name, content in kept.items():
            await self._moto.put_object(f"{folder}/{name}", content)


def _cases(files: Mapping[str, bytes]) -> tuple[Sequence[Json], bool]:
    """The test cases of all files, and whether one of the files is no report."""
    found: list[Json] = []
    unread = False
    for name, content in files.items():
        try:
            found += [_case(name, case) for case in junit.read(content)]
        except junit.Unreadable:
            unread = True
    return found, unread


def _case(path: str, case: junit.Case) -> Json:
    message = case.message or case.details
    return {
        "testRawDataPath": path,
        "prefix": case.group,
        "name": case.name[:LONGEST_NAME],
        "status": STATUSES[case.ending],
        "durationInNanoSeconds": int(case.seconds * NANOSECONDS),
        "message": message[:LONGEST_MESSAGE],
        "testSuiteName": case.group,
    }


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
