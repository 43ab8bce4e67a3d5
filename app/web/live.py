"""Pages that keep up: server-sent events that tell what changed since the page was made, and end with the server."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from aiohttp import web

from app.web.pages import SECURITY

EVERY = 0.5
SILENCE = 15.0

CLOSING = web.AppKey("closing", asyncio.Event)

Look = Callable[[], Awaitable[Mapping[str, str]]]
"""What is true now, by the name of the event that tells it; `end` says that nothing more will change."""


def register(app: web.Application) -> None:
    """Lets the streams of an application end when it does."""

    async def open_streams(app: web.Application) -> None:
        app[CLOSING] = asyncio.Event()

    async def close_streams(app: web.Application) -> None:
        app[CLOSING].set()

    app.on_startup.append(open_streams)
    app.on_shutdown.append(close_streams)


async def stream(request: web.Request, look: Look) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={**SECURITY, "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    with suppress(ConnectionResetError):  # the reader left
        await _tell(request, response, look)
    return response


async def _tell(request: web.Request, response: web.StreamResponse, look: Look) -> None:
    told: Mapping[str, str] = {}
    silent = 0.0
    while True:
        now = await look()
        news = [f"event: {name}\ndata: {value}\n\n" for name, value in now.items() if told.get(name) != value]
        told = now
        if news or silent >= SILENCE:
            await response.write("".join(news or [":\n\n"]).encode())
            silent = 0.0
        if "end" in now or await _is_set_within(request.app[CLOSING], EVERY):
            return
        silent += EVERY


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
