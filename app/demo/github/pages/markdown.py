"""Markdown as GitHub shows it: tables, folded details and code, and of HTML only what is harmless."""

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "dd",
    "del",
    "details",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "var",
}
ATTRIBUTES = {"a": {"href", "title"}, "details": {"open"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}}
ALIGNED = re.compile(r'<(t[dh]) style="text-align:(left|right|center)">')

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def render(text: str) -> Markup:
    """Images are left out: a page here loads nothing from elsewhere."""
    html = ALIGNED.sub(r'<\1 align="\2">', _PARSER.render(text.replace("\0", "")))
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel="nofollow noopener"
    )
    return Markup(clean)  # noqa: S704 (nh3 keeps only the tags above)
