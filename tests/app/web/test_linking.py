"""The page that gives out codes: to who signed in, for themselves alone, and no copy of it is kept."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest
import structlog
from aiohttp import web

from app.github.authorization import Authorization
from app.github.secret import Secret
from app.store.database import Database
from app.store.events import EventLog
from app.store.links import PAGE, LinkCode, StoredLinks
from app.web import linking, sign_in
from app.web.linking import Codes
from app.web.links import BuildLinks
from app.web.pages import Pages
from app.web.server import application
from app.web.sign_in import Visitors
from checks.errors import Transient
from checks.runners.local.runner import LocalRunner
from deploy.speech import Person, Speaker
from tests.app.web.build_site import NOBODY, World
from tests.app.web.private_site import Browser, PrivateSite, title

HERE = Speaker(workspace="T1", user="U1", name="Ana Lima")
CODE = re.compile(r"/interlock link <strong>([0-9A-Z]{4}-[0-9A-Z]{4})</strong>")


class Ill:
    async def issue(self, person: Person) -> LinkCode:
        raise Transient("the disk is full")


class Far:
    """A code whose end is known beforehand."""

    async def issue(self, person: Person) -> LinkCode:
        return LinkCode(text="K7QX-42MD", until=datetime.fromisoformat("2126-11-21T14:12:00Z"))


@pytest.fixture
def links(database: Database) -> StoredLinks:
    return StoredLinks(database, EventLog(lambda _event: ()), public_url="http://127.0.0.1", secrets=["secret"])


@asynccontextmanager
async def opened(visitors: Visitors, codes: Codes) -> AsyncIterator[str]:
    """The address of the page."""
    app, pages = web.Application(), Pages()
    pages.register(app)
    linking.register(app, pages=pages, visitors=visitors, codes=codes)
    async with served(app) as url:
        yield url + PAGE


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def linking_site(site: PrivateSite, codes: Codes) -> AsyncIterator[str]:
    """The same for whoever signed in on the site of builds: a browser keeps cookies for a host, whatever the port."""
    registered = site.registered
    async with (
        Authorization(
            site.github.api_url, registered.client_id, Secret(registered.client_secret), lambda *_: None
        ) as authorization,
        opened(Visitors(site.seal, site.world.url, authorization), codes) as page,
    ):
        yield page


async def code(answer: aiohttp.ClientResponse) -> str:
    found = CODE.search(await answer.text())
    assert found
    return found[1]


async def test_who_signed_in_gets_a_code_that_makes_the_speaker_them(
    site: PrivateSite, browser: Browser, links: StoredLinks
) -> None:
    async with linking_site(site, links) as page:
        first = await browser.get(page)
        assert (first.status, first.headers["Location"]) == (303, "/sign-in?to=%2Fslack%2Flink")
        back = await browser.sign_in("ana", PAGE)
        assert (back.status, back.headers["Location"]) == (303, PAGE)
        shown = await browser.get(page)
        assert await title(shown) == (200, "Act as @ana in Slack")
        linked = await links.link(HERE, await code(shown))
    assert linked
    assert (linked.login, await links.person(HERE)) == ("ana", linked)


async def test_the_page_says_how_long_the_code_counts_and_that_it_is_nobody_elses(
    site: PrivateSite, browser: Browser
) -> None:
    async with linking_site(site, Far()) as page:
        await browser.sign_in("ana")
        text = await (await browser.get(page)).text()
    assert "/interlock link <strong>K7QX-42MD</strong>" in text
    assert "counts once, until 14:12 UTC (10 minutes)" in text
    assert "Give it to nobody: whoever types it in Slack acts as @ana." in text


async def test_every_look_makes_a_new_code_and_the_one_before_counts_no_more(
    site: PrivateSite, browser: Browser, links: StoredLinks
) -> None:
    async with linking_site(site, links) as page:
        await browser.sign_in("ana")
        before, after = [await code(await browser.get(page)) for _ in range(2)]
    linked = await links.link(HERE, before), await links.link(HERE, after)
    assert [each and each.login for each in linked] == [None, "ana"]


async def test_nobody_keeps_frames_or_sends_on_what_the_page_says(
    site: PrivateSite, browser: Browser, links: StoredLinks
) -> None:
    async with linking_site(site, links) as page:
        stranger = await browser.get(page)
        await browser.sign_in("ana")
        shown = await browser.get(page)
    assert [each.headers["Cache-Control"] for each in (stranger, shown)] == ["no-store", "no-store"]
    policy = shown.headers["Content-Security-Policy"]
    assert ("frame-ancestors 'none'" in policy, shown.headers["Referrer-Policy"]) == (True, "same-origin")


async def test_who_only_asks_what_is_there_makes_no_code(
    site: PrivateSite, browser: Browser, links: StoredLinks
) -> None:
    async with linking_site(site, links) as page:
        await browser.sign_in("ana")
        shown = await code(await browser.get(page))
        async with browser.http.head(page) as answer:
            assert answer.status == 405
    assert await links.link(HERE, shown)


async def test_a_session_that_ended_shows_no_code(site: PrivateSite, browser: Browser, links: StoredLinks) -> None:
    async with linking_site(site, links) as page:
        await browser.sign_in("ana")
        site.hands.passed += sign_in.SESSION_LIFE.total_seconds() + 1
        assert (await browser.get(page)).headers["Location"] == "/sign-in?to=%2Fslack%2Flink"


async def test_a_store_that_is_away_is_said_with_what_to_do(site: PrivateSite, browser: Browser) -> None:
    async with linking_site(site, Ill()) as page:
        await browser.sign_in("ana")
        told = await browser.get(page)
    assert await title(told) == (503, "There is no code for you yet")
    assert (told.headers["Cache-Control"], 'href="/slack/link">Try again' in await told.text()) == ("no-store", True)


async def test_where_nobody_can_sign_in_the_page_names_what_is_missing(links: StoredLinks) -> None:
    async with opened(NOBODY, links) as page, aiohttp.ClientSession() as http, http.get(page) as told:
        assert await title(told) == (403, "Sign-in is not set up")
        assert "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are not set" in await told.text()


@pytest.mark.parametrize(("is_set_up", "status"), [(True, 403), (False, 404)])
async def test_the_page_is_there_where_a_chat_is_set_up(
    database: Database, links: StoredLinks, tmp_path: Path, is_set_up: bool, status: int
) -> None:
    site = application(
        doors=(),
        runner=LocalRunner(tmp_path / "builds"),
        links=BuildLinks(""),
        people=World(),
        visitors=NOBODY,
        database=database,
        api=web.Application(),
        codes=links if is_set_up else None,
    )
    async with served(site) as url, aiohttp.ClientSession() as http, http.get(url + PAGE) as told:
        assert told.status == status


async def test_no_code_is_logged(
    site: PrivateSite, browser: Browser, links: StoredLinks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as said:
        async with linking_site(site, links) as page:
            await browser.sign_in("ana")
            shown = await code(await browser.get(page))
            await links.link(HERE, shown)
    written = repr([*said, *caplog.messages])
    assert [each for each in (shown, shown.replace("-", "")) if each in written] == []
