"""The pages of the local GitHub: what a person sees, and the buttons that really do what they say."""

from pathlib import Path

from aiohttp import web

from app.demo.github.pages import authorize, checks, code, deliveries, deployments, lists, pull, visit
from app.demo.github.pages.look import PAGES, new_pages
from app.web import live


def setup(site: web.Application) -> None:
    """Adds all pages to a site that knows its `GITHUB`; after git and REST, because any name may be a page."""
    pages = new_pages(Path(__file__).parent)
    site[PAGES] = pages
    pages.register(site)
    live.register(site)
    for module in (visit, authorize, deliveries, deployments, checks, pull, code, lists):
        site.add_routes(module.ROUTES)
