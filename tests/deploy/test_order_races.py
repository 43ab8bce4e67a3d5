"""Builds of one branch that end in any order never put an older commit over a newer one."""

import os
from datetime import datetime
from random import Random

import pytest
from msgspec.structs import replace

from deploy.pointer import Pointer
from tests.deploy.model import Protocol, Story, Target, World, finish_order, interlock, pointer_first

HISTORIES = int(os.environ.get("ORDER_HISTORIES", "100000"))
SEED = int(os.environ.get("ORDER_SEED", "20261121"))
MORE_FAULTS = int(os.environ.get("ORDER_FAULTS", "0"))
TROUBLE = 0.08
"""How likely each step of a random history is trouble, and after how many steps there is none any more."""
CALM_AFTER = 60

SAFE = [Target.COMPARES, Target.BOUNDED]
NAIVE = [finish_order, pointer_first]


def chain(changes: int, *again: int) -> Story:
    """Each on the one before; the changes `again` have a second worker, as when a webhook comes twice."""
    return Story(tuple(range(changes)), (*range(1, changes + 1), *again))


def forced(before: int, after: int, base: int = 0) -> Story:
    """`before` changes, then the branch is moved by force to others that were made on an early one."""
    first = before + 1
    return Story((*range(before), base, *range(first, first + after - 1)), tuple(range(1, first + after)), first)


# --- at random ---------------------------------------------------------------------------------


def random_story(random: Random) -> Story:
    changes = random.randint(2, 5)
    if changes > 2 and random.random() < 0.2:
        before = random.randint(1, changes - 1)
        return forced(before, changes - before, random.randint(0, before - 1))
    return chain(changes, *(random.randint(1, changes) for _ in range(random.random() < 0.3)))


STORIES = [random_story(Random(number)) for number in range(64)]


def play(world: World, random: Random) -> World:
    """One history to its end."""
    steps = 0
    while moves := world.moves():
        steps += 1
        if steps < CALM_AFTER and random.random() < TROUBLE:
            moves = world.faults() or moves
        world.happen(random.choice(moves))
    return world


def count(protocol: Protocol, target: Target, histories: int) -> tuple[int, int]:
    """(histories in which the environment went backwards, histories that ended with the wrong commit)"""
    random, backwards, wrong = Random(SEED), 0, 0
    for number in range(histories):
        world = play(World(STORIES[number % len(STORIES)], target, protocol), random)
        backwards += world.backwards > 0
        wrong += not world.is_right
    print(f"seed {SEED}, {histories} histories of {protocol.__name__}: {backwards} backwards, {wrong} wrong at the end")  # noqa: T201  what a failure is replayed with
    return backwards, wrong


@pytest.mark.parametrize("target", SAFE)
def test_no_random_history_goes_backwards_or_ends_wrong(target: Target) -> None:
    assert count(interlock, target, HISTORIES // 2) == (0, 0)


@pytest.mark.parametrize("protocol", NAIVE)
def test_the_same_histories_show_what_is_wrong_with_naive_ways(protocol: Protocol) -> None:
    backwards, wrong = count(protocol, Target.BOUNDED, 2000)

    assert (backwards > 100, wrong > 100) == (True, True)


# --- all of them -------------------------------------------------------------------------------


def explore(begin: World, faults: int) -> tuple[int, int]:
    """Every interleaving with up to so many faults: (worlds that went backwards, worlds that ended wrong).

    Worlds that are equal are gone through once, which leaves out no interleaving.
    """
    seen, todo = {(begin.key, faults)}, [(begin, faults)]
    backwards = wrong = 0
    while todo:
        world, left = todo.pop()
        moves = [(move, left) for move in world.moves()]
        backwards += world.backwards
        wrong += not moves and not world.is_right
        moves += [(move, left - 1) for move in world.faults()] if left else []
        for move, after in moves:
            following = world.copy()
            following.happen(move)
            if (state := (following.key, after)) not in seen:
                seen.add(state)
                todo.append((following, after))
    return backwards, wrong


EVERY = [
    (chain(2), 3),
    (chain(3), 2),
    (chain(3, 2), 1),
    (chain(4), 1),
    (chain(5), 1),
    (forced(1, 1), 3),
    (forced(2, 1), 2),
    (forced(2, 2, base=1), 1),
    (forced(3, 2), 1),
]


@pytest.mark.parametrize("target", SAFE)
@pytest.mark.parametrize(("story", "faults"), EVERY)
def test_no_interleaving_goes_backwards_or_ends_wrong(story: Story, faults: int, target: Target) -> None:
    assert explore(World(story, target, interlock), faults + MORE_FAULTS) == (0, 0)


@pytest.mark.parametrize("protocol", NAIVE)
def test_naive_ways_go_wrong_without_any_fault(protocol: Protocol) -> None:
    backwards, wrong = explore(World(chain(2), Target.BOUNDED, protocol), faults=0)

    assert (backwards > 0, wrong > 0) == (True, True)


def test_a_target_that_does_not_compare_needs_writes_that_are_shorter_than_the_lease() -> None:
    backwards, wrong = explore(World(chain(2), Target.CARELESS, interlock), faults=1)

    assert (backwards > 0, wrong > 0) == (True, True)


# --- and no guard is for nothing ---------------------------------------------------------------


class AimsWithoutLease(Pointer, frozen=True, kw_only=True):
    def aimed(self, _lease: int, commit: str) -> Pointer | None:
        return replace(self, aim=commit)


class ArrivesWithoutLease(Pointer, frozen=True, kw_only=True):
    def arrived(self, _lease: int) -> Pointer | None:
        return replace(self, live=self.aim, until=None)


class ReleasesWithoutLease(Pointer, frozen=True, kw_only=True):
    def released(self, _lease: int) -> Pointer | None:
        return replace(self, until=None)


class DoesNotCountLeases(Pointer, frozen=True, kw_only=True):
    def leased(self, now: datetime, until: datetime) -> Pointer | None:
        return replace(self, until=until) if self.until is None or now >= self.until else None


class IsNeverShortOfTime(Pointer, frozen=True, kw_only=True):
    def outlasts(self, *_: object) -> bool:
        return True


class ForgetsCutOffWrites(Pointer, frozen=True, kw_only=True):
    @property
    def is_cut_off(self) -> bool:
        return False


@pytest.mark.parametrize(
    "broken",
    [
        AimsWithoutLease,
        ArrivesWithoutLease,
        ReleasesWithoutLease,
        DoesNotCountLeases,
        IsNeverShortOfTime,
        ForgetsCutOffWrites,
    ],
)
def test_a_pointer_without_one_of_its_guards_ends_wrong(broken: type[Pointer]) -> None:
    _, wrong = explore(World(chain(2), Target.BOUNDED, interlock, broken), faults=3)

    assert wrong > 0
