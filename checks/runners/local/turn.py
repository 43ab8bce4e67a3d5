"""Whose turn it is: at most so many runs at once, in the order in which they were started.

A ticket is an empty file `<number>-<run>`; it is alive as long as the lock of its run is held. A run goes
when fewer than `places` living tickets have smaller numbers. No process watches over the queue.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from checks.runners.local.directory import RunDirectory

SHORTEST_WAIT = 0.05
LONGEST_WAIT = 1.0


def take_ticket(run: RunDirectory) -> int:
    """Join the queue; the number is larger than all that were given before. The run's lock is held already."""
    queue = _queue(run.home)
    queue.mkdir(parents=True, exist_ok=True)
    with (queue / "last").open("a+") as last:
        fcntl.flock(last, fcntl.LOCK_EX)
        last.seek(0)
        number = int(last.read() or 0) + 1
        last.seek(0)
        last.truncate()
        last.write(str(number))
        last.flush()
        (queue / f"{number:012}-{run.name}").touch()
    return number


def leave(run: RunDirectory, number: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        (_queue(run.home) / f"{number:012}-{run.name}").unlink()


def wait(run: RunDirectory, number: int, places: int, is_over: Callable[[], bool]) -> bool:
    """Wait for a place; False if `is_over` was true before there was one."""
    while not is_over():
        too_many = _ahead(run.home, number) - places + 1
        if too_many <= 0:
            return True
        time.sleep(min(LONGEST_WAIT, SHORTEST_WAIT * too_many))
    return False


def _ahead(home: Path, number: int) -> int:
    """How many living tickets have smaller numbers; dead ones are thrown away."""
    count = 0
    for name in os.listdir(_queue(home)):  # noqa: PTH208  the names are all that is needed
        digits, _, token = name.partition("-")
        if not token or int(digits) >= number:
            continue
        other = RunDirectory(home, token)
        if other.is_locked and not other.is_ended:
            count += 1
        else:
            leave(other, int(digits))
    return count


def _queue(home: Path) -> Path:
    return home / "queue"
