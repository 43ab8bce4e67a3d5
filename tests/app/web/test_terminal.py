"""What a program wrote is shown in colour and never as HTML."""

import re

from hypothesis import given
from hypothesis import strategies as st

from app.web.terminal import MOST_CHARACTERS, html, kind


def test_colours_become_classes_and_end_where_they_are_reset() -> None:
    line = "\x1b[1;31mred\x1b[0m plain \x1b[38;5;200modd\x1b[92mgreen"
    assert html(line) == ('<span class="b ansi-red">red</span> plain odd<span class="ansi-green">green</span>')


def test_tags_are_text() -> None:
    assert html("<script>alert('1')</script>") == "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;"


def test_of_a_line_that_overwrote_itself_the_last_writing_is_shown() -> None:
    assert html("10 %\r50 %\r100 %\r") == "100 %"


def test_a_line_too_long_for_a_browser_says_how_much_is_left_out() -> None:
    assert html("x" * (MOST_CHARACTERS + 7)).endswith(" … 7 more characters in the raw log</span>")


@given(st.text(alphabet=st.sampled_from("ab<>&\"'\x1b[;0139mK\r\x07\x00]")))
def test_nothing_but_our_own_spans_comes_out(line: str) -> None:
    rest = re.sub(r'<span class="(b|ansi-\w+|b ansi-\w+)">|</span>', "", html(line))
    assert not set(rest) & set("<>\"'\x1b\x00")


def test_the_margin_tells_trouble_from_the_runner_and_the_rest() -> None:
    lines = [
        "E   assert 1 == 2",
        "FAILED tests/test_cart.py",
        "src/a.c:3:1: error: expected ;",
        "npm ERR! code 1",
        "FAIL: test_total (tests.Cart)",
        "sqlalchemy.exc.OperationalError: no such table",
        "[Container] 2026/11/21 14:00:00 Phase complete: BUILD State: FAILED",
        "[Container] 2026/11/21 14:00:00 Entering phase BUILD",
        "0 errors, 0 failed",
        "\x1b[31mERROR\x1b[0m here",
    ]
    assert [kind(line) for line in lines] == ["trouble"] * 7 + ["runner", "", "trouble"]
