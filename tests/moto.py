"""One moto server for all tests of a process, one after the other: to start one takes two seconds."""

import atexit
import subprocess
import sys
from functools import cache

from app.demo.stage import free_port


def shared() -> str:
    """Its address."""
    return _started()[0]


@cache
def _started() -> tuple[str, subprocess.Popen[bytes]]:
    port = free_port()
    nothing = subprocess.DEVNULL
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        start_new_session=True,
    )
    atexit.register(_end, server)
    return f"http://127.0.0.1:{port}", server


def _end(server: subprocess.Popen[bytes]) -> None:
    server.kill()
    server.wait()
