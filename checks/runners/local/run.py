"""One run from its source to its result: what a supervisor's child does."""

import contextlib
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from checks.buildspec import Buildspec, BuildspecError
from checks.buildspec_schema import parse
from checks.result import Outcome, Result
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import DirectorySource, Job, Secrets, read_job, read_secrets, written
from checks.runners.local.log import Log
from checks.runners.local.machine import network_variables
from checks.runners.local.parameters import ParameterError, resolve
from checks.runners.local.phases import Phases, Retry
from checks.runners.local.process import NoRoom, Pipe, Stopped, TimedOut, blind_programs, kill_descendants
from checks.runners.local.progress import Progress
from checks.runners.local.sandbox import SandboxError, find_bubblewrap
from checks.runners.local.source import SourceGone, SourceUnavailable, fetch, head
from checks.runners.local.upload import upload
from checks.runners.local.workspace import ShellMissing, Workspace

FROM_OUTSIDE = "this code comes from outside, and gets no values from Parameter Store or Secrets Manager"
FULL = "the disk of the machine is nearly full"
LOST = "the supervisor of the build was killed during {phase}"

INTERRUPTS = {signal.SIGTERM: Stopped, signal.SIGALRM: TimedOut, signal.SIGUSR1: NoRoom}


class Refused(Exception):
    """The build ends before a command ran: CodeBuild's code for it, and the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def work(run: RunDirectory, number: int, message: bytes, parent: int) -> None:
    """Run the build and write its result. Called once in a run's life, in a process of its own."""
    log = Log(run.log)
    pipe = Pipe(log.write)
    progress = Progress(run.enter, log)
    job = read_job(run.job)
    if isinstance(job.source, DirectorySource) and job.source.in_place:
        run.source = Path(job.source.path)
    if job.trusted:  # else the sandbox takes all rights, for which it needs some itself
        blind_programs()
    try:
        with interrupts(job.timeout):
            result = Build(run, job, number, pipe, progress).run(read_secrets(message) or Secrets())
    except TimedOut:
        result = _ended(progress, Outcome.TIMED_OUT, f"the build took longer than {job.timeout:g} s")
    except NoRoom:
        shutil.rmtree(run.artifacts, ignore_errors=True)
        result = _ended(progress, Outcome.FAULT, FULL)
    except Stopped:
        lost = os.getppid() != parent and not run.is_stopping
        outcome, why = (Outcome.FAULT, LOST.format(phase=run.phase)) if lost else (Outcome.STOPPED, "stopped")
        result = _ended(progress, outcome, why)
    except Exception as error:  # noqa: BLE001  whatever it is, the run has to end
        traceback.print_exc(file=sys.stderr)
        result = _ended(progress, Outcome.FAULT, f"the runner failed: {type(error).__name__}: {error}")
    kill_descendants()
    pipe.drain()
    log.close()
    run.end(written(replace(result, log_tail=log.tail)))


@contextlib.contextmanager
def interrupts(timeout: float) -> Iterator[None]:
    """Turn the first signal into its exception; ignore whatever comes after."""

    def raise_once(number: int, _: object) -> None:
        _ignore_interrupts()
        raise INTERRUPTS[signal.Signals(number)]

    for number in INTERRUPTS:
        signal.signal(number, raise_once)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    yield
    _ignore_interrupts()


def _ignore_interrupts() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)


def _ended(progress: Progress, outcome: Outcome, message: str, code: str = "") -> Result:
    """The result of a run that ended before its time; `code` is what CodeBuild calls the reason."""
    if progress.name:
        progress.end(code or ("INTERNAL_ERROR" if outcome is Outcome.FAULT else outcome.name), message)
    return Result(outcome=outcome, phases=tuple(progress.phases), failure=progress.failure, message=message)


class Build:
    def __init__(self, run: RunDirectory, job: Job, number: int, pipe: Pipe, progress: Progress) -> None:
        self.run_directory = run
        self.job = job
        self.number = number
        self.pipe = pipe
        self.progress = progress
        self.log = progress.log

    def run(self, secrets: Secrets) -> Result:
        self.progress.begin("DOWNLOAD_SOURCE")
        try:
            spec = self._spec()
            commit = self._download(secrets.token)
            values = self._parameters(spec, secrets)
            del secrets
            workspace = Workspace(self.run_directory, self.job, spec, self.pipe, self.log)
            workspace.set_up(self.number, values, commit)
        except Refused as refused:
            return _ended(self.progress, Outcome.FAILED, str(refused), refused.code)
        except (SandboxError, ShellMissing) as error:
            return _ended(self.progress, Outcome.FAILED, str(error), "CLIENT_ERROR")
        except SourceUnavailable as error:
            return _ended(self.progress, Outcome.FAULT, str(error), "CLIENT_ERROR")
        self.progress.end()
        return self._build(spec, workspace, commit, values)

    def _build(self, spec: Buildspec, workspace: Workspace, commit: str, values: dict[str, str]) -> Result:
        attempt = 1
        while True:
            try:
                goes_on = Phases(spec, workspace.shell, self.progress, workspace.as_user, attempt).run()
                break
            except Retry as retry:
                attempt += 1
                self.log.say(f"Retrying the build (attempt {attempt}): {retry}")
                self.progress.begin_again()
                kill_descendants()
                workspace.reset()
                workspace.set_up(self.number, values, commit)
        exported = workspace.exported(without=values)
        tests = upload(spec, workspace, self.progress, uploads=goes_on)
        self.progress.enter("FINALIZING")
        return Result(
            outcome=Outcome.SUCCEEDED if self.progress.succeeding else Outcome.FAILED,
            phases=tuple(self.progress.phases),
            failure=self.progress.failure,
            tests=tests,
            exported=exported,
            message=self.progress.message,
        )

    def _spec(self) -> Buildspec:
        try:
            spec = parse(self.job.buildspec)
        except BuildspecError as error:
            raise Refused("YAML_FILE_ERROR", str(error)) from None
        if spec.env.shell.endswith(".exe"):
            raise Refused("YAML_FILE_ERROR", f"env: shell: {spec.env.shell} needs Windows, and this is a Linux machine")
        for note in spec.notes:
            self.log.say(note)
        found = [phase for phase in spec.phases.values() if phase.commands or phase.closing]
        self.log.say(f"Phases found in YAML: {len(found)}")
        for phase in found:
            self.log.say(f" {phase.name.upper()}: {len(phase.commands) + len(phase.closing)} commands")
        return spec

    def _download(self, token: str) -> str:
        if not self.job.trusted:
            find_bubblewrap()
        source, run = self.job.source, self.run_directory
        if isinstance(source, DirectorySource) and source.in_place:
            return head(run.source)
        try:
            return fetch(source, run.source, token, {"PATH": self.job.path, **network_variables()})
        except SourceGone as error:
            raise Refused("CLIENT_ERROR", str(error)) from None

    def _parameters(self, spec: Buildspec, secrets: Secrets) -> dict[str, str]:
        if not self.job.trusted and (spec.env.parameter_store or spec.env.secrets_manager):
            raise Refused("CLIENT_ERROR", FROM_OUTSIDE)
        try:
            values = resolve(spec.env, secrets.aws)
        except ParameterError as error:
            raise Refused("CLIENT_ERROR", str(error)) from None
        for name, value in values.items():
            if value and not self.log.conceal(value):
                self.log.say(f"The value of {name} is too short to be masked")
        return values
