"""The end of a log on a check: readable, harmless, short."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from checks.log_excerpt import LONGEST_LINE, MOST_BYTES, excerpt, line_count


def test_the_last_lines_stand_in_a_fence() -> None:
    assert excerpt("one\ntwo\nthree\n", lines=2) == "~~~~text\ntwo\nthree\n~~~~"


def test_a_silent_log_has_no_excerpt() -> None:
    assert [excerpt(log) for log in ("", "\n\n", "\x1b[0m\n \n")] == ["", "", ""]


def test_colours_titles_and_controls_are_gone() -> None:
    log = "\x1b[1;31mred\x1b[0m \x1b]0;title\x07a\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\ b\x00\x08\x9b2Jc\u202e!\n"
    assert excerpt(log) == "~~~~text\nred alink bc!\n~~~~"


def test_an_unended_command_to_the_terminal_hides_no_other_line() -> None:
    assert excerpt("a\x1b]0;never ended\nb\x1b[") == "~~~~text\na\nb\n~~~~"


def test_a_progress_bar_says_its_last_word() -> None:
    assert excerpt("10%\r50%\r100%\r\ndone\r\n") == "~~~~text\n100%\ndone\n~~~~"


def test_secrets_are_masked_even_when_colours_split_them() -> None:
    log = "push with gh\x1b[1ms_" + "a" * 36 + "\nand sword\x1b[0mfish"
    assert excerpt(log, secrets=["swordfish"]) == "~~~~text\npush with ***\nand ***\n~~~~"


def test_a_log_cannot_close_its_fence() -> None:
    assert excerpt("~~~~\n# title\n~~~~~~\n@everyone") == "~~~~~~~text\n~~~~\n# title\n~~~~~~\n@everyone\n~~~~~~~"


def test_half_a_character_becomes_a_question_mark() -> None:
    assert excerpt("a\ud83db") == "~~~~text\na?b\n~~~~"


def test_a_long_line_is_cut_and_says_so() -> None:
    shown = excerpt("x" * 5_000).split("\n")[1]
    assert (len(shown.encode()), shown[-25:]) == (LONGEST_LINE, "… cut, see the full log"[-25:].rjust(25, "x"))


def test_of_too_much_log_the_end_is_kept() -> None:
    shown = excerpt("\n".join(f"{n} " + "y" * 990 for n in range(100)), lines=100)
    assert re.findall(r"^(\d+) ", shown, re.MULTILINE) == [str(n) for n in range(80, 100)]


def test_lines_are_counted_without_their_fence() -> None:
    assert [line_count(excerpt(log)) for log in ("", "a", "a\nb\n", "a\n" * 99)] == [0, 1, 2, 40]


@given(st.text(st.sampled_from("~`@<>#|\n\r\x1b[];m a!()*\\é\ud800"), max_size=300), st.integers(1, 50))
def test_whatever_a_log_says_it_is_one_block_of_code(log: str, lines: int) -> None:
    shown = excerpt(log, lines=lines)
    tokens = [token.type for token in MarkdownIt("commonmark").parse(f"<details>\n\n{shown}\n\n</details>")]
    assert tokens == ["html_block", *(["fence"] if shown else []), "html_block"]


@given(st.text(), st.integers(0, 3_000))
def test_an_excerpt_is_bounded_and_can_be_sent(log: str, times: int) -> None:
    shown = excerpt(log * times)
    assert len(shown.encode("utf-8")) < MOST_BYTES + 3 * LONGEST_LINE
