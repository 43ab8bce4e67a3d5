"""Whatever happens on the way, in the end everything is as it should be.

A failing history prints its seed: `SIMULATION_SEED=n` runs that one alone, `SIMULATION_HISTORIES=n` runs more of them.
"""

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from app.store.builds import BuildShelf
from app.store.database import Database
from app.store.migrate import migrate
from app.store.tables import test_outcomes
from app.store.tasks import Tasks
from checks.build import Build, State
from checks.change import Purpose
from checks.check_run import check_run
from tests.simulation.github import BROKEN, OPTED_IN
from tests.simulation.history import History, Links

HISTORIES = int(os.environ.get("SIMULATION_HISTORIES", "40"))
FIRST_SEED = int(os.environ.get("SIMULATION_FIRST_SEED", "1"))
SEEDS = (
    [int(os.environ["SIMULATION_SEED"])]
    if "SIMULATION_SEED" in os.environ
    else range(FIRST_SEED, FIRST_SEED + HISTORIES)
)
GROUPS = 6


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Trouble is the subject here; thousands of lines about it help nobody."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database to copy: migrating is slow."""
    file = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    asyncio.run(_migrated(file))
    return file


async def _migrated(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    await migrate(database)
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("COMMIT")
        await connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        await connection.exec_driver_sql("BEGIN")
    await database.close()


@pytest.mark.timeout(0 if HISTORIES > 40 else 120)
@pytest.mark.parametrize("group", range(min(GROUPS, len(SEEDS))))
async def test_every_history_ends_well(group: int, tmp_path: Path, template: Path) -> None:
    for seed in list(SEEDS)[group::GROUPS]:
        history = History(seed, tmp_path, template)
        try:
            await history.run(8 if seed <= 40 else 25)
            await history.settle(runs_end=False)
            wrongs = await _wrong_at_rest(history)
            await history.settle(runs_end=True)
            wrongs += await _wrong_at_the_end(history)
        finally:
            await history.end()
            history.file.unlink()
        assert wrongs == [], f"SIMULATION_SEED={seed} after {history.people.deeds}"


async def _wrong_at_rest(history: History) -> list[str]:
    """Everything was told and done, and the runs that are to run are running."""
    builds = await _builds(history)
    github, people = history.github, history.people
    active = [build for build in builds if build.is_active]
    heads = {request.head for request in github.pull_requests if request.open}
    wrongs = [f"{run} runs for nobody" for run in sorted(history.machine.active() - {build.run for build in active})]
    wrongs += [
        f"{build.id} is built for an old head"
        for build in active
        if build.change.purpose is Purpose.PULL_REQUEST and build.change.sha not in heads | people.pressed
    ]
    for request in github.pull_requests:
        if not request.open or github.files[request.head] not in (OPTED_IN, BROKEN):
            continue
        states = [build.state for build in builds if _is_of(build, request.head, Purpose.PULL_REQUEST)]
        if not states:
            wrongs.append(f"the head of #{request.number} has no build")
        elif states[-1] is State.CANCELLED and request.head not in people.pressed:
            wrongs.append(f"the build of the head of #{request.number} was cancelled")
    return wrongs


def _is_of(build: Build, sha: str, purpose: Purpose) -> bool:
    return build.change.sha == sha and build.change.purpose is purpose


async def _wrong_at_the_end(history: History) -> list[str]:
    builds = await _builds(history)
    troubled = await Tasks(history.life.database).troubled()
    return [
        *history.github.wrongs,
        *history.machine.wrongs,
        *(f"{task.handler} ended as {task.state}: {task.error}" for task in troubled),
        *(wrong for build in builds for wrong in _wrong_with(build, history)),
        *_built_too_often(builds, history),
        *_not_built(builds, history),
        *await _wrongly_kept(builds, history),
    ]


def _wrong_with(build: Build, history: History) -> Sequence[str]:
    """A build shows as exactly one check run, with its conclusion and all its annotations, each once."""
    if build.is_active and build.state is not State.WAITING_FOR_APPROVAL:
        return [f"{build.id} is {build.state} for ever"]
    runs = history.github.of_build(build.id)
    if len(runs) != 1:
        return [f"{build.id} ({build.state}) has {len(runs)} check runs"]
    [run], wanted = runs, check_run(build, log_url=Links().log(build.id))
    shown = (run["status"], run["conclusion"], len(run["remarks"]))
    right = (wanted.status, wanted.conclusion, len(wanted.annotations))
    return [] if shown == right else [f"{build.id} shows {shown} where {right} is true"]


def _built_too_often(builds: Sequence[Build], history: History) -> Sequence[str]:
    alike = defaultdict(list)
    for build in builds:
        alike[build.change.sha, build.change.purpose, build.architecture].append(build)
    return [
        f"{len(group)} builds of one {purpose}"
        for (sha, purpose, _), group in alike.items()
        if len(group) > 1 + history.people.asked_again[sha]
    ]


def _not_built(builds: Sequence[Build], history: History) -> Sequence[str]:
    """Every push to the default branch that opts in has its build."""
    built = {build.change.sha for build in builds if build.change.purpose is Purpose.PUSH}
    return [
        f"{sha[-4:]} was pushed and not built"
        for sha in history.people.pushed
        if sha not in built and history.github.files[sha] in (OPTED_IN, BROKEN)
    ]


async def _wrongly_kept(builds: Sequence[Build], history: History) -> Sequence[str]:
    """How tests ended is kept of exactly the builds that came to an end of their own, beside them."""
    async with history.life.database.read() as connection:
        kept = set((await connection.execute(select(test_outcomes.c.build_id))).scalars())
    ended = {build.id for build in builds if build.state in (State.SUCCEEDED, State.FAILED) and build.result}
    inside = {build.id for build in builds if build.tests.outcomes}
    return [f"the outcomes of {build} are kept wrongly" for build in sorted((kept ^ ended) | inside)]


async def _builds(history: History) -> list[Build]:
    return list(reversed(await BuildShelf(history.life.database).newest(10_000)))
