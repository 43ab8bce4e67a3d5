"""The doors and pages of the App under one address."""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from app.store.builds import BuildShelf
from app.store.database import Database
from app.store.repositories import RepositoryShelf
from app.web import builds as build_pages
from app.web import front, linking, live, post_build, sign_in
from app.web.links import BuildLinks
from app.web.pages import Pages
from app.web.readers import People, Readers
from app.web.sign_in import Visitors
from checks.errors import Transient
from checks.ports import Runner


def application(  # noqa: PLR0913  one parameter for each part
    *,
    doors: Sequence[web.RouteDef],
    runner: Runner,
    links: BuildLinks,
    people: People,
    visitors: Visitors,
    database: Database,
    api: web.Application,
    codes: linking.Codes | None = None,
) -> web.Application:
    """Without `codes` nobody in a chat can say who they are."""
    app = web.Application()
    app.add_routes(doors)
    app.add_subapp("/api", api)
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", _Ready(database).answer)
    app.router.add_get("/metrics", _metrics)
    pages = Pages()
    pages.register(app)
    front.register(app, pages=pages)
    live.register(app)
    post_build.register(app)
    sign_in.register(app, pages=pages, visitors=visitors)
    if codes:
        linking.register(app, pages=pages, visitors=visitors, codes=codes)
    readers = Readers(pages, BuildShelf(database), RepositoryShelf(database), people, visitors)
    build_pages.register(app, pages=pages, readers=readers, runner=runner, links=links)
    return app


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Ready:
    """Ready is who can keep a delivery."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer(self, _request: web.Request) -> web.Response:
        try:
            async with self._database.read() as connection:
                await connection.execute(text("SELECT 1 FROM tasks LIMIT 1"))
        except Transient as trouble:
            return web.Response(text=f"{trouble}\n", status=HTTPStatus.SERVICE_UNAVAILABLE)
        return web.Response(text="ready\n")
