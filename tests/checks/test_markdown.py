"""Text of strangers in Markdown: it reads as it was written, and does nothing."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from checks.markdown import CUT, code, cut, document, link, one_line, plain, table

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = st.text(st.sampled_from("ab1 \n@#|`*_[]()<>&!~$\\/:.-+=\u202eé\x1b\ud800"), max_size=60)


def rendered(markdown: str) -> str:
    return html.unescape(GITHUB.renderInline(markdown)).replace("\u200b", "")


@given(HOSTILE)
def test_prose_reads_as_it_was_written(text: str) -> None:
    assert rendered(plain(text)) == one_line(text)


@given(HOSTILE)
def test_prose_stays_a_paragraph(text: str) -> None:
    assert [token.type for token in GITHUB.parse(plain(text))] in ([], ["paragraph_open", "inline", "paragraph_close"])


@given(HOSTILE)
def test_code_reads_as_it_was_written(text: str) -> None:
    assert re.sub(r"</?code>", "", rendered(code(text))) == re.sub(r"</?code>", "", one_line(text))


@given(st.lists(st.tuples(HOSTILE, HOSTILE), max_size=4))
def test_a_table_keeps_its_rows_and_columns(rows: list[tuple[str, str]]) -> None:
    tokens = GITHUB.parse(table(("name", "why"), [(code(name), plain(why)) for name, why in rows]))
    counts = [sum(token.type == kind for token in tokens) for kind in ("tr_open", "td_open")]
    assert counts == [len(rows) + 1, 2 * len(rows)]


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("ping @everyone", "@everyone"),
        ("see #812 and acme/web#812", "#812"),
        ("see GH-812", "GH-812"),
        ("go to https://evil.example", "://evil"),
        ("go to www.evil.example", "www.evil"),
    ],
)
def test_nothing_that_github_links_by_itself_is_left(text: str, live: str) -> None:
    assert live not in plain(text)
    assert plain(text).replace("\u200b", "") == text


def test_a_link_cannot_be_left_by_its_address() -> None:
    address = "https://x.org/a b)(<c>\n%20|d"
    assert link("text", address) == "[text](https://x.org/a%20b%29%28%3Cc%3E%0A%20%7Cd)"


def test_an_address_that_is_not_on_the_web_is_no_link() -> None:
    assert [link("text", address) for address in ("", "javascript:alert(1)", "/log")] == ["text"] * 3


@given(st.text(), st.integers(3, 40))
def test_a_cut_text_fits_with_its_marker(text: str, limit: int) -> None:
    assert len(cut(text, limit).encode()) <= limit


def test_a_cut_never_halves_a_character() -> None:
    assert [cut("añ🙂x", limit) for limit in (8, 7, 6, 5, 4)] == ["añ🙂x", "añ…", "añ…", "a…", "a…"]


def test_a_document_is_cut_between_blocks_and_says_so() -> None:
    fence = "~~~~\n" + "x" * 100 + "\n~~~~"
    assert document(["first", fence, "last"], 120) == f"first\n\n{CUT}"
    assert document(["first", "", "last"], 120) == "first\n\nlast"


@given(st.lists(st.text(max_size=200)), st.integers(60, 400))
def test_a_document_fits(blocks: list[str], limit: int) -> None:
    assert len(document(blocks, limit).encode()) <= limit
