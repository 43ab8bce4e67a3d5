"""Whoever opens the App's own address sees that it runs."""

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from app.web import front
from app.web.pages import Pages


async def test_the_address_of_the_app_says_that_it_runs_and_where_to_look() -> None:
    app, pages = web.Application(), Pages()
    pages.register(app)
    front.register(app, pages=pages)

    async with TestServer(app) as server, ClientSession() as session, session.get(server.make_url("/")) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        text = await answer.text()

    assert "<h1>Interlock is running</h1>" in text
    assert "interlock why" in text
