"""Time passes while the version is live without a break."""

from datetime import timedelta

from deploy.promotion import State, Verdict, When
from deploy.promotions.soak import Soak
from tests.deploy.promotions.world import CASE, NOON, after

SOAK = Soak.model_validate({"type": "soak", "for": "15m"})
MINUTE = timedelta(minutes=1)


def test_a_version_soaks_in_the_environment_before() -> None:
    assert SOAK.decide(after(6, live_since=NOON)) == Verdict(
        state=State.RUNNING, why="soaks in staging until 12:15 UTC: 6 min of 15 min", again=9 * MINUTE
    )


def test_a_version_has_soaked_since_it_went_live_however_long_before_it_was_asked() -> None:
    assert SOAK.decide(after(0, live_since=NOON - 15 * MINUTE)) == Verdict(
        state=State.PASSED, why="was live in staging for 15 min"
    )


def test_a_version_that_soaked_and_was_replaced_has_soaked() -> None:
    assert SOAK.decide(after(0, lived=20 * MINUTE)) == Verdict(state=State.PASSED, why="was live in staging for 20 min")


def test_two_short_stays_are_no_long_one() -> None:
    assert SOAK.decide(after(6, live_since=NOON, lived=14 * MINUTE)) == Verdict(
        state=State.RUNNING, why="soaks in staging until 12:15 UTC: 6 min of 15 min", again=9 * MINUTE
    )


def test_a_version_that_is_not_there_waits() -> None:
    assert SOAK.decide(after(0, lived=MINUTE)) == Verdict(
        state=State.PENDING, why="4f2a91c is not live in staging, and has to be for 15 min"
    )


def test_after_a_deployment_it_soaks_here_and_fails_when_it_is_replaced() -> None:
    here = after(5, when=When.AFTER, live_since=NOON)
    assert SOAK.decide(here) == Verdict(
        state=State.RUNNING, why="soaks in production until 12:15 UTC: 5 min of 15 min", again=10 * MINUTE
    )
    gone = after(5, when=When.AFTER, lived=4 * MINUTE)
    assert SOAK.decide(gone) == Verdict(
        state=State.FAILED, why="4f2a91c is not live in production any more, and was for 4 min only"
    )


def test_there_is_no_environment_before_the_first() -> None:
    assert SOAK.decide(after(0, CASE, earlier="")) == Verdict(
        state=State.FAILED,
        why="there is no environment before production to soak in: remove this promotion or put it after",
    )


def test_it_is_written_as_for() -> None:
    assert SOAK.model_dump(exclude_defaults=True) == {"type": "soak", "for": "15m"}
