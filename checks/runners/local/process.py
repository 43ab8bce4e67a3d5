"""Processes of a run: started in sessions of their own, listened to, and killed with all that came of them."""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
MEMORY_OF_OTHERS = {"SYS_PTRACE": 19, "SYS_ADMIN": 21, "PERFMON": 38}
"""Capabilities, each of which is enough to look into the memory of other processes.

CodeBuild has none of them outside of privileged mode.
"""

CHUNK = 1 << 16
MOST_CHUNKS = 16
LONGEST_KILL = 10.0
"""Seconds. A process that waits for a disk may not even die."""


class Interrupted(BaseException):
    """The run has to end now. Not an Exception, so that nothing on the way takes it for an error."""


class Stopped(Interrupted):
    pass


class TimedOut(Interrupted):
    pass


class NoRoom(Interrupted):
    pass


def adopt_orphans() -> None:
    """Descendants whose parents die become our children instead of init's, so that none gets away."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def signal_when_parent_dies(number: int) -> None:
    _prctl(PR_SET_PDEATHSIG, number)


def yield_memory() -> None:
    """When memory runs out, this process and what comes of it go before those who started it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def hide_memory() -> None:
    """Keep what this process knows, its first environment too, from other processes of its user: builds are some."""
    _prctl(PR_SET_DUMPABLE, 0)


def blind_programs() -> None:
    """Programs that are started from here on cannot look into hidden memory, even as root. Others never can."""
    for capability in MEMORY_OF_OTHERS.values():
        _prctl(PR_CAPBSET_DROP, capability)


def _prctl(option: int, value: int) -> None:
    """https://man7.org/linux/man-pages/man2/prctl.2.html"""
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def descendants(ancestor: int) -> Iterator[int]:
    """All living processes below one. A zombie with threads lives: no more than its first thread has ended."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208  a thousand names, ten times a second
        if entry.isdigit():
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                state, parent, threads = stat[0], int(stat[1]), int(stat[17])
                if state not in "ZX" or threads > 1:
                    children.setdefault(parent, []).append(int(entry))
    waiting = list(children.get(ancestor, ()))
    while waiting:
        process = waiting.pop()
        yield process
        waiting += children.get(process, ())


def kill_descendants() -> None:
    """Kill everything below us, again and again until nothing is left or what is left cannot be killed.

    Only for a process that adopts orphans: whatever is forked meanwhile is found by the next look.
    """
    deadline = time.monotonic() + LONGEST_KILL
    while living := list(descendants(os.getpid())):
        for process in living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        reap()
        if time.monotonic() > deadline:
            return
        time.sleep(0.005)
    reap()


def reap(but: int = 0) -> None:
    """Take leave of adopted children that ended; `but` is waited for by somebody else."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != but:
            os.waitpid(ended.si_pid, 0)


class Pipe:
    """Carries what processes print to `receive`; one for the whole run, so that background jobs keep their place."""

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self._receive = receive
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)

    def drain(self) -> None:
        """Pass on what has been printed up to now: a pipe's content, and no more, as some never stop printing."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(MOST_CHUNKS):
                self._receive(os.read(self.reader, CHUNK))

    def follow(self, end: int) -> None:
        """Pass on what is printed until `end` becomes readable, and all that was printed before that."""
        poll = select.poll()
        poll.register(self.reader, select.POLLIN)
        poll.register(end, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            self.drain()
            if end in ready:
                return


def run(command: Sequence[str], pipe: Pipe, environment: Mapping[str, str], *, user: int | str | None = None) -> int:
    """Run a command to its end, without input, its output into the pipe. Returns its status as a shell tells it."""
    process = subprocess.Popen(  # noqa: S603  a runner runs commands
        command,
        stdin=subprocess.DEVNULL,
        stdout=pipe.writer,
        stderr=pipe.writer,
        env=environment,
        start_new_session=True,
        user=user,
    )
    descriptor = os.pidfd_open(process.pid)
    try:
        pipe.follow(descriptor)
    finally:
        os.close(descriptor)
    status = process.wait()
    reap()
    return status if status >= 0 else 128 - status
