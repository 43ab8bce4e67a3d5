"""The groups that test reports go to: those of trusted builds export raw files, those of code from outside are apart.

Only raw files tell the line of a failure, and a group that a buildspec makes does not export them:
https://docs.aws.amazon.com/codebuild/latest/userguide/report-group-create.html
"""

import asyncio
import json
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from checks.buildspec import BuildspecError
from checks.buildspec_schema import parse
from checks.document import Document, TooLarge
from checks.errors import Permanent
from checks.ports import Order
from checks.runners.codebuild.place import Clients
from checks.runners.codebuild.refusal import Refused, ask

APART = "untrusted-"
"""Before the names of groups that code from outside reports to: its role may write to no others."""

FOLDER = "reports"
"""Of the bucket for sources. The role of untrusted builds may not write there."""

PATIENCE = 10 * 60.0
"""Seconds until a group is tried again that AWS refused to change."""

log = structlog.get_logger()


class ReportGroups:
    """Sees to it that groups export to `bucket`, if there is one; what is known to do so costs no request."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket
        self._export = {
            "exportConfigType": "S3",
            "s3Destination": {"bucket": bucket, "path": FOLDER, "packaging": "NONE"},
        }
        self._settled: dict[str, float] = {}

    async def prepare(self, order: Order, project: str) -> None:
        """Before a start. Without raw files there still are the cases that CodeBuild keeps, so nothing is raised."""
        now = time.monotonic()
        wanted = groups_of(order, project) if self._bucket else ()
        names = [name for name in wanted if self._settled.get(name, now) <= now]
        if not names:
            return
        settled_until = math.inf
        try:
            await asyncio.to_thread(self._let_export, names)
        except (Refused, Permanent) as refusal:
            settled_until = now + PATIENCE
            log.warning("report groups do not export raw files", groups=names, reason=str(refusal))
        self._settled |= dict.fromkeys(names, settled_until)

    def _let_export(self, names: Sequence[str]) -> None:
        codebuild, arns = self._clients.codebuild, self._arns(names)
        told = ask(codebuild.batch_get_report_groups, reportGroupArns=list(arns.values()))
        found = {group["arn"]: group for group in told.get("reportGroups") or ()}
        for name, arn in arns.items():
            if arn not in found:
                ask(codebuild.create_report_group, name=name, type="TEST", exportConfig=self._export)
            elif not exports(found[arn]):
                ask(codebuild.update_report_group, arn=arn, exportConfig=self._export)

    def _arns(self, names: Sequence[str]) -> Mapping[str, str]:
        identity, region = ask(self._clients.sts.get_caller_identity), self._clients.codebuild.meta.region_name
        partition = str(identity["Arn"]).split(":")[1]
        place = f"arn:{partition}:codebuild:{region}:{identity['Account']}:report-group"
        return {name: f"{place}/{name}" for name in names}


def groups_of(order: Order, project: str) -> Sequence[str]:
    """The groups of the buildspec whose raw files can be read, by the names that CodeBuild gives them.

    A name that only the build knows (`$VARIABLE`) is left alone, and so is the ARN of a group of somebody's own.
    """
    try:
        reports = parse(order.buildspec).reports
    except BuildspecError:
        return ()
    return [
        f"{project}-{group.name}"
        for group in reports
        if group.format == "JUNITXML" and "$" not in group.name and not group.name.startswith("arn:")
    ]


def exports(group: Mapping[str, Any]) -> bool:
    """Wherever to: what somebody has set up is not changed."""
    return bool((group.get("exportConfig") or {}).get("exportConfigType", "NO_EXPORT") != "NO_EXPORT")


def set_apart(buildspec: str) -> str:
    """The buildspec with other names for its report groups; nothing else in it changes. ARNs stay."""
    for start, end, name in reversed(_keys_of_groups(buildspec)):
        if not name.startswith("arn:"):
            buildspec = buildspec[:start] + json.dumps(APART + name, ensure_ascii=False) + buildspec[end:]
    return buildspec


def is_apart(report: Mapping[str, Any], project: str) -> bool:
    """Whether a report is in a group that code from outside may write to."""
    return str(report["arn"]).rpartition("/")[2].startswith(f"{project}-{APART}")


def _keys_of_groups(buildspec: str) -> Sequence[tuple[int, int, str]]:
    """Where in the text the names of report groups begin and end, in the text's order."""
    try:
        document = Document(buildspec)
        top = document.mapping(document.root, "the file") if document.root is not None else {}
        groups = document.mapping(top["reports"].value, "reports") if "reports" in top else {}
    except TooLarge:
        return ()
    marks = ((entry.key.start_mark.index, entry.key.end_mark.index, name) for name, entry in groups.items())
    return sorted(marks)
