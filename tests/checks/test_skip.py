"""The words by which an author asks for no build, and those that only look like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.skip import skip_mark

MARKS = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"]


@pytest.mark.parametrize("mark", [*MARKS, "[Skip CI]", "[NO CI]"])
@pytest.mark.parametrize("message", ["{}", "Typo {}", "{} Typo", "Typo\n\nNothing to see {} here\n"])
def test_a_mark_counts_anywhere_and_is_told_as_it_was_written(mark: str, message: str) -> None:
    assert skip_mark(message.format(mark)) == mark


@pytest.mark.parametrize(
    ("message", "mark"),
    [
        ("Typo\n\nskip-checks: true", "skip-checks: true"),
        ("Typo\n\n\nskip-checks:true\n", "skip-checks:true"),
        ("Typo\n\nSkip-Checks: true\r\n", "Skip-Checks: true"),
        ("Typo\n\nskip-checks: true\nSigned-off-by: Ana <ana@example.org>", "skip-checks: true"),
    ],
)
def test_the_trailer_counts_on_a_line_of_its_own(message: str, mark: str) -> None:
    assert skip_mark(message) == mark


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Skip ci",
        "skip ci",
        "[skip  ci]",
        "[skip-ci]",
        "(skip ci)",
        "do not skip-checks: true",
        "skip-checks: false",
    ],
)
def test_other_words_are_built(message: str) -> None:
    assert skip_mark(message) is None


@given(st.text(), st.text(), st.sampled_from(MARKS))
def test_a_mark_is_found_in_every_text(before: str, after: str, mark: str) -> None:
    assert skip_mark(before + mark + after) is not None


@given(st.text(alphabet=st.characters(exclude_characters="[")))
def test_a_text_without_a_bracket_has_no_mark_but_the_trailer(message: str) -> None:
    assert (skip_mark(message) is not None) <= ("skip-checks" in message.lower())
