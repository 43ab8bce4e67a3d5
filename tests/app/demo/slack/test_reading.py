"""A message is read aloud as it is meant, whatever it is made of."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from app.demo.slack.reading import aloud, labels
from app.demo.slack.server import LocalSlack
from tests.app.demo.slack.test_people import BUTTONS


def section(*parts: dict[str, object]) -> dict[str, object]:
    return {"type": "rich_text_section", "elements": list(parts)}


async def test_blocks_are_read_line_by_line(slack: LocalSlack, bot: AsyncWebClient) -> None:
    text: dict[str, object] = {"type": "text", "text": "web is live, "}
    ana: dict[str, object] = {"type": "user", "user_id": "U0ANA"}
    link: dict[str, object] = {"type": "link", "url": "https://example.org"}
    rich = [section(text, ana), {"type": "rich_text_list", "style": "bullet", "elements": [section(link)]}]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "1.8.0"}},
        {"type": "rich_text", "elements": rich},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*a*"}, "fields": [{"type": "mrkdwn", "text": "b"}]},
        {"type": "context", "elements": [{"type": "plain_text", "text": "c"}, {"type": "plain_text", "text": "d"}]},
        *BUTTONS,
    ]
    await bot.chat_postMessage(channel="C0DEPLOYS", text="short", blocks=blocks)
    await bot.chat_postMessage(channel="C0DEPLOYS", text="short")
    first, second = slack.messages("deploys")
    assert aloud(first).split("\n") == ["1.8.0", "web is live, @U0ANA", "• https://example.org", "*a*", "b", "c d"]
    assert (labels(first), aloud(second)) == (["Approve", "Roll back"], "short")
