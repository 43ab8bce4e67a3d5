"""What a deployment keeps of a promotion: attempts, deadlines, and moves that are refused."""

from datetime import timedelta
from itertools import product
from typing import Literal

import pytest
from msgspec.structs import replace

from checks.errors import Permanent, Transient
from deploy.promotion import (
    MOVES,
    Case,
    IllegalMove,
    Jenkins,
    Promotion,
    Result,
    State,
    Surroundings,
    Verdict,
    When,
)
from deploy.promotions import KINDS
from tests.deploy.promotions.world import CASE, NOON, World

MINUTE = timedelta(minutes=1)


class Coin(Promotion):
    """A kind that says what a test wants."""

    type: Literal["coin"] = "coin"
    trouble: str = ""

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        match self.trouble:
            case "transient":
                raise Transient("the coin rolls still")
            case "permanent":
                raise Permanent("there is no coin")
        return Verdict(state=State.PASSED, why="heads")


def begun() -> Result:
    return Result(name="gate", when=When.BEFORE, type="coin").begun(NOON)


WAITS = Verdict(state=State.PENDING, why="needs somebody", memory={"seen": "1"})
FAILED = Verdict(state=State.FAILED, why="tails", evidence="https://coin.test/1")


async def test_what_cannot_be_asked_now_is_an_error_that_keeps_its_memory_and_is_asked_again() -> None:
    case = replace(CASE, memory={"seen": "1"})
    verdict = await Coin(trouble="transient").judge(case, World())
    assert verdict == Verdict(
        state=State.ERROR, why="the coin rolls still", again=timedelta(seconds=15), memory={"seen": "1"}
    )


async def test_what_can_never_be_asked_has_failed() -> None:
    verdict = await Coin(trouble="permanent").judge(CASE, World())
    assert verdict == Verdict(state=State.FAILED, why="there is no coin")


def test_a_promotion_begins_pending_and_is_looked_at_at_once() -> None:
    assert begun() == Result(
        name="gate", when=When.BEFORE, type="coin", began_at=NOON, look_at=NOON, attempts=1, state=State.PENDING
    )


def test_a_promotion_begins_once() -> None:
    again = begun().judged(WAITS, Coin(), NOON)
    assert again.begun(NOON + MINUTE) is again


def test_what_passed_for_its_moment_may_be_closed_at_the_next() -> None:
    passed = begun().judged(Verdict(state=State.PASSED, why="open until 17:00 UTC"), Coin(), NOON)
    closed = passed.judged(Verdict(state=State.PENDING, why="closed until Tue 08:00 UTC", again=MINUTE), Coin(), NOON)
    assert (closed.state, closed.why) == (State.PENDING, "closed until Tue 08:00 UTC")
    assert [name for name, kind in KINDS.items() if kind.momentary] == ["alarm", "window"]


def test_a_verdict_is_kept_with_its_evidence_its_memory_and_when_to_look_again() -> None:
    verdict = replace(WAITS, again=MINUTE, evidence="https://coin.test/1")
    judged = begun().judged(verdict, Coin(), NOON)
    assert judged == replace(
        begun(), why="needs somebody", evidence="https://coin.test/1", look_at=NOON + MINUTE, memory={"seen": "1"}
    )


def test_what_waits_for_something_to_happen_is_not_looked_at_by_itself() -> None:
    assert begun().judged(WAITS, Coin(), NOON).look_at is None


def test_before_its_deadline_it_is_looked_at_no_later_than_then() -> None:
    coin = Coin(deadline=timedelta(minutes=10))
    assert begun().judged(WAITS, coin, NOON + MINUTE).look_at == NOON + 10 * MINUTE
    assert begun().judged(replace(WAITS, again=MINUTE), coin, NOON + MINUTE).look_at == NOON + 2 * MINUTE


def test_what_is_open_at_its_deadline_has_expired_and_says_what_was_missing() -> None:
    judged = begun().judged(replace(WAITS, again=MINUTE), Coin(deadline=timedelta(minutes=10)), NOON + 10 * MINUTE)
    assert (judged.state, judged.why, judged.look_at) == (State.EXPIRED, "not within 10 min: needs somebody", None)


def test_what_passes_at_its_deadline_has_passed() -> None:
    passed = Verdict(state=State.PASSED, why="heads")
    assert begun().judged(passed, Coin(deadline=MINUTE), NOON + MINUTE).state == State.PASSED


def test_a_failed_attempt_is_followed_by_a_new_one_that_remembers_nothing() -> None:
    coin, at = Coin(attempts=2, deadline=timedelta(minutes=10)), NOON + 9 * MINUTE
    again = begun().judged(replace(FAILED, memory={"run": "1"}), coin, at)
    assert again == Result(
        name="gate",
        when=When.BEFORE,
        type="coin",
        state=State.PENDING,
        why="attempt 1 of 2: tails",
        evidence="https://coin.test/1",
        began_at=at,
        look_at=at + timedelta(seconds=15),
        attempts=2,
    )
    last = again.judged(FAILED, coin, at + MINUTE)
    assert (last.state, last.why, last.attempts, last.look_at) == (State.FAILED, "tails", 2, None)


def test_an_override_says_who_and_why() -> None:
    failed = begun().judged(FAILED, Coin(), NOON)
    overridden = failed.overridden("bo", "the coin is bent")
    assert (overridden.state, overridden.why) == (State.OVERRIDDEN, "overridden by @bo: the coin is bent")
    assert (overridden.by, overridden.reason, overridden.state.lets_pass) == ("bo", "the coin is bent", True)


@pytest.mark.parametrize(("state", "to"), list(product(State, State)))
def test_only_legal_moves_are_made(state: State, to: State) -> None:
    result, verdict = replace(begun(), state=state), Verdict(state=to, why="so")
    if to in MOVES[state]:
        assert result.judged(verdict, Coin(), NOON).state == to
        return
    with pytest.raises(IllegalMove, match=f"^gate is {state}, and cannot be {to} any more$"):
        result.judged(verdict, Coin(), NOON)


def test_what_ended_otherwise_than_well_can_only_be_overridden() -> None:
    assert {state: MOVES[state] for state in State if len(MOVES[state]) < 2} == {
        State.FAILED: frozenset({State.OVERRIDDEN}),
        State.EXPIRED: frozenset({State.OVERRIDDEN}),
        State.OVERRIDDEN: frozenset(),
    }


def test_names_are_filled_in_and_other_braces_stay() -> None:
    text = CASE.filled("{service}.{environment}/{sha}?{other}={{}}&{url}", written=str.upper)
    assert text == f"WEB.PRODUCTION/{CASE.version.sha.upper()}?{{other}}={{{{}}}}&"


def test_a_jenkins_does_not_show_its_token() -> None:
    assert repr(Jenkins(url="https://ci.test", user="us", token="secret")) == "Jenkins('https://ci.test', 'us')"
