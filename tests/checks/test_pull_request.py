"""Which of two tellings of a pull request is the newer one."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from checks.pull_request import PullRequest

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST = PullRequest(
    number=7,
    title="Round totals",
    author="ana",
    head_sha="a" * 40,
    head_branch="totals",
    head_repository=42,
    base_branch="main",
    base_repository=42,
    updated_at=NOON,
)
SECOND = replace(FIRST, head_sha="b" * 40, previous_head_sha="a" * 40)
LATER = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("told", "known", "older"),
    [
        (FIRST, replace(SECOND, updated_at=NOON + LATER), True),
        (replace(SECOND, updated_at=NOON + LATER), FIRST, False),
        (FIRST, FIRST, False),
        (FIRST, SECOND, True),
        (SECOND, FIRST, False),
        (replace(FIRST, title="Round"), FIRST, False),
        (replace(FIRST, updated_at=NOON + LATER), SECOND, False),
    ],
    ids=[
        "an earlier second",
        "a later second",
        "the same telling",
        "a head that was replaced within the second",
        "the head that replaced it",
        "another change within the second",
        "a return to an earlier head",
    ],
)
def test_the_clock_of_github_decides_then_the_chain_of_heads(
    told: PullRequest, known: PullRequest, older: bool
) -> None:
    assert told.is_older_than(known) is older


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_whatever_order_they_arrive_the_newest_stays(order: tuple[int, ...]) -> None:
    tellings = [FIRST, SECOND, replace(SECOND, title="Round all totals", updated_at=NOON + LATER)]
    known = tellings[order[0]]
    for each in order[1:]:
        known = known if tellings[each].is_older_than(known) else tellings[each]
    assert known == tellings[2]


@pytest.mark.parametrize(("head", "fork"), [(42, False), (99, True), (None, True)])
def test_a_deleted_fork_is_still_a_fork(head: int | None, fork: bool) -> None:
    assert replace(FIRST, head_repository=head).is_from_fork is fork
