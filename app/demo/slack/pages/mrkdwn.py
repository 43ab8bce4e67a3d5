"""Slack's markup as HTML: what people and Apps wrote is text, whatever characters it has.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Callable, Mapping
from html import unescape

from markupsafe import Markup, escape

from app.demo.slack.message import Json

TOKEN = re.compile(
    r"```(?P<fence>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<(?P<angle>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>[^_\n]+)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>[^~\n]+)~(?![\w~])",
    re.DOTALL,
)
TAGS = {"bold": "strong", "italic": "em", "strike": "s", "code": "code", "underline": "u", "highlight": "mark"}
SCHEMES = ("http://", "https://", "mailto:")
Names = Mapping[str, str]
"""What ids are called: people with @, channels with #."""


def mrkdwn(text: str, names: Names) -> Markup:
    lines = re.split(r"(```.+?```)", text, flags=re.DOTALL)
    return Markup("").join(_inline(each, names) if each.startswith("```") else _quoted(each, names) for each in lines)


def plain(text: str) -> Markup:
    """Text in which nothing is markup; a new line is one."""
    return _lines(_unescaped(text))


def rich(block: Json, names: Names) -> Markup:
    """A rich_text block: structure, in which no character means anything."""
    return Markup("").join(_body(each, names) for each in block["elements"])


def link(url: str, words: str | Markup) -> Markup:
    """Words that lead somewhere, if it is somewhere that a page may lead to."""
    if not url.lower().startswith(SCHEMES):
        return Markup("{} ({})").format(words, url) if url != words else escape(words)
    return Markup('<a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>').format(url, words)


def _quoted(text: str, names: Names) -> Markup:
    """Lines that begin with > are somebody else's words."""
    found = Markup("")
    for piece in re.split(r"((?:^(?:&gt;|>)[^\n]*\n?)+)", text, flags=re.MULTILINE):
        if re.match(r"&gt;|>", piece):
            inside = re.sub(r"^(?:&gt;|>) ?", "", piece.rstrip("\n"), flags=re.MULTILINE)
            found += Markup("<blockquote>{}</blockquote>").format(_inline(inside, names))
        else:
            found += _inline(piece, names)
    return found


def _inline(text: str, names: Names) -> Markup:
    found, position = Markup(""), 0
    for token in TOKEN.finditer(text):
        found += _lines(_unescaped(text[position : token.start()])) + _token(token, names)
        position = token.end()
    return found + _lines(_unescaped(text[position:]))


def _token(token: re.Match[str], names: Names) -> Markup:
    kind = token.lastgroup or ""
    inside = token[kind]
    if kind == "fence":
        return Markup("<pre>{}</pre>").format(_unescaped(inside.strip("\n")))
    if kind == "angle":
        return _angle(inside, names)
    shown = escape(_unescaped(inside)) if kind == "code" else _inline(inside, names)
    return _tagged(TAGS[kind], shown)


def _angle(inside: str, names: Names) -> Markup:
    """`<@U1>`, `<#C1|name>`, `<!here>`, `<!date^…|fallback>` and `<https://…|words>`."""
    target, _, words = inside.partition("|")
    if target.startswith(("@", "#")):
        return _mention(names.get(target[1:], (words and target[0] + words) or target))
    if target.startswith("!"):
        name = target[1:].partition("^")[0]
        return escape(_unescaped(words)) if name == "date" else _mention(f"@{name}")
    url = _unescaped(target)
    return link(url, _unescaped(words) or url)


def _body(element: Json, names: Names) -> Markup:
    kind = element["type"]
    if kind == "rich_text_list":
        tag = "ol" if element["style"] == "ordered" else "ul"
        items = Markup("").join(_tagged("li", _parts(each, names)) for each in element["elements"])
        return _tagged(tag, items)
    inside = _parts(element, names)
    return _tagged({"rich_text_preformatted": "pre", "rich_text_quote": "blockquote"}.get(kind, "p"), inside)


def _parts(element: Json, names: Names) -> Markup:
    return Markup("").join(_part(each, names) for each in element["elements"])


def _part(part: Json, names: Names) -> Markup:
    found = _PARTS[part["type"]](part, names)
    for name, is_on in part.get("style", {}).items():
        found = _tagged(TAGS[name], found) if is_on else found
    return found


_PARTS: dict[str, Callable[[Json, Names], Markup]] = {
    "text": lambda part, _: _lines(part["text"]),
    "link": lambda part, _: link(part["url"], part.get("text") or part["url"]),
    "emoji": lambda part, _: escape(f":{part['name']}:"),
    "user": lambda part, names: _mention(names.get(part["user_id"], f"@{part['user_id']}")),
    "usergroup": lambda part, _: _mention(f"@{part['usergroup_id']}"),
    "channel": lambda part, names: _mention(names.get(part["channel_id"], f"#{part['channel_id']}")),
    "broadcast": lambda part, _: _mention(f"@{part['range']}"),
    "color": lambda part, _: escape(part["value"]),
    "date": lambda part, _: escape(part.get("fallback", part["format"])),
}


def _mention(words: str) -> Markup:
    return Markup('<span class="mention">{}</span>').format(words)


def _tagged(tag: str, inside: Markup) -> Markup:
    return Markup(f"<{tag}>{{}}</{tag}>").format(inside)  # noqa: S704 (the tag is one of ours)


def _lines(text: str) -> Markup:
    return Markup("<br>").join(text.split("\n"))


def _unescaped(text: str) -> str:
    """Slack escapes three characters, and no others."""
    return re.sub(r"&(?:amp|lt|gt);", lambda found: unescape(found[0]), text)
