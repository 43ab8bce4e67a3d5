"""What a hold tells in a channel, word for word."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from checks.message import Button, plain
from checks.news import News, Weight
from deploy.hold import Hold, Kind, State
from deploy.hold_news import hold_news
from tests.deploy.talks import SHOP, shown
from tests.deploy.world import NOW

END = NOW.replace(year=2027, month=1, day=4, hour=8, minute=0)


def held(**more: Any) -> Hold:
    fields = {"kind": Kind.FREEZE, "scope": "42/web/production", "owner": "ana", "reason": "audit", "since": NOW}
    return Hold(id="h1", **{**fields, **more})


def news(hold: Hold) -> News:
    return hold_news(hold, SHOP, production=True, now=NOW)


@pytest.mark.parametrize(
    ("kind", "said", "button"),
    [(Kind.FREEZE, "frozen", "Unfreeze"), (Kind.LOCK, "locked", "Unlock"), (Kind.PIN, "pinned", "Unpin")],
)
def test_a_hold_says_by_whom_until_when_and_why_and_how_to_end_it(kind: Kind, said: str, button: str) -> None:
    told = news(held(kind=kind, until=END))
    assert told.message.text == f"■ web production is {said} by @ana until 4 Jan 08:00 UTC: audit"
    assert told.message.buttons == (Button(words="lift acme/shop/web production", label=button),)
    assert (told.remark, told.weight) == ((), Weight.NOTABLE)


@pytest.mark.parametrize(
    ("scope", "said", "words"),
    [
        ("42", "acme/shop", "lift acme/shop"),
        ("42/web", "web", "lift acme/shop/web"),
        ("42/web/production", "web production", "lift acme/shop/web production"),
    ],
)
def test_what_is_held_is_named_as_people_name_it(scope: str, said: str, words: str) -> None:
    told = news(held(scope=scope)).message
    assert (told.text, [each.words for each in told.buttons]) == (f"■ {said} is frozen by @ana: audit", [words])


@pytest.mark.parametrize(("kind", "said"), [(Kind.FREEZE, "unfrozen"), (Kind.LOCK, "unlocked"), (Kind.PIN, "unpinned")])
def test_what_was_lifted_says_by_whom_and_why_here_and_in_the_thread(kind: Kind, said: str) -> None:
    lifted = held(kind=kind).lifted("bo", "the audit is over", NOW)
    assert lifted
    told = news(lifted)
    assert shown(told.message) == [f"✓ web production moves again, {said} by @bo: the audit is over"]
    assert plain(told.remark) == told.message.text


def test_whoever_lifts_a_hold_need_not_say_why() -> None:
    lifted = held().lifted("bo", "", NOW)
    assert lifted
    assert shown(news(lifted).message) == ["✓ web production moves again, unfrozen by @bo"]


def test_a_hold_that_came_to_its_end_says_what_it_was() -> None:
    over = held(until=END).expired(END + timedelta(seconds=1))
    assert over
    assert shown(news(over).message) == [
        "✓ web production moves again: it was frozen by @ana until 4 Jan 08:00 UTC: audit"
    ]


def test_what_something_else_holds_does_not_move_again() -> None:
    lifted = held().lifted("bo", "", NOW)
    assert lifted
    told = hold_news(lifted, SHOP, production=True, now=NOW, still=held(kind=Kind.LOCK, reason="a trial"))
    assert told.message.text == (
        "■ web production is still locked by @ana: a trial; another hold ended, unfrozen by @bo"
    )


def test_what_nobody_lifted_says_what_did() -> None:
    ended = replace(held(), state=State.LIFTED, ended_why="bbbbbbb reverts aaaaaaa")
    assert shown(news(ended).message) == ["✓ web production moves again: bbbbbbb reverts aaaaaaa"]


def test_a_hold_where_nothing_is_produced_is_a_green_day() -> None:
    assert hold_news(held(), SHOP, production=False, now=NOW).weight is Weight.ROUTINE


def test_odd_reasons_stay_on_one_line() -> None:
    told = news(held(reason="<!here>\n*all* " + "w" * 600)).message.text
    assert told.startswith("■ web production is frozen by @ana: <!here> *all* www")
    assert (len(told) < 350, "\n" in told) == (True, False)
