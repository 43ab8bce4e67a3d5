"""How a supervisor is started: with the lock of its run, and without what the App knows."""

import contextlib
import fcntl
import os
import signal
import sys
from pathlib import Path

from checks.runners.local.directory import LOCK, RunDirectory
from checks.runners.local.machine import network_variables, search_path

PACKAGES = Path(__file__).parents[3]
"""Where the supervisor finds the package `checks`."""


def spawn(run: RunDirectory, number: int, places: int, lock: int, secrets: bytes) -> int:
    """Start a supervisor that holds the lock from its first moment. The secrets go through a pipe only."""
    reader, writer = os.pipe()
    output = os.open(run.path / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    module = "checks.runners.local.supervisor"
    arguments = [sys.executable, "-P", "-m", module, str(run.home), run.name, str(number), str(places)]
    duplicates = ((reader, 0), (output, 1), (output, 2), (lock, LOCK))
    moved = [(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 16), target) for descriptor, target in duplicates]
    try:
        child = os.posix_spawn(
            sys.executable,
            arguments,
            _environment(),
            file_actions=[(os.POSIX_SPAWN_DUP2, descriptor, target) for descriptor, target in moved],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
        )
    finally:
        for descriptor in (reader, output, *(descriptor for descriptor, _ in moved)):
            os.close(descriptor)
    with contextlib.suppress(BrokenPipeError), os.fdopen(writer, "wb") as pipe:
        pipe.write(secrets)
    return child


def _environment() -> dict[str, str]:
    """Nothing of the App's environment but what the network needs: a build can read its supervisor's."""
    return {"PATH": search_path(), "PYTHONPATH": str(PACKAGES), "LANG": "C.UTF-8", **network_variables()}
