"""What the local runner adds to a command, and to a run, beside a plain `sh` and a Python that does nothing."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.figure import Figure, Spread, ratio
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import DirectorySource, Job, Secrets
from checks.runners.local.machine import search_path
from checks.runners.local.runner import LocalRunner

ROUNDS = 5
COMMANDS = 200
MILLISECONDS = 1000
LOOK = 0.002
"""Seconds between two looks at a run; the App looks twice a second."""

NOTHING = "version: 0.2\nphases:\n  build:\n    commands: []\n"
MANY = "version: 0.2\nphases:\n  build:\n    commands:\n" + '      - ":"\n' * COMMANDS


async def measure(directory: Path) -> Sequence[Figure]:
    runner = LocalRunner(directory / "home")
    source = directory / "source"
    source.mkdir()
    begun, python, commands, plain = [], [], [], []
    for number in range(ROUNDS):
        begun.append(await _run(runner, source, NOTHING, f"nothing-{number}"))
        python.append(await asyncio.to_thread(_timed, _start_python))
        whole = await _run(runner, source, MANY, f"many-{number}")
        commands.append((whole - begun[-1]) / COMMANDS)
        plain.append(await asyncio.to_thread(_timed, _run_plainly) / COMMANDS)
    return [
        _figure("A command of a build", (f"a command `:` of {COMMANDS}", "`sh -c :`"), commands, plain),
        _figure("A run begins and ends", ("a run without commands", "a Python that does nothing"), begun, python),
    ]


def _figure(title: str, names: tuple[str, str], ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    figure = Figure(title, ["", "ms", "ratio"])
    figure.rows.append([names[0], Spread(ours).told(MILLISECONDS), f"{ratio(ours, theirs).told()} ×"])
    figure.rows.append([names[1], Spread(theirs).told(MILLISECONDS), ""])
    return figure


async def _run(runner: LocalRunner, source: Path, buildspec: str, name: str) -> float:
    job = Job(
        project="figures",
        repository="1",
        source=DirectorySource(path=str(source)),
        buildspec=buildspec,
        timeout=60,
        path=search_path(),
    )
    began = time.perf_counter()
    await asyncio.to_thread(runner.launch, RunDirectory(runner.home, name), job, Secrets())
    while not (result := (await runner.look([name]))[0].result):  # noqa: ASYNC110  it is asked
        await asyncio.sleep(LOOK)
    seconds = time.perf_counter() - began
    if result.message:
        raise SystemExit(f"a run that was to be measured ended: {result.message}")
    return seconds


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _run_plainly() -> None:
    for _ in range(COMMANDS):
        subprocess.run(["/bin/sh", "-c", ":"], check=True, stdin=subprocess.DEVNULL)


def _start_python() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True, stdin=subprocess.DEVNULL)
