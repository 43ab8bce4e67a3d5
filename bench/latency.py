"""From the push to the check: queued, then completed, with a build that has nothing to do."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.demo.github.repository import Repository
from bench.figure import Figure, Spread, ratio
from bench.town import EMPTY, OWNER_LOGIN, Town, eventually, town
from checks.ports import Order
from checks.repository import Repository as Built
from checks.runners.local.runner import LocalRunner

ROUNDS = 5
PAUSE = 1.1
"""Seconds after which a write to GitHub has to wait for no earlier one."""
LOOK = 0.002
MILLISECONDS = 1000
STAGES = ("the check is queued", "the check is in progress", "the check is completed")


async def measure(directory: Path) -> Sequence[Figure]:
    figures = []
    for module, pace in (("bench.unhurried", "0.1 s"), ("app", "1 s, as GitHub asks")):
        arguments = (module, "serve") if module == "app" else (module,)
        place = directory / module
        async with town(place, *arguments) as on:
            figures.append(await _figure(on, LocalRunner(place / "alone", token_for=_token), pace))
    return figures


async def _figure(on: Town, runner: LocalRunner, pace: str) -> Figure:
    moments: list[list[float]] = [[] for _ in STAGES]
    alone = []
    repository = await on.repository("web")
    for number in range(ROUNDS + 1):
        told, sha = await _push(on, repository, number)
        seconds = await _alone(on, runner, (repository, sha), number)
        if number:  # the first has the App's token and imports to fetch
            alone.append(seconds)
            for each, moment in zip(moments, told, strict=True):
                each.append(moment)
    figure = Figure(f"From the push to the check, {pace} between two writes", ["", "ms", "runner alone takes 1"])
    for name, each in zip(STAGES, moments, strict=True):
        figure.rows.append([name, Spread(each).told(MILLISECONDS), f"{ratio(each, alone).told()} ×"])
    figure.rows.append(["the same build by the runner alone", Spread(alone).told(MILLISECONDS), ""])
    return figure


async def _push(on: Town, repository: Repository, number: int) -> tuple[list[float], str]:
    """Seconds from the moment at which the webhook leaves GitHub to each stage."""
    await asyncio.sleep(PAUSE)
    before = len(on.github.deliveries)
    files: dict[str, str | bytes | None] = {"buildspec.yml": EMPTY, "number.txt": f"{number}"}
    pushing = asyncio.create_task(on.github.commit_files(repository, "main", files, "Go on", OWNER_LOGIN))
    await eventually(lambda: any(each.event == "push" for each in on.github.deliveries[before:]) or None)
    began = time.perf_counter()
    sha = await pushing
    moments = []
    for states in ((), ("in_progress", "success"), ("success",)):
        await on.check(repository, sha, *states)
        moments.append(time.perf_counter() - began)
    await on.github.settled()
    return moments, sha


async def _alone(on: Town, runner: LocalRunner, commit: tuple[Repository, str], number: int) -> float:
    repository, sha = commit
    built = Built(
        id=repository.id,
        full_name=repository.full_name,
        installation=1,
        default_branch="main",
        clone_url=on.github.clone_url(repository),
    )
    order = Order(
        token=f"alone-{number}",
        build=f"alone-{number}",
        since=datetime.now(UTC),
        repository=built,
        ref="refs/heads/main",
        sha=sha,
        buildspec=EMPTY,
        variables={},
        trusted=True,
        timeout=timedelta(minutes=1),
    )
    began = time.perf_counter()
    run = await runner.start(order)
    while not (result := (await runner.look([run]))[0].result):  # noqa: ASYNC110  it is asked
        await asyncio.sleep(LOOK)
    seconds = time.perf_counter() - began
    if result.message:
        raise SystemExit(f"a build that was to be measured ended: {result.message}")
    return seconds


async def _token(_: Order) -> str | None:
    return None
