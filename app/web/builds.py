"""The page of a build: what it is, how it went, and its whole log while it is written."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from aiohttp import web
from markupsafe import Markup

from app.web import live
from app.web.build_view import View, row
from app.web.log import Found, Line, Log
from app.web.pages import SECURITY, Pages
from app.web.readers import Readers
from app.web.terminal import MOST_CHARACTERS
from checks.build import Build
from checks.errors import Permanent, Transient
from checks.secrets import mask

WINDOW = 500
"""Lines that a page shows unless it is asked for others: the last ones."""

MOST_LINES = 2000
"""Lines that the page's script gets at once."""

MOST_HITS = 100
"""Matching lines that are shown without the script; each is a read of its own."""

MOST_LOGS = 64
"""Logs whose line positions are kept in memory."""

BLOCK = 1 << 18
LONGEST_LINE = 1 << 20
"""Bytes of the raw log: read at once, and kept back while no newline comes."""

NUMBER = re.compile(r"[0-9]{1,15}")

AROUND = 256
"""Lines before and after those that are shown: more than the longest key has."""

MOST_AT_ONCE = 1 << 22
"""Characters that are masked in one go, in which nothing else gets its turn for long."""

PLAIN = {**SECURITY, "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "private, no-cache"}


class Runner(Protocol):
    async def log(self, run: str, start: int = 0, limit: int = 1 << 20) -> bytes: ...


class Links(Protocol):
    def log(self, build: str) -> str: ...


def register(app: web.Application, *, pages: Pages, readers: Readers, runner: Runner, links: Links) -> None:
    """Add the pages of builds. They need `pages` and `live` to be registered too."""
    door = BuildPages(pages, readers, runner, links)
    app.router.add_get("/builds/{build}", door.page)
    app.router.add_get("/builds/{build}/log", door.raw)
    app.router.add_get("/builds/{build}/lines", door.lines)
    app.router.add_get("/builds/{build}/find", door.find)
    app.router.add_get("/builds/{build}/events", door.events)


class BuildPages:
    def __init__(self, pages: Pages, readers: Readers, runner: Runner, links: Links) -> None:
        self._pages = pages
        self._readers = readers
        self._runner = runner
        self._links = links
        self._logs: OrderedDict[str, Log] = OrderedDict()

    async def page(self, request: web.Request) -> web.Response:
        build = await self._readers.build(request)
        log, trouble = await self._log(build)
        view = View(build, log, self._links.log(build.id), datetime.now(UTC))
        last = view.lines
        first = max(1, min(_number(request, "from", last - WINDOW + 1), last))
        sought = request.query.get("find", "")
        found = await self._find(log, sought) if sought.strip() else None
        rows = await self._rows(log, first, min(last, first + WINDOW - 1))
        numbers = found.lines[:MOST_HITS] if found else ()
        hits = [hit for number in numbers for hit in await self._rows(log, number, number)]
        return self._pages.page(
            "build.html",
            view=view,
            person=self._readers.person(request),
            rows=_joined(rows),
            first=first,
            last=first + len(rows) - 1,
            trouble=trouble,
            sought=sought,
            found=found,
            hits=_joined(hits),
        )

    async def lines(self, request: web.Request) -> web.Response:
        """Lines `from` to `to` as the page shows them, for its script."""
        build = await self._readers.build(request)
        log, _ = await self._log(build)
        view = View(build, log, "", datetime.now(UTC))
        first = max(1, _number(request, "from", 1))
        last = min(view.lines, _number(request, "to", first + WINDOW - 1), first + MOST_LINES - 1)
        text = _joined(await self._rows(log, first, last))
        return web.Response(text=text, content_type="text/html", headers={**SECURITY, "Cache-Control": "no-store"})

    async def find(self, request: web.Request) -> web.Response:
        build = await self._readers.build(request)
        log, _ = await self._log(build)
        sought = request.query.get("find", "")
        lines, total = await self._find(log, sought) if sought.strip() else ((), 0)
        return web.json_response({"lines": lines, "total": total}, headers=SECURITY)

    async def raw(self, request: web.Request) -> web.StreamResponse:
        """The log as text, secrets masked. It is given as a whole: half of a secret does not look like one."""
        build = await self._readers.build(request)
        position = 0
        response = web.StreamResponse(headers=PLAIN)
        rest = b""
        try:
            while build.run and (chunk := await self._runner.log(build.run, position, BLOCK)):
                await response.prepare(request)
                position += len(chunk)
                whole, newline, rest = (rest + chunk).rpartition(b"\n")
                if len(rest) > LONGEST_LINE:
                    whole, newline, rest = whole + newline, rest, b""
                await response.write(await asyncio.to_thread(_masked, whole + newline))
        except (Transient, Permanent) as trouble:
            rest += f"\nThe log ends here because it cannot be read now: {trouble}\n".encode()
        await response.prepare(request)
        await response.write(_masked(rest))
        return response

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Ends with the build, or with the right to read it; while that cannot be known nothing is told."""
        await self._readers.build(request)
        told: dict[str, str] = {}

        async def look() -> dict[str, str]:
            nonlocal told
            try:
                now = await self._readers.see(request)
            except Transient:
                return told
            if now is None:
                return {"end": "true"}
            log, trouble = await self._log(now)
            view = View(now, log, "", datetime.now(UTC))
            told = {"lines": str(view.lines), "state": view.version}
            return told | ({"end": "true"} if now.state.is_final and not trouble else {})

        return await live.stream(request, look)

    async def _log(self, build: Build) -> tuple[Log, str]:
        """The log as far as it is written, and why it cannot be read further."""
        if not build.run:
            return Log(_nothing), ""
        log = self._logs.pop(build.run, None) or Log(lambda start, limit: self._runner.log(build.run, start, limit))
        self._logs[build.run] = log
        while len(self._logs) > MOST_LOGS:
            self._logs.popitem(last=False)
        try:
            await log.catch_up()
        except (Transient, Permanent) as trouble:
            return log, str(trouble)
        return log, ""

    async def _rows(self, log: Log, first: int, last: int) -> Sequence[Markup]:
        """The lines as they are shown, masked together with those around them, as a key spans many."""
        if last < first:
            return []
        try:
            lines = await log.read(max(1, first - AROUND), last + AROUND)
        except (Transient, Permanent):
            return []
        return await asyncio.to_thread(_shown, lines, first, last)

    async def _find(self, log: Log, sought: str) -> Found:
        try:
            return await log.find(sought)
        except (Transient, Permanent):
            return Found((), 0)


async def _nothing(_start: int, _limit: int) -> bytes:
    return b""


def _shown(lines: Sequence[Line], first: int, last: int) -> Sequence[Markup]:
    # Twice of what is shown: a secret at the edge is seen as a whole.
    longest = min(2 * MOST_CHARACTERS, MOST_AT_ONCE // len(lines)) if lines else 0
    cut = [line.text[:longest] for line in lines]
    masked = zip(lines, mask("\n".join(cut), by_line=True).split("\n"), cut, strict=True)
    return [
        row(line.number, text, len(line.text) - len(original))
        for line, text, original in masked
        if first <= line.number <= last
    ]


def _joined(rows: Sequence[Markup]) -> Markup:
    return Markup("").join(rows)


def _masked(text: bytes) -> bytes:
    return mask(text.decode(errors="replace")).encode()


def _number(request: web.Request, name: str, otherwise: int) -> int:
    given = request.query.get(name, "")
    return int(given) if NUMBER.fullmatch(given) else otherwise
