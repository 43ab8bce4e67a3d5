"""Many builds while AWS loses, doubles and reorders what it tells, and throttles what it is asked.

`STORM_PUSHES=n` pushes as often to each of the repositories; the long simulations build two hundred times.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.demo.aws.fleets.scripted import Ending
from app.demo.github.repository import Repository
from app.github.lane import Limits
from app.store.builds import BuildShelf
from checks.build import State
from tests.flows.cloud import Cloud, cloud

SEED = 20261121
REPOSITORIES, PUSHES = 8, int(os.environ.get("STORM_PUSHES", "5"))
LONGEST = 240.0
STATES = {"success": State.SUCCEEDED, "failure": State.FAILED, "timed_out": State.TIMED_OUT}
ENDINGS = {
    "success": Ending(),
    "failure": Ending(failing="BUILD"),
    "timed_out": Ending(status="TIMED_OUT", failing="BUILD", code="BUILD_TIMED_OUT", message="it took too long"),
}
"""How the builds of these tests end, by the conclusion that their check has to have."""

Told = tuple[Repository, str, str]


@pytest.mark.timeout(300)
async def test_every_check_is_right_and_no_commit_is_built_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    print(f"seed {SEED}")  # noqa: T201  a failing run is run again with it
    script = {_mark(conclusion): ending for conclusion, ending in ENDINGS.items()}
    quick = Limits(between_writes=0.005)
    async with cloud(tmp_path, monkeypatch, script=script, poll=2.0, limits=quick, seed=SEED) as on:
        faults = on.aws.faults
        faults.lost = faults.doubled = faults.reordered = faults.throttled = 0.2
        faults.most_builds = 30
        repositories = [await on.town.repository(f"web-{number}") for number in range(REPOSITORIES)]
        pushed = await asyncio.gather(*(_push(on, each) for each in repositories))
        expected = [told for some in pushed for told in some]

        await _until_all_have_ended(on, expected)

        shown = {sha: [run.conclusion for run in on.town.checks(repository, sha)] for repository, sha, _ in expected}
        assert shown == {sha: [conclusion] for _, sha, conclusion in expected}
        builds = await BuildShelf(on.stage.app.database).newest(1000)
        assert Counter(build.state for build in builds) == Counter(STATES[end] for _, _, end in expected)
        assert sorted(_commit(build.settings) for build in on.aws.builds.values()) == sorted(shown)


async def _push(on: Cloud, repository: Repository) -> list[Told]:
    """Commits on the default branch; their builds end in turn in each way."""
    told = []
    for number in range(PUSHES):
        conclusion = list(ENDINGS)[number % len(ENDINGS)]
        spec = f"version: 0.2\n{_mark(conclusion)}phases:\n  build:\n    commands:\n      - make\n"
        files: dict[str, str | bytes | None] = {"buildspec.yml": spec, "number.txt": f"{repository.name} {number}"}
        sha = await on.town.github.commit_files(repository, "main", files, "Go on", "ana")
        told.append((repository, sha, conclusion))
    return told


def _mark(conclusion: str) -> str:
    return f"# PRX_ {conclusion}\n"


async def _until_all_have_ended(on: Cloud, expected: Sequence[Told]) -> None:
    async with asyncio.timeout(LONGEST):
        while not all(_has_ended(on, repository, sha) for repository, sha, _ in expected):  # noqa: ASYNC110  looked at
            await asyncio.sleep(0.2)


def _has_ended(on: Cloud, repository: Repository, sha: str) -> bool:
    runs = on.town.checks(repository, sha)
    return bool(runs) and all(run.conclusion for run in runs)


def _commit(settings: dict[str, Any]) -> str:
    variables = settings["environment"]["environmentVariables"]
    return next(str(each["value"]) for each in variables if each["name"] == "PRX_COMMIT")
