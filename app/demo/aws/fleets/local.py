"""A fleet on this machine: each build is a run of the local runner, which has no other jobs."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from app.demo.aws.build import Build
from app.demo.aws.buildspec import buildspec_of
from app.demo.aws.logs import Stream
from app.demo.aws.reports import Group, Reports
from app.demo.aws.source import SourceProblem, Sources
from app.demo.aws.transcript import Entered, Left, Mark, Transcript
from checks.buildspec import BuildspecError
from checks.buildspec_schema import parse
from checks.result import Outcome, Result
from checks.runners.local import LocalRunner
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import DirectorySource, GitSource, Job, Secrets
from checks.runners.local.machine import search_path
from checks.runners.local.reports import collect

Json = dict[str, Any]

PAUSE = 0.1
"""Seconds between two looks at a run."""

MANY = 1_000
"""Who may run is decided before: a run of the local runner never waits for another one."""

STATUSES = {
    Outcome.SUCCEEDED: "SUCCEEDED",
    Outcome.FAILED: "FAILED",
    Outcome.FAULT: "FAULT",
    Outcome.TIMED_OUT: "TIMED_OUT",
    Outcome.STOPPED: "STOPPED",
}
CODES = {"STOPPED": "STOPPED", "TIMED_OUT": "TIMED_OUT", "INTERNAL_ERROR": "FAULT"}
"""What a phase's status is for these codes of the runner."""


class LocalFleet:
    """`minute` is how many seconds a minute of a timeout takes. Builds with the project's role get `variables`, which
    are its rights: whoever has another role gets none, and runs in a sandbox."""

    def __init__(
        self, home: Path, sources: Sources, reports: Reports, *, variables: Mapping[str, str], path: str, minute: float
    ) -> None:
        self._runner = LocalRunner(home)
        self._sources = sources
        self._reports = reports
        self._variables = dict(variables)
        self._path = path or search_path()
        self._minute = minute

    async def run(self, build: Build, stream: Stream) -> str:
        build.enter("DOWNLOAD_SOURCE")
        try:
            token = await self._sources.token(build.settings["source"].get("auth"))
            source = await self._source(build, token)
            buildspec = await buildspec_of(build, source, token, self._runner.home / "sources")
        except SourceProblem as problem:
            build.leave("FAILED", problem.code, str(problem))
            return "FAILED"
        directory = RunDirectory(self._runner.home, build.uuid)
        job = self._job(build, source, buildspec)
        secrets = Secrets(token=token, aws=self._aws(build))
        await asyncio.to_thread(self._runner.launch, directory, job, secrets)
        build.resolved = source.sha if isinstance(source, GitSource) else ""
        result = await self._follow(build, stream)
        if isinstance(source, DirectorySource):
            await asyncio.to_thread(shutil.rmtree, source.path, ignore_errors=True)
        build.exported = dict(result.exported)
        await self._report(build, buildspec, directory.reports)
        return _status(build, result)

    async def _source(self, build: Build, token: str) -> GitSource | DirectorySource:
        version = build.settings.get("sourceVersion", "")
        return await self._sources.resolve(build.settings["source"], version, build.uuid, token)

    def _job(self, build: Build, source: GitSource | DirectorySource, buildspec: str) -> Job:
        plain = {each["name"]: each["value"] for each in build.variables if each["type"] == "PLAINTEXT"}
        return Job(
            project=build.project,
            repository=build.settings["cache"].get("location") or build.project,
            source=source,
            buildspec=buildspec,
            timeout=build.settings["timeoutInMinutes"] * self._minute,
            variables={"AWS_REGION": build.account.region, **self._aws(build), **plain},
            trusted=build.trusted,
            places=MANY,
            path=self._path,
            codebuild=_said_by_codebuild(build),
            keeps_reports=True,
        )

    def _aws(self, build: Build) -> dict[str, str]:
        return self._variables if build.trusted else {}

    async def _follow(self, build: Build, stream: Stream) -> Result:
        """Tell the phases as the log tells them, until the run has ended."""
        transcript = Transcript()
        stopped = False
        size = 0
        while True:
            report = (await self._runner.look([build.uuid]))[0]
            async for text in self._log(build.uuid, size):
                size += len(text)
                for line in stream.append(text):
                    for mark in transcript.read(line):
                        _apply(build, mark)
            if report.result:
                break
            if build.stopping.is_set() and not stopped:
                stopped = True
                await self._runner.stop(build.uuid)
            await asyncio.sleep(PAUSE)
        for mark in transcript.end():
            _apply(build, mark)
        return report.result

    async def _log(self, run: str, start: int) -> AsyncIterator[bytes]:
        while text := await self._runner.log(run, start):
            start += len(text)
            yield text

    async def _report(self, build: Build, buildspec: str, kept: Path) -> None:
        try:
            groups = parse(buildspec).reports
        except BuildspecError:
            return
        found = [Group(group.name, dict(collect((group,), kept, lambda _: None))) for group in groups]
        await self._reports.add(build, [group for group in found if group.files])


def _apply(build: Build, mark: Mark) -> None:
    if isinstance(mark, Entered):
        if build.phase.status:
            build.enter(mark.phase, mark.at)
    elif isinstance(mark, Left):
        if build.phase.name == mark.phase:
            status = "SUCCEEDED" if mark.succeeded else CODES.get(mark.code, "FAILED")
            build.leave(status, mark.code, mark.message, mark.at)
    else:
        build.begin_again()


def _status(build: Build, result: Result) -> str:
    """A source that cannot be had is a failed build to CodeBuild, and a fault to the runner, which tries again."""
    code = build.phase.contexts[0][0] if build.phase.contexts else ""
    if result.outcome is Outcome.FAULT and code == "CLIENT_ERROR":
        return "FAILED"
    return STATUSES[result.outcome]


def _said_by_codebuild(build: Build) -> dict[str, str]:
    settings = build.settings
    return {
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_IMAGE": settings["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_INITIATOR": settings["initiator"],
        "CODEBUILD_KMS_KEY_ID": settings["encryptionKey"],
        "CODEBUILD_LOG_PATH": build.uuid,
        "CODEBUILD_PROJECT_ARN": build.account.project_arn(build.project),
        "CODEBUILD_SOURCE_REPO_URL": settings["source"].get("location", ""),
        "CODEBUILD_SOURCE_VERSION": settings.get("sourceVersion", ""),
        "CODEBUILD_START_TIME": str(int(build.started.timestamp() * 1000)),
    }
