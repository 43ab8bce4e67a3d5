"""The order rule: what may move by itself, what may not, and what people read of it."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from deploy.order import Decision, Facts, Relation, Verdict, decide
from deploy.pointer import Pointer

NEW, OLD = "4f2a91c" + "0" * 33, "9be01d2" + "0" * 33
FACTS = Facts(environment="staging", candidate=NEW, live=OLD, lease=3, fence=3)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("relation", "verdict", "why"),
    [
        (Relation.AHEAD, Verdict.ADVANCE, "4f2a91c contains 9be01d2, which staging has"),
        (Relation.BEHIND, Verdict.SUPERSEDED, "staging has 9be01d2, which contains 4f2a91c"),
        (Relation.IDENTICAL, Verdict.SAME, "staging has 9be01d2 already"),
    ],
)
def test_ancestry_decides(relation: Relation, verdict: Verdict, why: str) -> None:
    assert decide(replace(FACTS, relation=relation)) == Decision(verdict=verdict, why=why)


@pytest.mark.parametrize("relation", [Relation.DIVERGED, Relation.UNKNOWN])
def test_a_branch_that_was_moved_by_force_takes_its_environment_along(relation: Relation) -> None:
    facts = replace(FACTS, relation=relation, candidate_on_branch=True)

    why = "the default branch was moved by force: it has 4f2a91c, and 9be01d2 is not on it any more"
    assert decide(facts) == Decision(verdict=Verdict.ADVANCE, why=why)


@pytest.mark.parametrize(
    ("relation", "live", "candidate", "why"),
    [
        (
            Relation.DIVERGED,
            True,
            False,
            "4f2a91c is not on the default branch any more, and staging has 9be01d2: a person has to decide",
        ),
        (
            Relation.DIVERGED,
            False,
            False,
            "4f2a91c is not on the default branch any more, and staging has 9be01d2: a person has to decide",
        ),
        (
            Relation.UNKNOWN,
            False,
            False,
            "GitHub cannot compare 4f2a91c with 9be01d2, which staging has: a person has to decide",
        ),
        (
            Relation.DIVERGED,
            True,
            True,
            "4f2a91c and 9be01d2, which staging has, do not contain each other: a person has to decide",
        ),
    ],
)
def test_what_nothing_explains_waits_for_a_person(relation: Relation, live: bool, candidate: bool, why: str) -> None:
    facts = replace(FACTS, relation=relation, live_on_branch=live, candidate_on_branch=candidate)

    assert decide(facts) == Decision(verdict=Verdict.WAITS, why=why)


@pytest.mark.parametrize("relation", list(Relation))
def test_a_person_may_move_it_wherever_they_want(relation: Relation) -> None:
    assert decide(replace(FACTS, relation=relation, by="ana")) == Decision(
        verdict=Verdict.ADVANCE, why="@ana asked for it"
    )


def test_an_empty_environment_takes_what_comes() -> None:
    assert decide(replace(FACTS, live="")) == Decision(verdict=Verdict.ADVANCE, why="staging has nothing yet")


def test_a_write_that_was_cut_off_is_made_again() -> None:
    facts = replace(FACTS, relation=Relation.IDENTICAL, cut_off=True)

    assert decide(facts) == Decision(verdict=Verdict.ADVANCE, why="the write of 9be01d2 into staging was cut off")


@pytest.mark.parametrize("by", ["", "ana"])
def test_nobody_writes_under_a_lease_that_was_taken_over(by: str) -> None:
    assert decide(replace(FACTS, relation=Relation.AHEAD, by=by, fence=4)) == Decision(
        verdict=Verdict.TOO_LATE, why="somebody else moves staging since"
    )


# --- who may write -----------------------------------------------------------------------------


def test_one_at_a_time_has_the_lease() -> None:
    first = Pointer(environment="staging", live=OLD, aim=OLD).leased(NOW, NOW + MINUTE)

    assert first is not None
    assert first.leased(NOW, NOW + MINUTE) is None
    assert first.leased(NOW + MINUTE, NOW + 2 * MINUTE) == replace(first, fence=2, until=NOW + 2 * MINUTE)


def test_a_write_is_aimed_arrives_and_ends_the_lease() -> None:
    leased = Pointer(environment="staging", live=OLD, aim=OLD, fence=2, until=NOW + MINUTE)
    aimed = leased.aimed(2, NEW)

    assert aimed is not None
    assert (aimed.live, aimed.aim, aimed.is_cut_off) == (OLD, NEW, True)
    assert aimed.arrived(2) == Pointer(environment="staging", live=NEW, aim=NEW, fence=2)


def test_whoever_lost_the_lease_changes_nothing() -> None:
    pointer = Pointer(environment="staging", live=OLD, aim=OLD, fence=3, until=NOW + MINUTE)

    assert (pointer.aimed(2, NEW), pointer.arrived(2), pointer.released(2)) == (None, None, None)


@pytest.mark.parametrize(("lease", "longest", "outlasts"), [(3, 60, True), (3, 61, False), (2, 1, False)])
def test_a_write_begins_only_if_the_lease_outlasts_it(lease: int, longest: int, outlasts: bool) -> None:
    pointer = Pointer(environment="staging", fence=3, until=NOW + MINUTE)

    assert pointer.outlasts(lease, NOW, timedelta(seconds=longest)) is outlasts
