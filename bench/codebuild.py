"""What a build on CodeBuild costs of AWS and of GitHub, how soon its end is told, and what a storm does to many."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.demo.aws.fleets.scripted import Ending
from bench import ends, storm
from bench.cloud import Cloud, cloud, marked, push
from bench.figure import Figure, number
from bench.town import Town, town

ALONE, AT_ONCE, PLACES = 3, 50, 5
"""Builds one after the other, builds at once, and the repositories that those are of."""
SLOW = Ending(seconds=0.3)
SLEEPS = "".join(f"  {name}: {{commands: [sleep 0.3]}}\n" for name in ("install", "pre_build", "build", "post_build"))
NAIVE_POLL, BUILD = 5.0, 300.0
"""Seconds between two looks of a client that asks after each build, and the length of such a build."""

STORIES = (
    ("with nothing to do", "brief", False),
    ("with 0.3 s in each phase", "slow", False),
    ("of a private repository", "slow", True),
)


async def measure(directory: Path) -> Sequence[Figure]:
    moments = ends.new_figure()
    async with cloud(directory / "told", {marked("brief"): Ending(), marked("slow"): SLOW, **ends.SCRIPT}) as on:
        calls, reckoned = await _calls(on)
        away = [await _requests(on.on, *story) for story in STORIES]
        await ends.heard(on, moments)
    # What AWS refuses there is meant to be refused: nobody has to read of it.
    settings = {"CODEBUILD_POLL_SECONDS": f"{ends.POLL}", "LOG_LEVEL": "ERROR"}
    async with cloud(directory / "untold", {**storm.SCRIPT, **ends.SCRIPT}, seed=storm.SEED, **settings) as on:
        many = await storm.figure(on)
        await ends.found(on, moments)
    async with town(directory / "here", "bench.hasty") as here:
        local = [await _requests(here, *story) for story in STORIES]
    return [calls, reckoned, _of_github(local, away), moments, many]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A build's share of what was asked, and of the events that were told."""

    operations: Counter[str]
    events: int
    builds: int

    def of(self, operation: str) -> float:
        return self.operations[operation] / self.builds

    @property
    def of_codebuild(self) -> float:
        return sum(self.of(each) for each in self.operations if each.startswith(("codebuild", "logs")))


async def _calls(on: Cloud) -> tuple[Figure, Figure]:
    asked = [await _alone(on, private=False), await _alone(on, private=True), await _at_once(on)]
    names = ["alone", "alone, private", f"each of {AT_ONCE}"]
    calls = Figure("Calls to AWS, a build", ["", *names])
    for operation in sorted({name for each in asked for name in each.operations}):
        calls.rows.append([operation, *(number(each.of(operation)) for each in asked)])
    naive = [2 + each.events / each.builds for each in asked]
    reckoned = Figure("CodeBuild and its logs, beside simpler clients", ["", *names])
    _compare(reckoned, "all calls", [each.of_codebuild for each in asked], "a look at every event", naive)
    polls = [BUILD / ends.DEFAULT_POLL / at_once for at_once in (1, 1, AT_ONCE)]
    ours = [each.of_codebuild + more for each, more in zip(asked, polls, strict=True)]
    looks = [2 + BUILD / NAIVE_POLL] * len(asked)
    _compare(reckoned, f"all calls of {BUILD / 60:.0f} min", ours, f"a look every {NAIVE_POLL:.0f} s", looks)
    return calls, reckoned


def _compare(figure: Figure, name: str, ours: Sequence[float], other: str, theirs: Sequence[float]) -> None:
    figure.rows.append([name, *map(number, ours)])
    figure.rows.append([other, *map(number, theirs)])
    figure.rows.append(["ratio", *(f"{number(one / two)} ×" for one, two in zip(ours, theirs, strict=True))])


async def _alone(on: Cloud, *, private: bool) -> Asked:
    repository = await on.on.repository("shop" if private else "web", private=private)
    before, events = Counter[str](), 0
    for each in range(ALONE + 1):
        sha = await push(on.on, repository, "slow", f"{each}")
        await on.on.check(repository, sha, "success")
        if not each:  # the first has clients and tokens to make
            before, events = await on.asked(), len(on.aws.events)
    return await _since(on, before, events, ALONE)


async def _at_once(on: Cloud) -> Asked:
    repositories = [await on.on.repository(f"many-{each}") for each in range(PLACES)]
    before, events = await on.asked(), len(on.aws.events)
    on.on.github.hold_webhooks()
    turns = [(each, turn) for turn in range(AT_ONCE // PLACES) for each in repositories]
    pushed = [(each, await push(on.on, each, "slow", f"{turn}")) for each, turn in turns]
    on.on.github.release_webhooks()
    await asyncio.gather(*(on.on.check(repository, sha, "success") for repository, sha in pushed))
    return await _since(on, before, events, AT_ONCE)


async def _since(on: Cloud, before: Counter[str], events: int, builds: int) -> Asked:
    return Asked(operations=await on.asked() - before, events=len(on.aws.events) - events, builds=builds)


async def _requests(on: Town, name: str, mark: str, private: bool) -> float:
    """To GitHub, for a push and its build, but for the first."""
    repository = await on.repository(name.replace(" ", "-"), private=private)
    before = 0
    for each in range(ALONE + 1):
        sha = await push(on, repository, mark, f"{each}", SLEEPS if mark == "slow" else "")
        await on.check(repository, sha, "success")
        if not each:
            before = await on.requests()
    return (await on.requests() - before) / ALONE


def _of_github(local: Sequence[float], away: Sequence[float]) -> Figure:
    figure = Figure("Requests to GitHub for a push and its build", ["", "on this machine", "on CodeBuild", "ratio"])
    for (name, _, _), here, there in zip(STORIES, local, away, strict=True):
        figure.rows.append([f"a build {name}", number(here), number(there), f"{number(there / here)} ×"])
    return figure
