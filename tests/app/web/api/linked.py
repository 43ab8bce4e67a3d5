"""The API before a store of links: three people in two workspaces, of whom two are the same on GitHub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from app.store.commands import CommandShelf
from app.store.database import Database
from app.store.links import StoredLinks
from app.web.api import api
from app.web.http import http_runner
from deploy.speech import Person, Speaker
from tests.app.web.api.site import TOKEN, Site

ANA, SAM = Person(id=7, login="ana"), Person(id=8, login="sam-hill")
LINKED = {
    Speaker(workspace="T1", user="U0ANA", name="Ana Lima"): ANA,
    Speaker(workspace="T1", user="U0SAM", name="Sam"): SAM,
    Speaker(workspace="T2", user="W77", name=""): ANA,
}
SINCE = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


@dataclass
class LinkedSite:
    site: Site
    links: StoredLinks

    async def who(self) -> list[tuple[str, str, str]]:
        """(workspace, user, login)"""
        return [(each.speaker.workspace, each.speaker.user, each.person.login) for each in await self.links.all()]


@asynccontextmanager
async def linked_site(database: Database, *, anybody: bool = True) -> AsyncIterator[LinkedSite]:
    made = Site(database)
    links = StoredLinks(database, made.log, public_url="http://127.0.0.1", secrets=["secret"], clock=lambda: SINCE)
    for speaker, person in LINKED.items() if anybody else ():
        assert await links.link(speaker, (await links.issue(person)).text) == person
    app = web.Application()
    shelf = CommandShelf(database, made.log, made.wake.set)
    app.add_subapp("/api", api((TOKEN,), database, made.cd, shelf, links))
    runner = http_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield LinkedSite(made, links)
    finally:
        await runner.cleanup()
