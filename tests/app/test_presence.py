"""The first worker of a home releases the leases of the dead, and nobody else does."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from app.presence import among_workers

AT_WORK = """
import asyncio, sys
from pathlib import Path
from app.presence import among_workers

async def release():
    print("released", flush=True)

async def main():
    async with among_workers(Path(sys.argv[1]), release):
        print("at work", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


class Leases:
    def __init__(self) -> None:
        self.released = 0

    async def release(self) -> None:
        self.released += 1


@pytest.fixture
def leases() -> Leases:
    return Leases()


async def test_the_first_to_come_releases_and_the_second_does_not(tmp_path: Path, leases: Leases) -> None:
    async with among_workers(tmp_path / "home", leases.release):
        assert leases.released == 1
        async with among_workers(tmp_path / "home", leases.release):
            assert leases.released == 1

    async with among_workers(tmp_path / "home", leases.release):
        assert leases.released == 2


async def test_homes_do_not_know_each_other(tmp_path: Path, leases: Leases) -> None:
    async with among_workers(tmp_path / "one", leases.release), among_workers(tmp_path / "other", leases.release):
        assert leases.released == 2


async def test_a_worker_that_cannot_release_does_not_begin(tmp_path: Path, leases: Leases) -> None:
    async def broken() -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        async with among_workers(tmp_path, broken):
            raise AssertionError("it began")

    async with among_workers(tmp_path, leases.release):
        assert leases.released == 1


async def test_a_killed_process_is_no_longer_at_work(tmp_path: Path, leases: Leases) -> None:
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AT_WORK, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert other.stdout
    assert [await other.stdout.readline() for _ in range(2)] == [b"released\n", b"at work\n"]
    async with among_workers(tmp_path, leases.release):
        assert leases.released == 0

    os.kill(other.pid, signal.SIGKILL)
    await other.wait()

    async with among_workers(tmp_path, leases.release):
        assert leases.released == 1
