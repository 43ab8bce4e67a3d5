"""How tests ended, as digests: each test once, failed if it ever did, and nothing of what was skipped."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.junit import Case, Ending
from checks.test_outcomes import MOST_TESTS, SIZE, Tally, TestOutcomes, digest, digests

CASES = st.lists(
    st.builds(
        Case, name=st.text("ab\ud800é", max_size=2), group=st.text("ab", max_size=1), ending=st.sampled_from(Ending),
        seconds=st.just(0.0),
    ),
    max_size=12,
)  # fmt: skip


def case(name: str, ending: Ending = Ending.PASSED, group: str = "cart") -> Case:
    return Case(name=name, group=group, ending=ending, seconds=0)


def tallied(*reports: Iterable[Case]) -> TestOutcomes | None:
    tally = Tally()
    for report in reports:
        tally.add(report)
    return tally.outcomes()


def kept(passed: str = "", failed: str = "") -> TestOutcomes:
    joined = [b"".join(sorted(digest(case(name)) for name in names)) for names in (passed, failed)]
    return TestOutcomes(passed=joined[0], failed=joined[1])


@pytest.mark.parametrize(
    ("cases", "outcomes"),
    [
        ([], None),
        ([case("a", Ending.SKIPPED)], None),
        ([case("a")], kept("a")),
        ([case("a", Ending.FAILED), case("b", Ending.ERRORED), case("c")], kept("c", "ab")),
        ([case("a"), case("a")], kept("a")),
        ([case("a"), case("a", Ending.FAILED)], kept(failed="a")),
        ([case("a", Ending.ERRORED), case("a")], kept(failed="a")),  # pytest tells of a failed teardown a second time
        ([case("a"), case("a", Ending.SKIPPED)], kept("a")),
        ([case(""), case("", Ending.FAILED), case("a")], kept("a")),
    ],
)
def test_a_test_passed_if_it_ran_and_never_failed(cases: list[Case], outcomes: TestOutcomes | None) -> None:
    assert (tallied(cases), tallied(*([each] for each in cases))) == (outcomes, outcomes)


def test_tests_of_one_name_in_two_suites_are_two() -> None:
    assert len({digest(case("a", group=group)) for group in ("cart", "till")}) == 2
    assert digest(case("b", group="a")) != digest(case("", group="ab"))


@pytest.mark.parametrize(("number", "are_kept"), [(MOST_TESTS, True), (MOST_TESTS + 1, False)])
def test_of_too_many_tests_none_is_kept(number: int, are_kept: bool) -> None:
    outcomes = tallied(case(f"t{number}") for number in range(number))
    assert outcomes is None or len(digests(outcomes.passed)) == number
    assert (outcomes is not None) is are_kept


@given(CASES)
def test_what_is_kept_is_every_test_once_in_order(cases: list[Case]) -> None:
    outcomes = tallied(cases) or TestOutcomes()
    failed = frozenset(digest(case) for case in cases if case.ending in (Ending.FAILED, Ending.ERRORED) and case.name)
    passed = frozenset(digest(case) for case in cases if case.ending is Ending.PASSED and case.name) - failed
    assert (digests(outcomes.passed), digests(outcomes.failed)) == (passed, failed)
    for joined in (outcomes.passed, outcomes.failed):
        names = [joined[at : at + SIZE] for at in range(0, len(joined), SIZE)]
        assert names == sorted(set(names))
