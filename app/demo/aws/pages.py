"""Lists that are told page by page."""

from collections.abc import Sequence
from typing import Any

from app.demo.aws.refusal import invalid

MOST = 100


def page(items: Sequence[Any], asked: dict[str, Any], name: str) -> dict[str, Any]:
    """The page that `nextToken` asks for, under this name; the token counts from the beginning of the list."""
    token = asked.get("nextToken", "0")
    if not token.isdecimal():
        raise invalid("Invalid input: nextToken is not one that CodeBuild gave")
    start, size = int(token), asked.get("maxResults", MOST)
    end = start + size
    more = {"nextToken": str(end)} if end < len(items) else {}
    return {name: list(items[start:end]), **more}
