"""A run happens exactly once and leaves nothing behind, whoever is killed, and when."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from checks.result import Outcome
from checks.runners.local.directory import RunDirectory
from checks.runners.local.process import descendants
from checks.runners.local.runner import LocalRunner
from tests.checks.runners.workshop import Workshop, ended, lines, order, phases, report, repository, until

# Writes its number when it is there, and stays in a session and below a parent of its own.
DAEMON = "setsid sh -c 'echo $$ > daemon; exec sleep 1000' & (setsid sh -c 'echo $$ > orphan; exec sleep 1000' &)"
STAYS = phases(build=f"{DAEMON}; until test -s daemon -a -s orphan; do :; done; echo $$ > main; sleep 1000")


def number(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError, ValueError):
        return int(path.read_text())
    return 0


def is_alive(process: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return stat[0] not in "ZX" or int(stat[17]) > 1
    return False


async def processes(run: RunDirectory) -> list[int]:
    """The numbers of a build's three processes, once they are all there."""
    files = [run.source / name for name in ("main", "daemon", "orphan")]
    await until(lambda: all(number(file) for file in files))
    return [number(file) for file in files]


@pytest.fixture
def run(workshop: Workshop) -> RunDirectory:
    return RunDirectory(workshop.home, "run")


async def test_stop_ends_everything_that_the_build_started(workshop: Workshop, run: RunDirectory) -> None:
    workshop.launch(STAYS)
    living = await processes(run)
    await workshop.runner.stop("run")
    result = await ended(workshop.runner, "run")
    assert (result.outcome, [is_alive(process) for process in living]) == (Outcome.STOPPED, [False] * 3)
    assert [(phase.name, phase.succeeded) for phase in result.phases][-1] == ("BUILD", False)


# Its first thread ends and its second stays: the kernel shows it as a zombie, which it is not.
HALF_DEAD = """
import ctypes, os, threading, time
threading.Thread(target=time.sleep, args=[1000]).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
"""


async def test_a_process_whose_first_thread_has_ended_is_killed_too(workshop: Workshop) -> None:
    (workshop.source / "half_dead.py").write_text(HALF_DEAD)
    start = f"setsid {sys.executable} half_dead.py & until grep -q ' Z ' /proc/$!/stat; do sleep 0.01; done"
    await workshop.build(phases(build=f"{start}; echo $!"))
    (process,) = await workshop.printed()
    assert not is_alive(int(process))


async def test_only_runs_that_ended_long_ago_are_forgotten(workshop: Workshop, run: RunDirectory) -> None:
    await workshop.build(phases(build="echo done"))

    await workshop.runner.forget(timedelta(days=1))
    assert run.log.exists()

    two_days_ago = time.time() - 2 * 86_400
    os.utime(run.path / "result.json", (two_days_ago, two_days_ago))
    await workshop.runner.forget(timedelta(days=1))
    assert not run.path.exists()


async def test_stopping_what_has_ended_changes_nothing(workshop: Workshop) -> None:
    result = await workshop.build(phases(build="true"))
    await workshop.runner.stop("run")
    assert await ended(workshop.runner, "run") == result


async def test_a_build_that_takes_too_long_is_ended_with_everything(workshop: Workshop, run: RunDirectory) -> None:
    workshop.launch(STAYS, timeout=1.5)
    living = await processes(run)
    result = await ended(workshop.runner, "run")
    assert (result.outcome, result.message) == (Outcome.TIMED_OUT, "the build took longer than 1.5 s")
    assert [is_alive(process) for process in living] == [False] * 3


async def test_a_killed_worker_takes_the_build_with_it(workshop: Workshop, run: RunDirectory) -> None:
    workshop.launch(STAYS)
    living = await processes(run)
    (worker,) = [child for child in descendants(int(run.read("pid"))) if child not in living and is_worker(child, run)]
    os.kill(worker, signal.SIGKILL)
    result = await ended(workshop.runner, "run")
    assert (result.outcome, result.message) == (
        Outcome.FAULT,
        "the process that ran the build was killed during BUILD",
    )
    await until(lambda: not any(is_alive(process) for process in living))


def is_worker(process: int, run: RunDirectory) -> bool:
    """Supervisor and worker have the same command line; the supervisor is not below itself."""
    command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    return b"checks.runners.local.supervisor" in command and run.name.encode() in command


async def test_a_killed_supervisor_takes_the_build_with_it(workshop: Workshop, run: RunDirectory) -> None:
    workshop.launch(STAYS)
    living = await processes(run)
    os.kill(int(run.read("pid")), signal.SIGKILL)
    result = await ended(workshop.runner, "run")
    assert (result.outcome, result.message) == (
        Outcome.FAULT,
        "the supervisor of the build was killed during BUILD",
    )
    await until(lambda: not any(is_alive(process) for process in living))


async def test_terminating_the_supervisor_is_stopping_the_build(workshop: Workshop, run: RunDirectory) -> None:
    workshop.launch(STAYS)
    living = await processes(run)
    os.kill(int(run.read("pid")), signal.SIGTERM)
    assert (await ended(workshop.runner, "run")).outcome is Outcome.STOPPED
    await until(lambda: not any(is_alive(process) for process in living))


async def test_when_all_is_killed_at_once_the_run_is_lost_and_says_so(workshop: Workshop, run: RunDirectory) -> None:
    workshop.launch(STAYS)
    await processes(run)
    supervisor = int(run.read("pid"))
    for process in [supervisor, *descendants(supervisor)]:
        os.kill(process, signal.SIGKILL)
    result = await ended(workshop.runner, "run")
    assert (result.outcome, result.message) == (
        Outcome.FAULT,
        "everything that ran the build was killed during BUILD",
    )


async def test_a_run_that_nobody_knows_is_lost(workshop: Workshop) -> None:
    assert (await ended(workshop.runner, "other")).outcome is Outcome.FAULT


async def test_a_run_that_somebody_is_about_to_start_waits(workshop: Workshop, run: RunDirectory) -> None:
    run.create()
    lock = run.take_lock()
    assert lock is not None
    assert (await report(workshop.runner, run.name)).phase == "QUEUED"
    os.close(lock)
    assert (await report(workshop.runner, run.name)).result is not None


async def test_another_runner_finds_the_run_again(workshop: Workshop) -> None:
    workshop.launch(phases(build="until test -e go; do :; done; echo went"))
    await until(lambda: RunDirectory(workshop.home, "run").phase == "BUILD")
    other = LocalRunner(workshop.home)
    assert (await report(other, "run")).phase == "BUILD"
    (RunDirectory(workshop.home, "run").source / "go").touch()
    assert (await ended(other, "run")).outcome is Outcome.SUCCEEDED


async def test_the_same_order_from_many_at_once_runs_once(tmp_path: Path) -> None:
    sha = repository(tmp_path / "origin")[0]
    ran = tmp_path / "ran"
    wanted = order(str(tmp_path / "origin"), sha, phases(build=f"echo x >> {ran}"))
    runners = [LocalRunner(tmp_path / "home") for _ in range(8)]
    await asyncio.gather(*(runner.start(wanted) for runner in runners))
    await ended(runners[0], "run")
    await runners[0].start(wanted)
    assert (await ended(runners[0], "run"), ran.read_text()) == (await ended(runners[1], "run"), "x\n")


STARTER = """
import os, sys, signal, types
from pathlib import Path
from checks.runners.local import runner, spawn
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import *
home, source, spec, when = sys.argv[1:]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if when == "before the ticket": runner.turn.take_ticket = die
if when == "before the spawn": runner.spawn = die
if when == "before the secrets": spawn.os = types.SimpleNamespace(**{**vars(os), "fdopen": die})
print("starting", flush=True)
job = Job(project="p", repository="1", source=DirectorySource(path=source), buildspec=spec, timeout=30.0)
runner.LocalRunner(Path(home)).launch(RunDirectory(Path(home), "run"), job, Secrets())
die()
"""


@pytest.mark.parametrize("moment", ["before the ticket", "before the spawn", "before the secrets", "after the start"])
async def test_a_starter_that_is_killed_can_start_again(workshop: Workshop, moment: str) -> None:
    """The second start finds the run that the first one began, or begins it; it never happens twice."""
    ran = workshop.source.parent / "ran"
    spec = phases(build=f"echo x >> {ran}")
    command = [sys.executable, "-c", STARTER, str(workshop.home), str(workshop.source), spec, moment]
    ended_first = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert (ended_first.returncode, ended_first.stdout) == (-signal.SIGKILL, "starting\n")
    run = RunDirectory(workshop.home, "run")
    if moment == "before the secrets":
        await until(lambda: not run.is_locked)
    workshop.launch(spec)
    result = await ended(workshop.runner, "run")
    assert (result.outcome, ran.read_text()) == (Outcome.SUCCEEDED, "x\n")


async def test_no_more_builds_than_places_and_the_first_goes_first(workshop: Workshop) -> None:
    spec = phases(build="until test -e go; do :; done")
    for name in ("a", "b", "c", "d"):
        workshop.launch(spec, name, places=1)
    runs = {name: RunDirectory(workshop.home, name) for name in "abcd"}
    for name in "abcd":
        await until(lambda name=name: runs[name].phase == "BUILD")
        waiting = [other for other in "abcd" if other > name]
        assert [(await report(workshop.runner, other)).phase for other in waiting] == ["QUEUED"] * len(waiting)
        (runs[name].source / "go").touch()
    for name in "abcd":
        assert (await ended(workshop.runner, name)).outcome is Outcome.SUCCEEDED


async def test_a_killed_run_gives_its_place_to_the_next(workshop: Workshop) -> None:
    workshop.launch(STAYS, "a", places=1)
    await processes(RunDirectory(workshop.home, "a"))
    workshop.launch(phases(build="true"), "b", places=1)
    supervisor = int(RunDirectory(workshop.home, "a").read("pid"))
    for process in [supervisor, *descendants(supervisor)]:
        with contextlib.suppress(ProcessLookupError):  # it went with the one before
            os.kill(process, signal.SIGKILL)
    assert (await ended(workshop.runner, "b")).outcome is Outcome.SUCCEEDED


async def test_a_run_that_waits_can_be_stopped(workshop: Workshop) -> None:
    workshop.launch(phases(build="sleep 1000"), "a", places=1)
    workshop.launch(phases(build="true"), "b", places=1)
    await workshop.runner.stop("b")
    assert (await ended(workshop.runner, "b")).outcome is Outcome.STOPPED
    await workshop.runner.stop("a")
    assert (await ended(workshop.runner, "a")).outcome is Outcome.STOPPED


async def test_nothing_of_the_runners_own_environment_reaches_a_build(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "geheim")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim")
    look = "env | grep -c geheim; p=$$; while test $p -gt 1; do cat /proc/$p/environ 2>/dev/null | grep -a geheim;"
    up = "p=$(cut -d' ' -f4 /proc/$p/stat); test $p = $OUTSIDE && break; done; true"
    await workshop.build(phases(build=f'"{look} {up}"'), variables={"OUTSIDE": str(os.getpid())})
    assert await workshop.printed() == ["0"]


async def test_what_a_build_used_is_gone_when_it_is_over(workshop: Workshop, run: RunDirectory) -> None:
    await workshop.build(phases(build="mkdir $HOME/x; chmod 0 $HOME/x"))
    await until(lambda: not run.is_locked)
    assert sorted(path.name for path in run.path.iterdir()) == [
        "job.json",
        "lock",
        "log",
        "phase",
        "pid",
        "result.json",
        "supervisor.log",
    ]


async def test_the_log_can_be_read_in_pieces(workshop: Workshop) -> None:
    await workshop.build(phases(build="seq 1000"))
    whole = await workshop.runner.log("run")
    assert await workshop.runner.log("run", 100, 50) == whole[100:150]
    assert await workshop.runner.log("run", len(whole)) == b""
    assert await lines(workshop.runner, "run") == [str(n) for n in range(1, 1001)]
