"""A week in a channel: who wants quiet hears nothing of a green one, and of each incident its opening and its end."""

import random
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from checks.build import Build, State
from checks.build_news import build_news
from checks.change import Change, Purpose
from checks.events import NewsTold
from checks.repository import Repository
from deploy.pipeline import Level, Notify
from deploy.target import Progress, failed
from tests.deploy.stories import PRODUCTION, configured, registered, version
from tests.deploy.world import Spot, World

PUSHES = 70
"""Ten a day."""
BETWEEN = timedelta(days=7) / PUSHES
COMMITS = [f"{number:07x}".ljust(40, "0") for number in range(1, PUSHES + 1)]
SHOP = Repository(id=42, full_name="PRX/My-App", installation=7, html_url="https://github.test/PRX/My-App")


class Week:
    """One service whose versions go to staging and to production by themselves, pushed to again and again."""

    def __init__(self, level: Level) -> None:
        configuration = configured(production=replace(PRODUCTION, before=()))
        self.world = World(
            configuration=replace(configuration, notify=Notify(level=level)),
            spots={"staging": Spot(), "production": Spot()},
            history=COMMITS,
            registered={each.id: each for each in map(version, COMMITS)},
            channel="#ops",
        )
        self.commits = iter(COMMITS)

    async def push(self, *, builds: bool = True, broken: str = "") -> None:
        """A push whose build succeeds or fails; `broken` is an environment that does not take the version."""
        sha = next(self.commits)
        self.world.now += BETWEEN
        await self.build(sha, State.RUNNING)
        await self.build(sha, State.SUCCEEDED if builds else State.FAILED)
        for name, spot in self.world.spots.items():
            assert spot
            spot.ends = _refused if name == broken else None
        if builds:
            await self.world.play(registered(sha))

    async def build(self, sha: str, state: State) -> None:
        now = self.world.now
        change = Change(
            repository=SHOP,
            purpose=Purpose.PUSH,
            sha=sha,
            branch="main",
            sender="ana",
            received_at=now,
            message="Totals",
        )
        finished = now + timedelta(minutes=1) if state.is_final else None
        build = Build(
            id=f"b{sha[:8]}", change=change, created_at=now, state=state, started_at=now, finished_at=finished
        )
        news = build_news(build, SHOP, "https://interlock.test/log", now)
        assert news
        await self.world.play(NewsTold(news=news))

    def messages(self) -> list[str]:
        """Those that somebody is notified of: no updates, and nothing in threads."""
        return [each.removeprefix("#ops ") for each in self.world.said if not each.startswith(("#ops =", "#ops >"))]


def _refused() -> Progress:
    return failed("AccessDenied")


async def test_a_green_week_is_silent_where_people_want_quiet() -> None:
    week = Week(Level.QUIET)
    for _ in range(PUSHES):
        await week.push()
    assert week.world.said == []


async def test_of_a_green_week_people_hear_only_what_came_to_production() -> None:
    week = Week(Level.NORMAL)
    for _ in range(PUSHES):
        await week.push()
    assert week.messages() == [f"✓ web {sha[:7]} is live in production" for sha in COMMITS]


INCIDENTS: dict[str, dict[str, Any]] = {
    "main": {"builds": False},
    "staging": {"broken": "staging"},
    "production": {"broken": "production"},
}


@pytest.mark.parametrize("level", [Level.QUIET, Level.NORMAL])
@pytest.mark.parametrize("seed", range(5))
async def test_each_incident_is_opened_once_and_ends_once(level: Level, seed: int) -> None:
    chance, week = random.Random(f"week {seed}"), Week(level)
    incidents: list[str] = []
    left = PUSHES - 1
    await week.push()
    while left > 6:
        where = chance.choice([*INCIDENTS, *[""] * 6])
        times = chance.randint(1, 5) if where else 0
        for _ in range(times):
            await week.push(**INCIDENTS[where])
        await week.push()
        left -= times + 1
        incidents += [where] if where else []
    assert [_incident(each) for each in week.messages() if _incident(each)] == [
        said for where in incidents for said in (f"{where} broke", f"{where} is well")
    ]
    others = [each for each in week.messages() if not _incident(each)]
    assert [each for each in others if not each.endswith("is live in production")] == []
    assert level is Level.NORMAL or others == []


def _incident(message: str) -> str:
    """What a message says of a matter, if it does."""
    for where, broke, well in (
        ("main", "✕ My-App: failed on main", "✓ My-App is fixed on main"),
        ("staging", "failed in staging", "web staging is well again"),
        ("production", "failed in production", "web production is well again"),
    ):
        if broke in message or well in message:
            return f"{where} {'broke' if broke in message else 'is well'}"
    return ""
