"""What the App's process holds in memory at rest, and after ten thousand webhooks."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.delivery import Push, headers, suite
from bench.figure import Figure, number
from bench.load import Plan
from bench.process import load
from bench.town import Town, town

REPOSITORIES = 250
"""Each costs one request at its first push, and GitHub grants 900 points a minute."""
WEBHOOKS = 10_000
PORTION = 2_500
PUSHES = 4
"""Every so many webhooks one is a push: GitHub tells of check suites and runs, too, and most of it is not for us."""
SIZE = 8_000
CONNECTIONS = 4
LONGEST = 120.0
MEGABYTE, KILOBYTE = 1 << 20, 1 << 10


async def measure(directory: Path) -> Sequence[Figure]:
    async with town(directory, "app", "serve") as on:
        file = directory / "interlock" / "interlock.sqlite3"
        figure = Figure(
            "The App's memory", ["", "resident MB", "more by KB a webhook", "times the memory at rest", "webhooks a s"]
        )
        rest = _resident(on.process.pid)
        figure.rows.append(["at rest", number(rest / MEGABYTE), "", "1", ""])
        before = rest
        for portion in range(WEBHOOKS // PORTION):
            seconds = await _receive(on, file, portion)
            now = _resident(on.process.pid)
            figure.rows.append(
                [
                    f"after {(portion + 1) * PORTION}",
                    number(now / MEGABYTE),
                    number((now - before) / PORTION / KILOBYTE),
                    f"{number(now / rest)} ×",
                    number(PORTION / seconds),
                ]
            )
            before = now
        figure.notes.append(
            f"One in {PUSHES} is a push of {SIZE // 1000} KB to one of {REPOSITORIES} repositories, none of which opts "
            "in: stored, translated, decided. The others say that a check suite was requested, which has no route.\n"
            "The last row tells whether anything grows for ever."
        )
        return [figure]


async def _receive(on: Town, file: Path, portion: int) -> float:
    """Seconds until a portion is done with; every repository's next push begins where its last one ended."""
    app = next(iter(on.github.apps.values()))
    installation = next(iter(on.github.installations.values())).id
    port = int(app.webhook_url.rpartition(":")[2].partition("/")[0])
    webhooks = [_webhook(number, installation) for number in range(portion * PORTION, (portion + 1) * PORTION)]
    plan = Plan(
        port=port,
        bodies=[body for _, body in webhooks],
        headers=[dict(headers(body, event)) for event, body in webhooks],
        count=PORTION,
        connections=CONNECTIONS,
        warm_up=0,
    )
    began = time.monotonic()
    await load(plan)
    await _until_done(file, began + LONGEST)
    return time.monotonic() - began


def _webhook(number: int, installation: int) -> tuple[str, bytes]:
    turn, repository = divmod(number // PUSHES, REPOSITORIES)
    before, after = (f"{repository:020x}{each:020x}" for each in (turn + 1, turn + 2))
    push = Push(number=1_000_000 + repository, before=before, after=after, installation=installation)
    return ("check_suite", suite(push)) if number % PUSHES else ("push", push.body(SIZE))


async def _until_done(file: Path, deadline: float) -> None:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        while database.execute("SELECT count(*) FROM tasks WHERE state IN ('ready', 'running')").fetchone()[0]:
            if time.monotonic() > deadline:
                raise SystemExit(f"the webhooks were not done with in {LONGEST:.0f} s")
            await asyncio.sleep(0.1)
        (troubled,) = database.execute("SELECT count(*) FROM tasks WHERE state <> 'done'").fetchone()
    if troubled:
        raise SystemExit(f"{troubled} webhooks could not be handled: the figure would not be of this")


def _resident(process: int) -> int:
    """Bytes of physical memory; the second number of statm counts pages."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
