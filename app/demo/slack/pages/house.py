"""How a page is made here: the house's look from its files, headers that allow nothing from elsewhere, and news.

None of Interlock's code is used, so that what it is tested against stands by itself.
"""

from collections.abc import Callable
from contextlib import suppress
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.demo.slack.platform import Platform

HERE = Path(__file__).parent
LOOK = HERE.parents[2] / "web"
SILENCE = 15.0

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


class House:
    """Templates that escape, and the static files that they name."""

    def __init__(self, **tools: Callable[..., Any]) -> None:
        folders = [HERE, LOOK]
        self._files = {file.name: file for folder in reversed(folders) for file in (folder / "static").iterdir()}
        self._templates = Environment(
            loader=FileSystemLoader([folder / "templates" for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {**tools, "static": "/static/{}".format}

    def page(self, template: str, *, status: int = 200, **facts: Any) -> web.Response:
        text = self._templates.get_template(template).render(facts)
        return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        kind = guess_type(file.name)[0] or "application/octet-stream"
        return web.Response(body=file.read_bytes(), content_type=kind, charset="utf-8", headers=HEADERS)


HOUSE: web.AppKey[House] = web.AppKey("house", House)


async def stream(request: web.Request, slack: Platform) -> web.StreamResponse:
    """Server-sent events: which change the Slack is at, as often as there is one, until either side leaves."""
    response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    told = -1
    with suppress(ConnectionResetError):  # the reader left
        while not slack.is_closing:
            news = f"event: state\ndata: {slack.changes}\n\n" if slack.changes != told else ":\n\n"
            told = slack.changes
            await response.write(news.encode())
            with suppress(TimeoutError):
                await slack.until(_has_news(slack, told), SILENCE)
    return response


def _has_news(slack: Platform, told: int) -> Callable[[], bool]:
    return lambda: slack.changes != told or slack.is_closing
