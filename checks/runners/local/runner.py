"""The runner of this machine: starts supervisors, and reads in their files what became of them."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from checks.errors import Permanent, Transient
from checks.ports import Order, Report
from checks.result import Outcome, Result
from checks.runners.local import turn
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import GitSource, Job, Secrets, Shelf, written
from checks.runners.local.machine import search_path
from checks.runners.local.sandbox import SandboxError, find_bubblewrap
from checks.runners.local.spawn import spawn

TokenFor = Callable[[Order], Awaitable[str | None]]

UNKNOWN = "the runner knows nothing of this run"
LOST = "everything that ran the build was killed during {phase}"


async def no_token(_: Order) -> str | None:
    """For repositories that everybody may read."""
    return None


class LocalRunner:
    """Runs builds below `home`, at most `places` at once.

    `token_for` gives a token that reads one repository; it is used for the checkout alone and never seen by
    commands. `aws` holds the AWS_ variables, and HOME, with which values of Parameter Store and Secrets Manager
    are asked for; `value_format` is what post_build.sh writes, full or short. What builds that may publish lay down
    is kept below `depot`. Nothing is remembered here: another runner with the same home knows the same runs.
    """

    def __init__(
        self,
        home: Path,
        *,
        token_for: TokenFor = no_token,
        places: int | None = None,
        aws: Mapping[str, str] | None = None,
        value_format: str = "full",
        depot: Path | None = None,
    ) -> None:
        self.home = home.absolute()
        self._token_for = token_for
        self._places = places or os.cpu_count() or 1
        self._aws = dict(aws or {})
        self._value_format = value_format
        self._depot = depot.absolute() if depot else None
        self._children: set[int] = set()

    async def start(self, order: Order, *, repeated: bool = False) -> str:
        repository = order.repository
        job = Job(
            project=repository.name,
            repository=str(repository.id),
            source=GitSource(url=repository.clone_url, ref=order.ref, sha=order.sha),
            buildspec=order.buildspec,
            variables=order.variables,
            trusted=order.trusted,
            timeout=order.timeout.total_seconds(),
            places=self._places,
            path=search_path(),
            value_format=self._value_format,
            shelf=self._shelf(order),
        )
        run = RunDirectory(self.home, order.token)
        if run.is_ended or run.is_locked:
            return order.token
        if not order.trusted:
            _require_sandbox()
        token = await self._token_for(order) or ""
        aws = self._aws if order.trusted else {}
        try:
            await asyncio.to_thread(self.launch, run, job, Secrets(token=token, aws=aws))
        except OSError as error:
            raise Transient(f"this machine cannot start the build: {error.strerror}") from error
        return order.token

    def launch(self, run: RunDirectory, job: Job, secrets: Secrets) -> None:
        """Give the run a supervisor, unless it has one or had one: a run happens once."""
        self._reap()
        run.create()
        lock = run.take_lock()
        if lock is None:
            return
        try:
            if run.is_ended or run.phase not in {"", "QUEUED"}:
                return
            run.write(run.job.name, written(job))
            number = turn.take_ticket(run)
            self._children.add(spawn(run, number, job.places, lock, written(secrets)))
        finally:
            os.close(lock)

    async def stop(self, run: str) -> None:
        directory = self._find(run)
        if directory and not directory.is_ended:
            directory.ask_to_stop()
            _signal(directory)

    async def look(self, runs: Sequence[str]) -> Sequence[Report]:
        self._reap()
        return [self._report(run) for run in runs]

    async def log(self, run: str, start: int = 0, limit: int = 1 << 20) -> bytes:
        directory = self._find(run)
        if not directory or not directory.log.exists():
            return b""
        with directory.log.open("rb") as file:
            file.seek(start)
            return file.read(limit)

    async def forget(self, older_than: timedelta) -> None:
        """Remove the logs and artifacts of runs that ended longer ago."""
        await asyncio.to_thread(_forget, self.home, time.time() - older_than.total_seconds())

    def _shelf(self, order: Order) -> Shelf | None:
        """For builds that were sent to publish, and for nothing of another commit."""
        if self._depot is None or not order.trusted or order.variables.get("PRX_CI_PUBLISH") != "true":
            return None
        return Shelf(folder=str(self._depot), prefix=f"GitHub/{order.repository.full_name}/{order.sha}")

    def _report(self, name: str) -> Report:
        run = self._find(name)
        if run is None:
            return Report(run=name, result=Result(outcome=Outcome.FAULT, message=UNKNOWN))
        locked = run.is_locked  # asked first: a run that ends between the two questions has its result
        if run.is_ended:
            return Report(run=name, result=msgspec.json.decode(run.result.read_bytes(), type=Result))
        if locked:
            return Report(run=name, phase=run.phase or "QUEUED")
        return Report(run=name, result=_lost(run))

    def _find(self, name: str) -> RunDirectory | None:
        try:
            run = RunDirectory(self.home, name)
        except ValueError:
            return None
        # Somebody else may be about to write what it is told.
        return run if run.exists or run.is_locked else None

    def _reap(self) -> None:
        for child in list(self._children):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(child, os.WNOHANG)[0] == 0:
                    continue
            self._children.discard(child)


def _require_sandbox() -> None:
    try:
        find_bubblewrap()
    except SandboxError as missing:
        raise Permanent(str(missing)) from None


def _forget(home: Path, before: float) -> None:
    for path in (home / "runs").glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if (path / "result.json").stat().st_mtime < before:
                shutil.rmtree(path, ignore_errors=True)


def _lost(run: RunDirectory) -> Result:
    if run.is_stopping:
        return Result(outcome=Outcome.STOPPED, message="stopped")
    last = run.read("supervisor.log").decode(errors="replace").strip().rpartition("\n")[2]
    said = f" (its last words: {last})" if last else ""
    return Result(outcome=Outcome.FAULT, message=LOST.format(phase=run.phase or "QUEUED") + said)


def _signal(run: RunDirectory) -> None:
    """Tell the supervisor. It is opened before its lock is looked at, so that its number is not another's by then."""
    with contextlib.suppress(ProcessLookupError, ValueError):
        descriptor = os.pidfd_open(int(run.read("pid")))
        try:
            if run.is_locked:
                signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        finally:
            os.close(descriptor)
