"""What is broken is told once, stays broken until all of it is well, and hears nothing that is older than it knows."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from checks.message import Message, Tone
from checks.news import News, Weight
from deploy.matter import Matter, Turn

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MAIN = "branch:42:main"


def news(order: str, *, wrong: bool | None, part: str = "x86_64", at: datetime = NOON) -> News:
    message = Message(tone=Tone.TOLD, head=("web",))
    weight = Weight.TROUBLE if wrong else Weight.ROUTINE
    return News(
        subject=f"build:{order}", repository=42, weight=weight, message=message, matter=MAIN, part=part, order=order,
        wrong=wrong, at=at,
    )  # fmt: skip


def turns(*told: News) -> list[Turn]:
    matter, found = Matter(name=MAIN), []
    for each in told:
        matter, turn = matter.hear(each)
        found.append(turn)
    return found


def test_what_breaks_is_told_once_and_what_mends_it_once() -> None:
    told = turns(
        news("1", wrong=False), news("2", wrong=True), news("3", wrong=True), news("4", wrong=False),
        news("5", wrong=False),
    )  # fmt: skip
    assert told == [Turn.PLAIN, Turn.BROKEN, Turn.STILL_BROKEN, Turn.MENDED, Turn.PLAIN]


def test_it_is_broken_as_long_as_one_of_its_parts_is() -> None:
    told = turns(
        news("1", wrong=True), news("1", wrong=True, part="aarch64"), news("2", wrong=False),
        news("2", wrong=False, part="aarch64"),
    )  # fmt: skip
    assert told == [Turn.BROKEN, Turn.STILL_BROKEN, Turn.PLAIN, Turn.MENDED]


def test_what_began_before_what_was_heard_says_nothing_of_now() -> None:
    assert turns(news("2", wrong=False), news("1", wrong=True)) == [Turn.PLAIN, Turn.LATE]
    assert turns(news("2", wrong=True), news("1", wrong=False)) == [Turn.BROKEN, Turn.LATE]


def test_what_says_nothing_of_it_leaves_it_as_it_is() -> None:
    assert turns(news("1", wrong=True), news("2", wrong=None), news("3", wrong=False)) == [
        Turn.BROKEN,
        Turn.PLAIN,
        Turn.MENDED,
    ]


def test_it_knows_who_said_so_first_and_for_how_long_it_has_been_so() -> None:
    broken, _ = Matter(name=MAIN).hear(news("1", wrong=True))
    still, _ = broken.hear(news("2", wrong=True, at=NOON + timedelta(minutes=5)))
    assert (still.opened, still.broken_for(NOON + timedelta(minutes=18))) == ("build:1", timedelta(minutes=18))


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.sampled_from(["a", "b"])), max_size=30))
def test_openings_and_recoveries_alternate_whatever_is_heard(said: list[tuple[int, bool, str]]) -> None:
    told = turns(*(news(str(order), wrong=wrong, part=part) for order, wrong, part in said))
    changes = [turn for turn in told if turn in (Turn.BROKEN, Turn.MENDED)]
    assert changes == [Turn.BROKEN if number % 2 == 0 else Turn.MENDED for number in range(len(changes))]
