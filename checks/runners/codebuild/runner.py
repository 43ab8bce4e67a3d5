"""The runner on AWS CodeBuild: starts builds there, finds those that it started, and asks what became of them."""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import structlog
from msgspec.structs import replace

from checks.ports import Order, Report
from checks.runners.codebuild.build import Told, report, unknown
from checks.runners.codebuild.builds import Builds, is_id
from checks.runners.codebuild.log import Copy, stream_of, tail
from checks.runners.codebuild.parameters import Parameters, start_parameters
from checks.runners.codebuild.place import Clients, Place, Sources
from checks.runners.codebuild.refusal import Refused, ask, why_not_started
from checks.runners.codebuild.report_groups import ReportGroups
from checks.runners.codebuild.reports import tests_of
from checks.runners.codebuild.source import Deliveries
from checks.test_report import TestReport

log = structlog.get_logger()

AT_ONCE = 8
"""How many ended runs have their logs and tests read at the same time."""


class CodeBuildRunner:
    """Runs builds at `place`. Below `home` are copies of logs that were looked at."""

    def __init__(
        self, home: Path, *, clients: Clients, place: Place, source: Sources, variables: Mapping[str, str]
    ) -> None:
        self._logs = home.absolute() / "logs"
        self._clients = clients
        self._place = place
        self._variables = dict(variables)
        self._deliveries = Deliveries(clients, source)
        self._report_groups = ReportGroups(clients, source.bucket)
        self._builds: Builds | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def builds(self) -> Builds:
        """AWS's clients are made when they are needed: that takes a moment, and may fail."""
        if self._builds is None:
            self._builds = Builds(self._clients.codebuild)
        return self._builds

    async def start(self, order: Order, *, repeated: bool = False) -> str:
        """One request, unless the order may have been given before: then the run is looked for first."""
        project, in_doubt = self._place.project_for(order.architecture), repeated
        try:
            if in_doubt and (run := await self._find(order, project)):
                return run
            in_doubt = False
            source = await self._deliveries.deliver(order)
            if order.trusted:
                await self._report_groups.prepare(order, project)
            return await self._start(order, start_parameters(order, self._place, source, self._variables))
        except Refused as refused:
            # People who wait need AWS's code alone; which right is missing, and whose, is in its own words.
            log.warning("a build could not be started", build=order.build, reason=str(refused), said=refused.said)
            raise why_not_started(refused, project, in_doubt=in_doubt) from None

    async def _start(self, order: Order, parameters: Parameters) -> str:
        try:
            started = await asyncio.to_thread(ask, self._clients.codebuild.start_build, **parameters)
        except Refused as refused:
            if refused.may_have_started:
                with contextlib.suppress(Refused):
                    if run := await self._find(order, parameters["projectName"]):
                        return run
            raise
        return str(started["build"]["id"])

    async def _find(self, order: Order, project: str) -> str | None:
        return await asyncio.to_thread(self.builds.find, order, project)

    async def stop(self, run: str) -> None:
        if not is_id(run):
            return
        try:
            await asyncio.to_thread(ask, self._clients.codebuild.stop_build, id=run)
        except Refused as refused:
            if not (refused.is_missing or refused.code == "InvalidInputException"):
                raise

    async def look(self, runs: Sequence[str]) -> Sequence[Report]:
        builds = await self.builds.get(runs)
        return await asyncio.gather(*(self._report(run, builds.get(run)) for run in runs))

    async def _report(self, run: str, build: Told | None) -> Report:
        if build is None:
            return unknown(run)
        told = report(build)
        if told.result is None:
            return told
        try:
            async with self._turns:
                log_tail = await asyncio.to_thread(self._tail, build)
                tests = await asyncio.to_thread(self._tests, build)
        except Refused:
            # The end is told once: rather later than without what explains it.
            return Report(run=run, phase="FINALIZING")
        return replace(told, result=replace(told.result, log_tail=log_tail, tests=tests))

    def _tail(self, build: Told) -> str:
        stream = stream_of(build)
        try:
            return tail(self._clients.logs, stream) if stream else ""
        except Refused as refused:
            if refused.may_pass:
                raise
            return str(refused)

    def _tests(self, build: Told) -> TestReport | None:
        try:
            return tests_of(build, self._clients, trusted=build.get("serviceRole") != self._place.untrusted_role)
        except Refused as refused:
            if refused.may_pass:
                raise
            return TestReport(unread=(str(refused),))

    async def log(self, run: str, start: int = 0, limit: int = 1 << 20) -> bytes:
        copy, now = Copy(self._logs, run), time.time()
        mark = copy.mark
        if start >= mark.size and is_id(run) and not (mark.is_complete or mark.is_fresh(now)):
            if mark.needs_locating(now):
                build = (await self.builds.get([run])).get(run)
                await asyncio.to_thread(copy.locate, build)
            await asyncio.to_thread(copy.lengthen, self._clients.logs, start)
        return await asyncio.to_thread(copy.read, start, limit)

    async def forget(self, older_than: timedelta) -> None:
        """Remove the copies of logs that nobody looked at for so long."""
        await asyncio.to_thread(self._forget, time.time() - older_than.total_seconds())

    def _forget(self, before: float) -> None:
        for mark in self._logs.glob("*.json"):
            with contextlib.suppress(FileNotFoundError):
                if mark.stat().st_mtime < before:
                    mark.unlink()  # first: what it does not vouch for is not read
                    mark.with_suffix(".log").unlink(missing_ok=True)
                    mark.with_suffix(".lock").unlink(missing_ok=True)
