"""What is live where, on pages of this machine: each environment as its visitors see it, and both beside each other."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from app.web import live
from app.web.pages import Pages

HOST = "127.0.0.1"
TICK = 0.2
"""Seconds between two looks at what is live."""

MOST_SIGHTS = 4

INERT = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Pages that a repository made are looked at, and do nothing: the local GitHub is only another port of this machine."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A release as it came into sight: its name, and what it says of itself."""

    at: datetime
    release: str
    version: str = ""
    status: str = ""

    @property
    def is_well(self) -> bool:
        return self.status == "ok"


class Showcase:
    """`async with Showcase(places) as shown:` and it answers at `shown.url`, for each place at `shown.url/<name>`.

    A place is a directory with a link `current`, as a target of the kind `local` keeps it.
    """

    def __init__(self, places: Mapping[str, Path], port: int = 0) -> None:
        self.port = port
        self.sights: dict[str, Sequence[Sight]] = dict.fromkeys(places, ())
        """By place, the newest first."""
        self._places = places
        self._pages = Pages(Path(__file__).parent)
        self._pages.templates.filters["clock"] = _clock
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        site = web.Application(middlewares=[self._called_by_its_name])
        site.add_routes([web.get("/", self._both), web.get("/-/events", self._events)])
        self._pages.register(site)
        live.register(site)
        for name in self._places:
            site.router.add_get(f"/{name}", self._to_folder)
            site.router.add_get(f"/{{place:{name}}}/{{path:.*}}", self._file)
        runner = web.AppRunner(site, handler_cancellation=True, shutdown_timeout=0.5, access_log=None)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, HOST, self.port).start()
        self.port = runner.addresses[0][1]
        self.url = f"http://{HOST}:{self.port}"
        watching = asyncio.create_task(self._watch())
        self._stack.push_async_callback(_ended, watching)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _watch(self) -> None:
        while True:
            for name, place in self._places.items():
                release = _current(place)
                seen = self.sights[name]
                if release and (not seen or seen[0].release != release):
                    told = await asyncio.to_thread(_health, place / "current" / "health.json")
                    sight = Sight(datetime.now(UTC), release, told.get("version", ""), told.get("status", ""))
                    self.sights[name] = (sight, *seen[: MOST_SIGHTS - 1])
            await asyncio.sleep(TICK)

    async def _both(self, _request: web.Request) -> web.Response:
        page = self._pages.page("showcase.html", sights=self.sights, state=self._state())
        page.headers["Content-Security-Policy"] += "; frame-src 'self'"
        return page

    async def _events(self, request: web.Request) -> web.StreamResponse:
        async def look() -> Mapping[str, str]:
            return {"state": self._state()}

        return await live.stream(request, look)

    def _state(self) -> str:
        return " ".join(seen[0].at.isoformat() if seen else "-" for seen in self.sights.values())

    async def _to_folder(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{request.path}/")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["place"]
        path = await asyncio.to_thread(_found, self._places[name], request.match_info["path"] or "index.html")
        if path is None:
            text = f"{name} has no such page.\n" if self.sights[name] else f"Nothing is live in {name} yet.\n"
            return web.Response(text=text, status=404, headers=INERT)
        return web.FileResponse(path, headers=INERT)

    @web.middleware
    async def _called_by_its_name(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """As at the local GitHub: a site whose name was made to lead to this machine is a stranger here."""
        if request.url.host not in {HOST, "localhost"}:
            raise web.HTTPMisdirectedRequest(text=f"These pages are at {self.url}.\n")
        return await handler(request)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"


def _current(place: Path) -> str:
    with suppress(OSError):
        return (place / "current").readlink().name
    return ""


def _health(file: Path) -> Mapping[str, Any]:
    """What a release says of itself, if it does."""
    with suppress(OSError, ValueError):
        told = json.loads(file.read_bytes())
        if isinstance(told, dict):
            return {name: value for name, value in told.items() if isinstance(value, str)}
    return {}


def _found(place: Path, path: str) -> Path | None:
    """A file of the release that is live, and of nothing else."""
    try:
        release = (place / "current").resolve(strict=True)
        file = (release / path).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return file if file.is_relative_to(release) and file.is_file() else None
