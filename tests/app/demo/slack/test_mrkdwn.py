"""What was written is shown as it was meant, and nothing of it becomes a page."""

import pytest

from app.demo.slack.pages.mrkdwn import mrkdwn, plain, rich

NAMES = {"U1": "@ana", "C1": "#deploys"}
AWAY = 'rel="noopener noreferrer nofollow" target="_blank"'


def mention(words: str) -> str:
    return f'<span class="mention">{words}</span>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~no~ `x*y*`", "<strong>bold</strong> <em>it</em> <s>no</s> <code>x*y*</code>"),
        ("2*3*4 snake_case_name a~b~c", "2*3*4 snake_case_name a~b~c"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
        ("a\nb", "a<br>b"),
        ("&gt; one\n> two\nthree", "<blockquote>one<br>two</blockquote>three"),
        ("```\nx <b>\n*y*```", "<pre>x &lt;b&gt;\n*y*</pre>"),
        ("<@U1> in <#C1|x> <!here>", f"{mention('@ana')} in {mention('#deploys')} {mention('@here')}"),
        ("<!date^1^{date}|today>", "today"),
        ("<https://x.org/?a=1&amp;b=2|go>", f'<a href="https://x.org/?a=1&amp;b=2" {AWAY}>go</a>'),
        ("<javascript:alert(1)|go>", "go (javascript:alert(1))"),
        ('<https://x.org/"onclick=|"go">', f'<a href="https://x.org/&#34;onclick=" {AWAY}>&#34;go&#34;</a>'),
    ],
)
def test_markup_becomes_html(text: str, html: str) -> None:
    assert mrkdwn(text, NAMES) == html


def test_what_looks_like_html_is_text() -> None:
    assert mrkdwn("<script>alert(1)</script>", {}) == "scriptalert(1)/script"
    assert mrkdwn("&lt;script&gt; <", {}) == "&lt;script&gt; &lt;"


def test_plain_text_is_plain() -> None:
    assert plain("*no* <b>\n&amp; so") == "*no* &lt;b&gt;<br>&amp; so"


def test_structure_becomes_html() -> None:
    def text(words: str, **style: bool) -> dict[str, object]:
        return {"type": "text", "text": words, "style": style}

    section = {"type": "rich_text_section"}
    block = {
        "elements": [
            section | {"elements": [text("<b>*x*", bold=True, code=True), {"type": "user", "user_id": "U1"}]},
            {"type": "rich_text_list", "style": "ordered", "elements": [section | {"elements": [text("one")]}]},
            {"type": "rich_text_preformatted", "elements": [text("a\nb")]},
            {"type": "rich_text_quote", "elements": [{"type": "link", "url": "javascript:x", "text": "go"}]},
        ]
    }
    assert rich(block, NAMES) == (
        '<p><code><strong>&lt;b&gt;*x*</strong></code><span class="mention">@ana</span></p>'
        "<ol><li>one</li></ol><pre>a<br>b</pre><blockquote>go (javascript:x)</blockquote>"
    )
