"""What code from outside tries against the runner itself, which follows behind it with more rights."""

import os
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.result import Outcome
from checks.runners.local.shell import assignments
from checks.runners.local.spawn import PACKAGES
from tests.checks.runners.workshop import Workshop, phases, until
from tests.needs import needs


@pytest.fixture(autouse=True)
def _bubblewrap() -> None:
    needs(shutil.which("bwrap") is not None, "the sandbox needs bubblewrap: apt-get install bubblewrap")


async def test_a_link_of_one_base_directory_is_no_way_out_for_another(workshop: Workshop) -> None:
    """Four folders up is the source for the link, and the runner's home, with everybody's caches, for its copy."""
    await workshop.build(
        "version: 0.2\nphases:\n  build:\n    commands:\n"
        "      - mkdir -p n/n/n/b1 n/n/n/b2/d/cache/7\n"
        "      - ln -s ../../../.. n/n/n/b1/d; echo > n/n/n/b2/d/cache/7/poison\n"
        "artifacts: {base-directory: 'n/n/n/b*', files: ['**/*'], enable-symlinks: yes}\n",
        trusted=False,
    )
    kept = [str(path.relative_to(workshop.artifacts)) for path in workshop.artifacts.rglob("poison")]
    assert (kept, (workshop.home / "cache").exists()) == (["primary/d/cache/7/poison"], False)


SPY = """\
import os, pathlib
for number in filter(str.isdigit, os.listdir("/proc")):
    try:
        known = pathlib.Path("/proc", number, "environ").read_bytes()
        command = pathlib.Path("/proc", number, "cmdline").read_bytes()
    except OSError:
        continue
    if b"INTERLOCK_TEST=" in known and number != str(os.getpid()):
        print("seen", command)
"""

APP = """\
import sys, time
from checks.runners.local.process import hide_memory
hide_memory()
print("ready", flush=True)
sys.stdin.read()
"""


async def test_a_trusted_build_does_not_see_the_environment_of_the_app(workshop: Workshop) -> None:
    """It runs as the same user, which may be root."""
    (workshop.source / "spy.py").write_text(SPY)
    app = subprocess.Popen(  # noqa: ASYNC220  it waits for its input and for nothing else
        [sys.executable, "-c", APP],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGES), "INTERLOCK_TEST": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with app:
        assert app.stdout is not None
        assert app.stdout.readline() == b"ready\n"
        result = await workshop.build(phases(build="python3 spy.py"))
        app.kill()
    assert (result.outcome, await workshop.printed()) == (Outcome.SUCCEEDED, [])


async def test_a_build_does_not_see_into_its_supervisor(workshop: Workshop) -> None:
    """Which was told the token that reads the repository."""
    command = "cat /proc/$PPID/environ >/dev/null 2>&1 || echo no; dd if=/proc/$PPID/mem count=0 2>/dev/null || echo no"
    await workshop.build(phases(build=command))
    assert await workshop.printed() == ["no", "no"]


async def test_names_that_are_no_text_end_a_build_like_others(workshop: Workshop) -> None:
    """A file of one base directory is a folder of the other, and the message names it."""
    result = await workshop.build(
        "version: 0.2\nphases:\n  build:\n    commands:\n"
        "      - n=$(printf 'a\\377'); mkdir -p b1 b2/$n; touch b1/$n b2/$n/x; echo '<a/>' > $n.xml\n"
        "artifacts: {base-directory: 'b*', files: ['**/*']}\nreports: {r: {files: ['*.xml']}}\n",
        trusted=False,
    )
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        "a\N{REPLACEMENT CHARACTER}/x cannot be kept: File exists",
    )
    assert result.tests is not None
    assert result.tests.unread == ("a\N{REPLACEMENT CHARACTER}.xml: not a JUnit report (it is <a>)",)


def test_megabytes_of_variables_cost_no_memory_of_their_own() -> None:
    """What commands leave is read outside of the sandbox."""
    left = b'A="' + b"a" * 4_000_000
    tracemalloc.start()
    try:
        found = [name for name, word in assignments(left)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found, peak < 2 * len(left)) == (["A"], True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)], check=False)
    needs(mounted.returncode == 0, "a small disk takes the right to mount")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


async def test_a_build_ends_before_the_disk_is_full(small_disk: Path) -> None:
    workshop = Workshop(small_disk)
    result = await workshop.build(phases(build="head -c 33000000 /dev/zero >x; sleep 1000"), trusted=False)
    assert (result.outcome, result.message) == (Outcome.FAULT, "the disk of the machine is nearly full")
    await until(lambda: shutil.disk_usage(small_disk).used < 1_000_000)


async def test_a_build_goes_first_when_memory_runs_out(workshop: Workshop) -> None:
    await workshop.build(phases(build="cat /proc/self/oom_score_adj"), trusted=False)
    assert await workshop.printed() == ["500"]
