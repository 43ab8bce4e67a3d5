"""How what the API told is shown: in columns, with ages in their larger unit, and nothing that a terminal obeys."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.commands.told import plain, status, why

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def deployment(name: str, state: str, why: str = "", age: timedelta = timedelta()) -> dict[str, Any]:
    moment = (NOW - age).isoformat()
    return {"id": name, "version": {"name": name}, "state": state, "why": why, "asked_at": moment}


def environment(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "present": None, "since": None, "moving": None, "waiting": [], "holds": []} | more


def test_an_environment_is_a_row_for_each_version_and_hold() -> None:
    held = {"since": NOW.isoformat(), "sentence": "frozen by @ana: audit"}
    failed = deployment("4f2a91c", "failed", "smoke: 500 instead of 200")
    told = [
        environment("staging", present=failed, since=(NOW - timedelta(minutes=3, seconds=12)).isoformat()),
        environment(
            "production",
            present=deployment("77aa0be", "live", "written"),
            since=(NOW - timedelta(days=4, hours=2)).isoformat(),
            moving=deployment("1234567", "deploying", "writing 1234567"),
            waiting=[deployment("4f2a91c", "gated", "manual: needs one\x1b[2J", timedelta(seconds=61))],
            holds=[held],
        ),
        environment("spare"),
    ]
    assert status(told, NOW) == [
        "  staging     4f2a91c  \x1b[31mfailed   \x1b[0m  3 min  smoke: 500 instead of 200",
        "  production  77aa0be  \x1b[32mlive     \x1b[0m  4 d",
        "              1234567  \x1b[33mdeploying\x1b[0m  now    writing 1234567",
        "              4f2a91c  waits      1 min  manual: needs one [2J",
        "                       \x1b[33mheld     \x1b[0m  now    frozen by @ana: audit",
        "  spare       –",
    ]


def test_a_version_that_is_being_verified_is_one_row() -> None:
    verifying = deployment("4f2a91c", "verifying", "soak: was live for 2 min")
    told = environment("staging", present=verifying, moving=verifying, since=NOW.isoformat())
    assert status([told], NOW) == ["  staging  4f2a91c  \x1b[33mverifying\x1b[0m  now  soak: was live for 2 min"]


def test_why_is_a_title_reasons_and_what_is_there() -> None:
    reasons = [
        {"cause": "promotion", "name": "smoke", "why": "is asked", "next": ""},
        {"cause": "hold", "name": "h1", "why": "frozen by @ana: audit", "next": "whoever may write can lift it"},
        {"cause": "live", "name": "", "why": "written", "next": ""},
    ]
    assert why({"title": "web is not there because", "reasons": reasons, "present": "nothing is"}) == [
        "web is not there because",
        "  • smoke: is asked",
        "  • frozen by @ana: audit; whoever may write can lift it",
        "nothing is",
    ]


@pytest.mark.parametrize(("text", "shown"), [("a\x1b[2Jb", "a [2Jb"), ("a\nb\r", "a b "), ("–é", "–é")])
def test_nothing_of_a_text_is_obeyed(text: str, shown: str) -> None:
    assert plain(text) == shown
