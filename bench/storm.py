"""Two hundred builds at once, beside as many while AWS loses, doubles and reorders events and throttles StartBuild."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.demo.aws.fleets.scripted import Ending
from app.demo.github.repository import Repository
from bench.cloud import Cloud, commit, marked, push
from bench.figure import Figure, number

SEED = 20261121
REPOSITORIES, PUSHES = 8, 25
SHARE = 0.2
LONGEST = 300.0
LOOK = 0.02
PHASE = 0.1

ENDINGS = {
    "success": Ending(seconds=PHASE),
    "failure": Ending(seconds=PHASE, failing="BUILD"),
    "timed_out": Ending(
        seconds=PHASE, status="TIMED_OUT", failing="BUILD", code="BUILD_TIMED_OUT", message="it took too long"
    ),
}
"""How the builds end, by the conclusion that their check has to have."""
SCRIPT: Mapping[str, Ending] = {marked(conclusion): ending for conclusion, ending in ENDINGS.items()}

Pushed = tuple[Repository, str, str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    seconds: float
    right: int
    twice: int
    asked: Counter[str]
    started: int


async def figure(on: Cloud) -> Figure:
    calm = await _run(on, "calm")
    faults = on.aws.faults
    faults.lost = faults.doubled = faults.reordered = faults.throttled = SHARE
    stormy = await _run(on, "stormy")
    faults.clear()
    made = Figure(f"{REPOSITORIES * PUSHES} builds at once", ["", "without faults", "with faults", "ratio"])
    made.rows.append(
        [
            "seconds to the last conclusion",
            number(calm.seconds),
            number(stormy.seconds),
            f"{number(stormy.seconds / calm.seconds)} ×",
        ]
    )
    made.rows.append(["checks that are right", f"{calm.right}", f"{stormy.right}", ""])
    made.rows.append(["commits that were built twice", f"{calm.twice}", f"{stormy.twice}", ""])
    for name in ("StartBuild", "BatchGetBuilds", "ListBuildsForProject"):
        before, after = (each.asked[f"codebuild {name}"] for each in (calm, stormy))
        made.rows.append([name, f"{before}", f"{after}", f"{number(after / before)} ×" if before else ""])
    refused = [each.asked["codebuild StartBuild"] - each.started for each in (calm, stormy)]
    made.rows.insert(-2, ["of which were refused", *map(str, refused), ""])
    made.notes.append(f"Of the events {SHARE:.0%} are lost, of the others {SHARE:.0%} come twice and {SHARE:.0%} late.")
    return made


async def _run(on: Cloud, name: str) -> Outcome:
    repositories = [await on.on.repository(f"{name}-{each}") for each in range(REPOSITORIES)]
    asked, builds = await on.asked(), set(on.aws.builds)
    on.on.github.hold_webhooks()
    pushed = [one for some in await asyncio.gather(*(_push(on, each) for each in repositories)) for one in some]
    began = time.perf_counter()
    on.on.github.release_webhooks()
    await _until_all_have_ended(on, pushed)
    seconds = time.perf_counter() - began
    started = [each for identity, each in on.aws.builds.items() if identity not in builds]
    return Outcome(
        seconds=seconds,
        asked=await on.asked() - asked,
        right=sum(_conclusions(on, repository, sha) == [wanted] for repository, sha, wanted in pushed),
        twice=sum(times > 1 for times in Counter(commit(each) for each in started).values()),
        started=len(started),
    )


async def _push(on: Cloud, repository: Repository) -> Sequence[Pushed]:
    """Their builds end in turn in each way."""
    pushed = []
    for each in range(PUSHES):
        wanted = list(ENDINGS)[each % len(ENDINGS)]
        sha = await push(on.on, repository, wanted, f"{each}")
        pushed.append((repository, sha, wanted))
    return pushed


async def _until_all_have_ended(on: Cloud, pushed: Sequence[Pushed]) -> None:
    deadline = time.monotonic() + LONGEST
    waiting = list(pushed)
    while waiting := [each for each in waiting if not _has_ended(on, *each[:2])]:
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(waiting)} of {len(pushed)} builds did not end within {LONGEST:.0f} s")
        await asyncio.sleep(LOOK)


def _has_ended(on: Cloud, repository: Repository, sha: str) -> bool:
    conclusions = _conclusions(on, repository, sha)
    return bool(conclusions) and all(conclusions)


def _conclusions(on: Cloud, repository: Repository, sha: str) -> Sequence[str | None]:
    return [run.conclusion for suite in on.on.github.suites_of(repository, sha) for run in suite.runs]
