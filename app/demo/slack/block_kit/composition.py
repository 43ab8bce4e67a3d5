"""Small objects that blocks and elements are made of: texts, confirmations, options.

https://docs.slack.dev/reference/block-kit/composition-objects/
"""

from app.demo.slack.block_kit.shape import Check, array, boolean, by_type, link, record, string, word


def plain(most: int) -> Check:
    kinds = {"plain_text": record({"text": string(most)}, {"emoji": boolean})}
    return by_type(lambda: kinds)


def text(most: int) -> Check:
    kinds = {
        "plain_text": record({"text": string(most)}, {"emoji": boolean}),
        "mrkdwn": record({"text": string(most)}, {"verbatim": boolean}),
    }
    return by_type(lambda: kinds)


CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": word("primary", "danger")},
)
OPTION = record({"text": text(75), "value": string(150)}, {"description": text(75), "url": link(3000)})
OPTION_GROUP = record({"label": plain(75), "options": array(OPTION, 100)})
