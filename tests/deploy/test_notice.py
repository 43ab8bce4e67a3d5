"""Whether news gets a message of its own: by what it is to its matter, how much it weighs, and how much people want."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from checks.message import Button, Message, Tone, plain
from checks.news import News, Weight
from deploy.channel import Channel
from deploy.matter import Matter, Turn
from deploy.notice import How, Notice, ending, how, told
from deploy.pipeline import Level

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NEWS = News(
    subject="build:b2",
    repository=42,
    weight=Weight.ROUTINE,
    message=Message(tone=Tone.GOOD, head=("web: passed in 12 s on main",)),
    mended=("web is fixed on main",),
    at=NOON,
)
BROKEN = Matter(name="branch:42:main", broken=("x",), opened="build:b1", since=NOON - timedelta(minutes=18))


@pytest.mark.parametrize("level", Level)
def test_trouble_and_its_end_are_told_at_every_level(level: Level) -> None:
    assert [how(NEWS, turn, level) for turn in (Turn.BROKEN, Turn.MENDED)] == [How.MESSAGE, How.MESSAGE]


@pytest.mark.parametrize(
    ("weight", "quiet", "normal"),
    [
        (Weight.ROUTINE, How.NOT, How.NOT),
        (Weight.NOTABLE, How.NOT, How.MESSAGE),
        (Weight.TROUBLE, How.MESSAGE, How.MESSAGE),
    ],
)
def test_a_green_day_is_silent(weight: Weight, quiet: How, normal: How) -> None:
    news = replace(NEWS, weight=weight)
    told = [how(news, Turn.PLAIN, level) for level in (Level.QUIET, Level.NORMAL, Level.VERBOSE)]
    assert told == [quiet, normal, How.MESSAGE]


def test_more_of_the_same_trouble_stays_in_its_thread() -> None:
    news = replace(NEWS, weight=Weight.TROUBLE)
    assert [how(news, Turn.STILL_BROKEN, level) for level in Level] == [How.MESSAGE, How.THREAD, How.THREAD]


def test_trouble_that_is_over_already_is_no_trouble() -> None:
    news = replace(NEWS, weight=Weight.TROUBLE)
    assert [how(news, Turn.LATE, level) for level in Level] == [How.MESSAGE, How.NOT, How.NOT]


def test_what_ends_trouble_says_so_first_and_how_long_it_was() -> None:
    assert told(NEWS, Turn.MENDED, BROKEN).text == "✓ web is fixed on main (broken for 18 min)"
    assert told(NEWS, Turn.PLAIN, BROKEN).text == "✓ web: passed in 12 s on main"


def test_what_opened_the_trouble_itself_says_nothing_of_how_long_it_was() -> None:
    back = replace(BROKEN, opened=NEWS.subject)
    assert told(NEWS, Turn.MENDED, back).text == "✓ web: passed in 12 s on main"


def test_the_message_of_the_trouble_loses_its_buttons_when_it_is_over() -> None:
    message = Message(tone=Tone.BAD, head=("web: failed",), buttons=(Button(words="rerun acme/web", label="Re-run"),))
    notice = Notice(subject="build:b1", channel=Channel(workspace="T1", name="#web"), message=message)
    over = replace(notice, ending=ending(NEWS, BROKEN))
    assert (notice.seen, over.seen.buttons) == (message, ())
    assert plain(over.seen.lines[-1]) == "✓ web is fixed on main (broken for 18 min)"


def test_nothing_is_said_twice_in_a_thread() -> None:
    notice = Notice(subject="build:b1", channel=Channel(workspace="T1", name="#web"), message=NEWS.message)
    once = notice.remarked(("approved by @bo",))
    assert once
    assert once.remarked(("approved by @bo",)) is None
