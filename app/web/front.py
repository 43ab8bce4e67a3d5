"""The App's own address: whoever opens it sees that it runs, and where to look."""

from aiohttp import web

from app.web.notice import Notice, show
from app.web.pages import Pages

FRONT = Notice(
    200,
    "Interlock is running",
    (
        "Pushes and pull requests become checks on their commits, and versions become deployments on GitHub.",
        "To see a build, open its check, then Details, then the full log.",
        "In a terminal, interlock status tells what is where, and interlock why what it waits for.",
    ),
)


def register(app: web.Application, *, pages: Pages) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return show(pages, FRONT)

    app.router.add_get("/", answer)
