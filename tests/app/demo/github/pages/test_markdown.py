"""Markdown becomes what GitHub shows, and nothing in it can act."""

import re

from hypothesis import given
from hypothesis import strategies as st

from app.demo.github.pages.markdown import render


def test_tables_keep_their_alignment() -> None:
    html = render("| a | b |\n|---|--:|\n| `x` | 1 |\n")
    assert html == (
        '<table>\n<thead>\n<tr>\n<th>a</th>\n<th align="right">b</th>\n</tr>\n</thead>\n'
        '<tbody>\n<tr>\n<td><code>x</code></td>\n<td align="right">1</td>\n</tr>\n</tbody>\n</table>\n'
    )


def test_folded_details_hold_a_fence() -> None:
    html = render("<details><summary>Log</summary>\n\n~~~~text\n<b>\n~~~~\n\n</details>\n")
    assert html == "<details><summary>Log</summary>\n<pre><code>&lt;b&gt;\n</code></pre>\n</details>\n"


def test_links_lead_outside_without_telling_from_where() -> None:
    assert (
        render("[log](http://127.0.0.1/x)") == '<p><a href="http://127.0.0.1/x" rel="nofollow noopener">log</a></p>\n'
    )


PIECES = [
    "<script>",
    "</script>",
    "<img\tsrc=x\tonerror=a()>",
    "<details\tonclick=a()>",
    "[a](javascript:a())",
    "`",
    "<a\thref='java\nscript:a()'>",
    "<style>*{}</style>",
    "<p\tstyle='color:red'>",
    "~~~~",
    "|\ta\t|\tb\t|",
    "&lt;",
    "<svg/onload=a()>",
    "<form\taction=/x><button>",
    "<iframe\tsrc=//x>",
    "<!--",
    "-->",
    "<![CDATA[",
    "x",
]
BAD = ("<script", "<img", "<style", "<svg", "<form", "<button", "<iframe", " style=", " onclick=", 'href="javascript')


@given(st.lists(st.sampled_from([*PIECES, "\n"]), max_size=12).map(" ".join))
def test_no_markdown_brings_a_tag_that_acts(text: str) -> None:
    tags = " ".join(re.findall(r"<[^>]*>", render(text).lower()))
    assert [each for each in BAD if each in tags] == []
