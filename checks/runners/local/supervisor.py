"""The process that answers for one run: it waits for its turn, lets a child run the build, and leaves nothing behind.

The child may be killed: the supervisor, its parent, then adopts and kills whatever it had started. The
supervisor may be killed: the child is told by a signal and does the same. Only who kills both in one
instant leaves commands behind. While either lives the run's lock is held. Few imports: many supervisors may be waiting.
"""

import contextlib
import os
import select
import shutil
import signal
import sys
import traceback
from pathlib import Path

from checks.runners.local import turn
from checks.runners.local.directory import LOCK, RunDirectory
from checks.runners.local.process import (
    adopt_orphans,
    hide_memory,
    kill_descendants,
    reap,
    signal_when_parent_dies,
    yield_memory,
)

LOOK_AROUND = 1_000
"""Milliseconds between two looks at what may have changed without a signal."""

LEAST_FREE = 2 * 1024**3
LEAST_SHARE = 0.02
"""What builds leave of the disk, whichever is less: the App's database may be on it."""

LOST = "the process that ran the build was killed during {phase}"


class Supervisor:
    def __init__(self, run: RunDirectory, number: int) -> None:
        self.run = run
        self.number = number
        self.child = 0
        self.stopping = False

    def hear_stop(self, *_: object) -> None:
        self.stopping = True
        if self.child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGTERM)

    def is_over(self) -> bool:
        return self.stopping or self.run.is_stopping

    def supervise(self, secrets: bytes, places: int) -> None:
        self.run.enter("QUEUED")
        if turn.wait(self.run, self.number, places, self.is_over) and not self.is_over():
            self._run_child(secrets)
        del secrets
        kill_descendants()
        if not self.run.is_ended:
            self._write_end()
        clean(self.run)
        turn.leave(self.run, self.number)

    def _run_child(self, secrets: bytes) -> None:
        parent = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        self.child = os.fork()
        if self.child == 0:
            _become_worker(self.run, self.number, secrets, parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        if self.is_over():
            self.hear_stop()
        self._wait()

    def _wait(self) -> None:
        """Until the child has ended; it is told to if somebody throws the run's directory away."""
        poll = select.poll()
        descriptor = os.pidfd_open(self.child)
        poll.register(descriptor, select.POLLIN)
        while not poll.poll(LOOK_AROUND):
            reap(but=self.child)
            if not self.run.exists:
                self.hear_stop()
            elif is_full(self.run.home):
                os.kill(self.child, signal.SIGUSR1)
        os.close(descriptor)
        os.waitpid(self.child, 0)
        self.child = 0

    def _write_end(self) -> None:
        from checks.result import Outcome, Result  # noqa: PLC0415  only when nobody else wrote the end
        from checks.runners.local.job import written  # noqa: PLC0415

        if self.is_over():
            result = Result(outcome=Outcome.STOPPED, message="stopped")
        else:
            result = Result(outcome=Outcome.FAULT, message=LOST.format(phase=self.run.phase))
        self.run.end(written(result))


def _become_worker(run: RunDirectory, number: int, secrets: bytes, parent: int) -> None:
    """In the child: run the build and end the process, whatever happens."""
    status = 1
    try:
        os.setsid()
        signal_when_parent_dies(signal.SIGTERM)
        adopt_orphans()
        if os.getppid() == parent:
            from checks.runners.local.run import work  # noqa: PLC0415  after the wait, to wait in little memory

            work(run, number, secrets, parent)
            status = 0
    except BaseException:  # noqa: BLE001  the process ends here, and what it ends of is kept
        traceback.print_exc()
    finally:
        os._exit(status)


def is_full(path: Path) -> bool:
    disk = os.statvfs(path)
    space = disk.f_bavail * disk.f_frsize < min(LEAST_FREE, LEAST_SHARE * disk.f_blocks * disk.f_frsize)
    return space or disk.f_favail < LEAST_SHARE * disk.f_files


def clean(run: RunDirectory) -> None:
    """What nobody asks for any more: the source, the home, temporary files. The log and the artifacts stay."""
    for path in (run.source, run.user_home, run.temp, run.shell, run.pristine, run.published):
        if path.is_relative_to(run.path):
            for folder, folders, _ in os.walk(path):
                _unlock(folder, folders)
            shutil.rmtree(path, ignore_errors=True)


def _unlock(folder: str, names: list[str]) -> None:
    """A build may have closed its folders even to ourselves; they are opened before they are entered."""
    for name in names:
        path = Path(folder, name)
        with contextlib.suppress(OSError):
            if not path.is_symlink():
                path.chmod(0o700)


def main(arguments: list[str]) -> None:
    home, name, number, places = arguments
    os.set_inheritable(LOCK, False)
    os.umask(0o022)
    yield_memory()
    hide_memory()
    os.chdir("/")
    run = RunDirectory(Path(home), name)
    supervisor = Supervisor(run, int(number))
    signal.signal(signal.SIGTERM, supervisor.hear_stop)
    run.write("pid", str(os.getpid()).encode())
    secrets = sys.stdin.buffer.read()
    if not secrets.endswith(b"\n"):
        turn.leave(run, int(number))
        return
    adopt_orphans()
    supervisor.supervise(secrets, int(places))


if __name__ == "__main__":
    main(sys.argv[1:])
