"""Whatever happens to versions on their way: nothing goes backwards, nothing is lost, and nothing happens twice.

A failing history prints its seed: `DELIVERY_SEED=n` runs that one alone, `DELIVERY_HISTORIES=n` runs more of them.
"""

import os
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from deploy.command import Command, Verb
from deploy.events import CommandGiven
from deploy.hold import Kind
from deploy.pipeline import Configuration, Rule
from tests.deploy.stories import MANUAL, PRODUCTION, SMOKE, STAGING, configured, registered, version
from tests.simulation.environments import Chances, Environments
from tests.simulation.invariants import AT_COMMIT, AT_LANDING, AT_WRITE, wrong_at_rest

HISTORIES = int(os.environ.get("DELIVERY_HISTORIES", "300"))
FIRST_SEED = int(os.environ.get("DELIVERY_FIRST_SEED", "1"))
SEEDS = (
    [int(os.environ["DELIVERY_SEED"])] if "DELIVERY_SEED" in os.environ else range(FIRST_SEED, FIRST_SEED + HISTORIES)
)
GROUPS = 6

SHAS = [letter * 40 for letter in "abcdef"]
BESIDE = "9" * 40
PEOPLE = {"ana": "admin", "bo": "write", "cy": "maintain", "eve": "read"}
SOAK = Rule(name="soak", spec={"type": "soak", "for": "5m"})
VERBS = [
    *[Verb.APPROVE] * 4,
    *[Verb.PROMOTE, Verb.ROLLBACK, Verb.REDEPLOY, Verb.DEPLOY, Verb.EMERGENCY, Verb.HOLD] * 2,
    *[Verb.LIFT] * 3,
    *[Verb.CANCEL, Verb.REJECT, Verb.OVERRIDE],
]


class History:
    """Everything that follows from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        shas = [*SHAS[: random.randint(3, 6)]]
        reverts = {sha: f"Revert\n\nThis reverts commit {shas[place - 1]}." for place, sha in enumerate(shas) if place}
        self.deeds: list[str] = []
        self.world = Environments(
            random=random,
            configuration=_configuration(random),
            history=shas,
            versions={version(sha).id: version(sha) for sha in [*shas, BESIDE]},
            messages={sha: text for sha, text in reverts.items() if random.random() < 0.25},
            rights=PEOPLE,
            workers=random.choice([1, 2, 5]),
            skewed=random.random() < 0.3,
            chances=_chances(random),
            on_write=AT_WRITE,
            on_landing=AT_LANDING,
            on_commit=AT_COMMIT,
        )
        self.coming = list(shas) if random.random() < 0.6 else random.sample(shas, len(shas))
        if random.random() < 0.2:
            self.coming = [*self.coming, BESIDE]

    def run(self) -> list[str]:
        left = list(self.coming)
        while left or self.random.random() < 0.85:
            if left and self.random.random() < 0.4:
                self.register(left.pop(0))
            else:
                given = self.command()
                self.world.tell(CommandGiven(command=given.id, given=given, by=given.by))
            for _ in range(self.random.choice([0, 3, 30, 200])):
                self.world.one_step()
            if self.random.random() < 0.2:
                self.world.pass_time(timedelta(seconds=self.random.choice([1, 60, 400, 3600])))
        self.world.chances = Chances()
        for sha in [*SHAS, BESIDE]:
            self.world.answers[sha] = {"smoke": self.random.choice(["success", "success", "failure"])}
        self.world.settle()
        return [*self.world.wrongs, *wrong_at_rest(self.world)]

    def register(self, sha: str) -> None:
        smoke = self.random.choice(["success", "success", "failure", "in_progress"])
        self.world.answers.setdefault(sha, {"smoke": smoke})
        self.deeds.append(f"{self.world.steps}: {sha[0]} is registered, smoke {smoke}")
        self.world.tell(registered(sha))

    def command(self) -> Command:
        """What somebody wants next."""
        random, number = self.random, len(self.deeds)
        verb, by = random.choice(VERBS), random.choice(list(PEOPLE))
        names = verb in (Verb.DEPLOY, Verb.EMERGENCY) or random.random() < 0.1
        environment = random.choice(["staging", "production"])
        given = Command(
            id=f"c{number}",
            verb=verb,
            repository=42,
            environment="" if verb is Verb.HOLD and random.random() < 0.2 else environment,
            version=random.choice([*SHAS, BESIDE]) if names else "",
            reason="because",
            hold=random.choice(list(Kind)),
            until=self.world.now + timedelta(minutes=random.choice([1, 10])) if random.random() < 0.5 else None,
            by=by,
            by_id=list(PEOPLE).index(by),
            at=self.world.now,
        )
        self.deeds.append(f"{self.world.steps}: @{by} {verb} {given.environment} {given.version[:1]}")
        return given


def _configuration(random: Random) -> Configuration:
    verified = replace(STAGING, after=(SMOKE,), rolls_back=random.random() < 0.7)
    staging = random.choice([STAGING, verified, verified])
    before = random.choice([(), (MANUAL,), (MANUAL,), (SMOKE,), (SOAK,), (MANUAL, SOAK)])
    after = random.choice([(), (SMOKE,)])
    return configured(staging, replace(PRODUCTION, before=before, after=after, rolls_back=random.random() < 0.5))


def _chances(random: Random) -> Chances:
    return Chances(
        kill=random.choice([0, 0.002, 0.02]),
        fail=random.choice([0, 0.02, 0.1]),
        double=random.choice([0, 0.2]),
        steal=random.choice([0, 0, 0.01]),
        jump=random.choice([0, 0.01]),
        refuse=random.choice([0, 0.2]),
        linger=random.choice([0, 0.3]),
    )


@pytest.mark.timeout(0 if HISTORIES > 300 else 120)
@pytest.mark.parametrize("group", range(min(GROUPS, len(SEEDS))))
def test_every_history_ends_right(group: int) -> None:
    for seed in list(SEEDS)[group::GROUPS]:
        history = History(seed)
        try:
            wrongs = history.run()
        except AssertionError as wrong:
            wrongs = [*history.world.wrongs, str(wrong)]
        assert wrongs == [], f"DELIVERY_SEED={seed} after {history.deeds}"


# --- one story, killed at each of its steps ------------------------------------------------------


def _told(kill_at: int) -> Environments:
    """Two versions, the second rolled back from production; whoever works at this step is killed."""
    verified = replace(STAGING, after=(SMOKE,))
    world = Environments(
        random=Random(0),
        configuration=configured(verified, PRODUCTION),
        history=SHAS[:2],
        versions={version(sha).id: version(sha) for sha in SHAS[:2]},
        rights=PEOPLE,
        workers=1,
        kill_at=kill_at,
        on_write=AT_WRITE,
        on_landing=AT_LANDING,
        on_commit=AT_COMMIT,
    )
    for sha in SHAS[:2]:
        world.answers[sha] = {"smoke": "success"}
        world.tell(registered(sha))
        world.settle()
        _say(world, Verb.APPROVE)
    _say(world, Verb.ROLLBACK)
    return world


def _say(world: Environments, verb: Verb) -> None:
    given = Command(
        id="c", verb=verb, repository=42, environment="production", reason="because", by="bo", by_id=1, at=world.now
    )
    world.tell(CommandGiven(command="c", given=given, by="bo"))
    world.settle()


def _ends(world: Environments) -> list[tuple[str, str, str, str]]:
    return sorted((each.version.sha[0], each.environment.name, each.kind, each.state) for each in world.all())


def test_a_story_ends_in_the_same_way_wherever_it_is_killed() -> None:
    right = _told(0)
    writes = [(name, landed.has[0]) for name, spot in right.spots.items() for landed in spot.landed]
    assert writes == [("staging", "a"), ("staging", "b"), ("production", "a"), ("production", "b"), ("production", "a")]

    for step in range(1, right.steps + 1):
        world = _told(step)
        assert [*world.wrongs, *wrong_at_rest(world)] == [], f"killed at step {step}"
        assert _ends(world) == _ends(right), f"killed at step {step}"
        assert sum(len(spot.landed) for spot in world.spots.values()) <= len(writes) + 1, f"killed at step {step}"
