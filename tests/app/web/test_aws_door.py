"""The door for AWS lets in who knows the secret, keeps what is for us, and answers so that nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import ClientSession, web

from app.web.aws import HEADER, AWSDoor
from checks.errors import Transient
from checks.events import RunNoticed
from tests.app.aws.test_notification import BUILD, RUN, event

ENDED = event(**{"build-status": "FAILED", "current-phase": "COMPLETED"})


class Shelf:
    def __init__(self) -> None:
        self.kept: list[RunNoticed] = []
        self.trouble: Exception | None = None

    async def keep(self, notices: Sequence[RunNoticed]) -> None:
        if self.trouble:
            raise self.trouble
        self.kept += notices


class Site:
    def __init__(self, url: str, shelf: Shelf, woke: asyncio.Event) -> None:
        self.url = url
        self.shelf = shelf
        self.woke = woke

    async def post(self, body: bytes, secret: str | None = "hush-two") -> tuple[int, str]:
        headers = {} if secret is None else {HEADER: secret}
        async with ClientSession() as session, session.post(f"{self.url}/aws", data=body, headers=headers) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async for made in _site(("hush-one", "hush-two")):
        yield made


async def _site(secrets: Sequence[str]) -> AsyncIterator[Site]:
    shelf, woke = Shelf(), asyncio.Event()
    app = web.Application()
    app.add_routes([AWSDoor(secrets, shelf.keep, woke).route()])
    runner = web.AppRunner(app)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    try:
        yield Site(f"http://127.0.0.1:{runner.addresses[0][1]}", shelf, woke)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("secret", ["hush-one", "hush-two"])
async def test_a_notice_is_kept_before_it_is_answered(site: Site, secret: str) -> None:
    assert await site.post(ENDED, secret) == (200, "kept\n")
    assert site.shelf.kept == [RunNoticed(build=BUILD, run=RUN, ended=True)]
    assert site.woke.is_set()


@pytest.mark.parametrize("secret", [None, "", "hush", "hush-one,hush-two", "hüsh"])
async def test_who_does_not_know_the_secret_is_not_heard(site: Site, secret: str | None) -> None:
    assert await site.post(ENDED, secret) == (401, "X-Interlock-Secret is missing or wrong\n")
    assert site.shelf.kept == []


async def test_what_is_not_for_us_is_taken_and_forgotten(site: Site) -> None:
    assert await site.post(event(token="x", **{"build-status": "FAILED"})) == (
        200,
        "Interlock did not start this build\n",
    )
    assert (site.shelf.kept, site.woke.is_set()) == ([], False)


async def test_garbage_is_a_bad_request(site: Site) -> None:
    status, text = await site.post(b"{")

    assert (status, text) == (400, "this is not an event of EventBridge: Input data was truncated\n")


async def test_what_cannot_be_kept_is_asked_for_again(site: Site) -> None:
    site.shelf.trouble = Transient("the database did not answer")

    assert await site.post(ENDED) == (503, "it cannot be kept now; send it again\n")
    assert not site.woke.is_set()


async def test_without_a_secret_nothing_is_taken() -> None:
    async for site in _site(()):
        assert await site.post(ENDED, "") == (404, "AWS_NOTIFICATIONS_SECRET is not set, so nothing is taken here\n")
