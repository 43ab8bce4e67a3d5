"""Who is at work in a home directory: the first to come knows that every lease it finds is a dead worker's."""

import fcntl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO


@asynccontextmanager
async def among_workers(home: Path, release_leases: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Hold a shared lock while at work; release the leases first if nobody else holds it."""
    with _lock_file(home) as file:
        if _nobody_else_holds(file):
            await release_leases()
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _nobody_else_holds(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file(home: Path) -> IO[str]:
    home.mkdir(parents=True, exist_ok=True)
    return (home / "workers.lock").open("a")
