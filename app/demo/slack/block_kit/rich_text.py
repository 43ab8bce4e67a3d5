"""Text that is structure instead of markup. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block"""

from app.demo.slack.block_kit.shape import Check, array, between, boolean, by_type, link, number, record, string, word

MOST = 1000

_STYLE = record({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight"), boolean))
_STYLED = {"style": _STYLE}

PARTS: dict[str, Check] = {
    "text": record({"text": string(12_000)}, _STYLED),
    "link": record({"url": link(3000)}, {"text": string(3000), "unsafe": boolean, **_STYLED}),
    "emoji": record({"name": string(100)}, {"unicode": string(100), "skin_tone": number, **_STYLED}),
    "user": record({"user_id": string(50)}, _STYLED),
    "usergroup": record({"usergroup_id": string(50)}, _STYLED),
    "channel": record({"channel_id": string(50)}, _STYLED),
    "broadcast": record({"range": word("here", "channel", "everyone")}, _STYLED),
    "color": record({"value": string(7)}, _STYLED),
    "date": record(
        {"timestamp": number, "format": string(300)}, {"url": link(3000), "fallback": string(300), **_STYLED}
    ),
}
_LITERAL = by_type(lambda: {name: PARTS[name] for name in ("text", "link")})
_PARTS = array(by_type(lambda: PARTS), MOST, 0)
_SECTION = record({"elements": _PARTS})
_BORDER = {"border": between(0, 1)}

_BODIES: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_quote": record({"elements": _PARTS}, _BORDER),
    "rich_text_preformatted": record({"elements": array(_LITERAL, MOST, 0)}, {**_BORDER, "language": string(100)}),
    "rich_text_list": record(
        {
            "style": word("bullet", "ordered"),
            "elements": array(by_type(lambda: {"rich_text_section": _SECTION}), MOST),
        },
        {**_BORDER, "indent": between(0, 8), "offset": number},
    ),
}
RICH_TEXT = record({"elements": array(by_type(lambda: _BODIES), MOST)}, {"block_id": string(255)})
