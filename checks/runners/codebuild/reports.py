"""What the tests of a build said: raw files where report groups export them, else what CodeBuild made of them."""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from checks import junit
from checks.junit import Case, Ending
from checks.runners.codebuild.build import Told
from checks.runners.codebuild.place import Clients
from checks.runners.codebuild.refusal import Refused, ask
from checks.runners.codebuild.report_groups import is_apart
from checks.test_report import MOST_BYTES, TestReport, add_up

MOST_CASES = 500
"""What CodeBuild keeps of a report. https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html"""
MOST_CASES_OF_PAGE = 100
MOST_REPORTS = 100
MOST_FILES = 200

_ENDINGS = {"SUCCEEDED": Ending.PASSED, "FAILED": Ending.FAILED, "ERROR": Ending.ERRORED}
_SOURCE = re.compile(r"/codebuild/output/src[0-9]+/src(?:/[A-Za-z0-9.-]+\.[A-Za-z]+/[^/\s\"']+/[^/\s\"']+(?=/))?")

Report = tuple[str, Sequence[Case]]


@dataclass
class _Room:
    """What may still be read for a build, unpacked. Where there is none, CodeBuild's own cases are taken."""

    size: int = MOST_BYTES
    cases: int = junit.MOST_CASES

    def take(self, size: int) -> None:
        self.size -= size
        if size > junit.LARGEST_FILE or self.size < 0:
            raise junit.Unreadable("larger than what is read")

    def read(self, data: bytes) -> Sequence[Case]:
        cases = junit.read(data)
        self.cases -= len(cases)
        if self.cases < 0:
            raise junit.Unreadable("more tests than are read")
        return cases


def tests_of(build: Told, clients: Clients, *, trusted: bool) -> TestReport | None:
    """All test reports of a build added up; None if it has none. Raises `Transient`.

    Of a trusted build nothing is believed that is where code from outside may write.
    """
    reports = list(_reports(build, clients, trusted=trusted))
    return add_up(reports, root=source_directory(reports)) if reports else None


def source_directory(reports: Sequence[Report]) -> str:
    """Where the source was on CodeBuild's machine, as far as failures tell: every build has a folder of its own."""
    texts = (text for _, cases in reports for case in cases for text in (case.file, case.message, case.details))
    found = next(filter(None, map(_SOURCE.search, texts)), None)
    return found[0] if found else "/codebuild/output/src"


def _reports(build: Told, clients: Clients, *, trusted: bool) -> Iterator[Report]:
    arns = list(build.get("reportArns") or ())[:MOST_REPORTS]
    if not arns:
        return
    room = _Room()
    for told in ask(clients.codebuild.batch_get_reports, reportArns=arns).get("reports") or ():
        if told.get("type", "TEST") == "TEST" and not (trusted and is_apart(told, str(build["projectName"]))):
            own = _exported(told, clients.s3, room)
            yield from own or [(str(told.get("name", "")), _described(told, clients.codebuild))]


def _exported(told: Told, s3: Any, room: _Room) -> Sequence[Report]:
    """The report's raw files, if they are on S3, are there, and are all JUnit's: nothing is cut in them."""
    export = told.get("exportConfig") or {}
    if export.get("exportConfigType") != "S3":
        return ()
    try:
        return [(name, room.read(data)) for name, data in _files(told, export["s3Destination"], s3, room)]
    except (Refused, junit.Unreadable, KeyError) as trouble:
        if isinstance(trouble, Refused) and trouble.may_pass:
            raise
        return ()


def _files(told: Told, destination: Told, s3: Any, room: _Room) -> Iterator[tuple[str, bytes]]:
    bucket = destination["bucket"]
    for prefix in _folders(told, destination):
        listed = ask(s3.list_objects_v2, Bucket=bucket, Prefix=prefix, MaxKeys=MOST_FILES).get("Contents") or ()
        for each in listed:
            room.take(each.get("Size", 0))
            body = ask(s3.get_object, Bucket=bucket, Key=each["Key"])["Body"]
            yield from _unpacked(each["Key"].removeprefix(prefix).lstrip("/"), ask(body.read), room)
        if listed:
            return


def _folders(told: Told, destination: Told) -> Iterator[str]:
    """Where the files of this report may be: it is not written down how CodeBuild names the folder, but the report's
    number is in it. `arn:aws:codebuild:eu-west-1:123456789012:report/web-unit:0a1b…` is the ARN of a report."""
    group, _, number = str(told["arn"]).rpartition("/")[2].partition(":")
    path = str(destination.get("path") or "").strip("/")
    for folder in (f"{group}/{number}", f"{group}:{number}", number):
        yield f"{path}/{folder}" if path else folder


def _unpacked(name: str, data: bytes, room: _Room) -> Iterator[tuple[str, bytes]]:
    try:
        if not zipfile.is_zipfile(io.BytesIO(data)):
            yield name, data
            return
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                room.take(entry.file_size)
                if not entry.is_dir():
                    yield entry.filename, archive.read(entry)
    except junit.Unreadable:
        raise
    except Exception as trouble:  # noqa: BLE001  the build wrote the file, and zipfile lets most kinds of errors out
        raise junit.Unreadable(f"no zip file that can be read ({type(trouble).__name__})") from None


def _described(told: Told, codebuild: Any) -> Sequence[Case]:
    """The cases as CodeBuild tells them, and as many nameless ones as it counted and left out."""
    cases = [case_of(each) for each in islice(_cases(told["arn"], codebuild), MOST_CASES)]
    if not told.get("truncated"):
        return cases
    left: Counter[Ending] = Counter()
    for status, number in ((told.get("testSummary") or {}).get("statusCounts") or {}).items():
        left[_ending(status)] += min(int(number), junit.MOST_CASES)
    left -= Counter(case.ending for case in cases)
    for ending, number in left.items():
        cases += [Case(name="", group="", ending=ending, seconds=0.0)] * number
    return cases


def _cases(arn: str, codebuild: Any) -> Iterator[Told]:
    page: dict[str, str] = {}
    while True:
        told = ask(codebuild.describe_test_cases, reportArn=arn, maxResults=MOST_CASES_OF_PAGE, **page)
        yield from told.get("testCases") or ()
        if not told.get("nextToken"):
            return
        page = {"nextToken": told["nextToken"]}


def case_of(told: Told) -> Case:
    """One text is all that CodeBuild keeps of a failure: its first line says what, the rest where."""
    said = str(told.get("message") or "").strip()
    return Case(
        name=str(told.get("name") or ""),
        group=str(told.get("prefix") or told.get("testSuiteName") or ""),
        ending=_ending(str(told.get("status") or "")),
        seconds=float(told.get("durationInNanoSeconds") or 0) / 1e9,
        message=said.partition("\n")[0],
        details=said if "\n" in said else "",
    )


def _ending(status: str) -> Ending:
    return _ENDINGS.get(status, Ending.SKIPPED)
