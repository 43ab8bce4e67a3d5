"""`links` and `unlink`: which GitHub users the people of a chat are, and the end of that."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from app.commands import told
from app.commands.api import Api, from_environment

NOBODY = "nobody is linked yet: whoever types /interlock link in Slack is told how"

Told = Mapping[str, Any]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="What the API says, as it is.")
def links(as_json: bool) -> None:
    """Show who in Slack is who on GitHub."""
    found = _ask(lambda api: api.get("links"))
    if as_json:
        click.echo(_json(found))
        return
    for line in lines(found["links"]) or [NOBODY]:
        told.say(line)


@click.command()
@click.argument("workspace")
@click.argument("user")
@click.option("--json", "as_json", is_flag=True, help="What the API says, as it is.")
def unlink(workspace: str, user: str, as_json: bool) -> None:
    """Let somebody in Slack act as nobody on GitHub any more.

    WORKSPACE and USER are ids, as `links` shows them.
    """
    was = _ask(lambda api: api.delete("links", workspace, user))
    if as_json:
        click.echo(_json(was))
    else:
        told.say(unlinked(was))


def lines(known: Sequence[Told]) -> Sequence[str]:
    """A row for each, in columns."""
    rows = [(each["workspace"], each["user"], _named(each), f"@{each['login']}") for each in known]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=True)), _since(each)])
        for row, each in zip(rows, known, strict=True)
    ]


def unlinked(was: Told) -> str:
    return f"{_named(was)} ({was['user']} in {was['workspace']}) acts as @{was['login']} no more"


def _named(each: Told) -> str:
    return told.plain(each["name"] or each["user"])


def _since(each: Told) -> str:
    return f"since {datetime.fromisoformat(each['since']):%Y-%m-%d %H:%M} UTC"


def _ask(question: Callable[[Api], Awaitable[Any]]) -> Any:
    async def ask() -> Any:
        async with from_environment() as api:
            return await question(api)

    return asyncio.run(ask())


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
