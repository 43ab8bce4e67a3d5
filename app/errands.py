"""Buildspecs that promotions want run: each errand is one run on the runner, whoever asks for it and however often."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote

from checks.buildspec import BuildspecError
from checks.buildspec_schema import parse
from checks.change import short
from checks.duration import human
from checks.errors import Busy, Permanent
from checks.markdown import one_line
from checks.opt_in import architectures
from checks.ports import Order, Report, Runner
from checks.repository import Repository
from checks.result import WAITING, Outcome, Result
from checks.secrets import mask
from checks.test_report import TestReport
from checks.title import command_failed, failed_phase, tests_failed
from deploy.promotion import Errand, Run, State

MOST_LOST = 2
"""How often a run that the platform lost is started again."""

MOST_KNOWN = 10_000

LogOf = Callable[[str], str]


class Files(Protocol):
    async def file(self, repository: Repository, sha: str, path: str) -> str | None:
        """The text of a file at a commit, None if there is none."""
        ...


def no_log(_run: str) -> str:
    """For runs whose log is no page that people can open."""
    return ""


def console(region: str) -> LogOf:
    """Pages of CodeBuild's console, as it links to them from commits. AWS's other partitions have other consoles."""
    if region.startswith(("cn-", "us-gov-", "eusc-")):
        return no_log
    place = f"https://{region}.console.aws.amazon.com/codebuild/home?region={region}#/builds/"
    return lambda run: f"{place}{quote(run, safe=':')}/view/new"


class Errands:
    """What is remembered here only saves requests: whoever forgot it finds the same runs again by their names."""

    def __init__(self, files: Files, runner: Runner, log_of: LogOf = no_log) -> None:
        self._files = files
        self._runner = runner
        self._log_of = log_of
        self._known: OrderedDict[str, tuple[int, str]] = OrderedDict()

    async def stand(self, errand: Errand) -> Run:
        """Begins it or looks how it stands. `Permanent` with a sentence if there is nothing to run, or no runner."""
        lost, run = self._known.get(errand.token, (0, ""))
        try:
            run = run or await self._start(errand, lost)
            report = await self._look(run)
            while _is_lost(report) and lost < MOST_LOST:
                lost += 1
                run = await self._start(errand, lost)
                report = await self._look(run)
        except Busy as busy:
            return Run(state=State.PENDING, why=str(busy))
        return told(report, errand, self._log_of(run))

    async def _start(self, errand: Errand, lost: int) -> str:
        run = await self._runner.start(await self._order(errand, lost), repeated=True)
        self._known[errand.token] = lost, run
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return run

    async def _look(self, run: str) -> Report:
        [report] = await self._runner.look([run])
        return report

    async def _order(self, errand: Errand, lost: int) -> Order:
        text, repository = await self._buildspec(errand), errand.repository
        architecture = architectures(text)[0]
        ours = {
            "PRX_REPO": repository.full_name,
            "PRX_COMMIT": errand.sha,
            "PRX_BRANCH": repository.default_branch,
            "PRX_CI_PUBLISH": "false",  # whatever the buildspec says
            "PRX_TARGET_ARCHITECTURE": architecture.value,
        }
        name = run_name(errand.token, lost)
        return Order(
            token=name,
            build=name,
            since=errand.since,
            architecture=architecture,
            repository=repository,
            ref=f"refs/heads/{repository.default_branch}",
            sha=errand.sha,
            buildspec=text,
            variables=errand.variables | ours,
            trusted=True,  # versions are of commits that got to the default branch
            timeout=errand.timeout,
            lost=lost,
        )

    async def _buildspec(self, errand: Errand) -> str:
        text = await self._files.file(errand.repository, errand.sha, errand.buildspec)
        if text is None:
            raise Permanent(f"there is no {errand.buildspec} at {short(errand.sha)}: add it, or name another file")
        try:
            parse(text, errand.buildspec)
        except BuildspecError as wrong:
            raise Permanent(one_line(str(wrong))) from None
        return text


def run_name(token: str, lost: int) -> str:
    """What a runner takes for a name, which no build has: those are known by their own ids."""
    return f"errand-{hashlib.sha256(token.encode()).hexdigest()[:40]}-{lost}"


def told(report: Report, errand: Errand, log: str) -> Run:
    """A run as promotions see it. Nothing that it exports is looked at."""
    if report.result is None:
        return Run(state=State.PENDING if report.phase in WAITING else State.RUNNING, log=log)
    match report.result.outcome:
        case Outcome.SUCCEEDED:
            return Run(state=State.PASSED, log=log)
        case Outcome.FAILED:
            return Run(state=State.FAILED, why=why_failed(report.result), log=log)
        case Outcome.TIMED_OUT:
            return Run(state=State.FAILED, why=f"it did not end within {human(errand.timeout)}", log=log)
        case Outcome.STOPPED:
            return Run(state=State.FAILED, why="somebody stopped it", log=log)
        case Outcome.FAULT:
            return Run(state=State.ERROR, why=one_line(mask(report.result.message)), log=log)


def why_failed(result: Result) -> str:
    """`2 of 9 tests failed in build`."""
    what = tests_failed(result.tests or TestReport())
    if not what and result.failure:
        what = command_failed(result.failure)
    phase = failed_phase(result)
    if not what:
        return one_line(mask(result.message)) or phase
    return one_line(mask(f"{what} in {phase}" if phase else what))


def _is_lost(report: Report) -> bool:
    return report.result is not None and report.result.outcome is Outcome.FAULT
