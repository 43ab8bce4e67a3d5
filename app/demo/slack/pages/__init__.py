"""The pages of the local Slack: a calm chat in which everything can be pressed."""

from pathlib import Path

from aiohttp import web

from app.demo.slack.acting import initial, options
from app.demo.slack.pages import talk
from app.demo.slack.pages.mrkdwn import SCHEMES, link, mrkdwn, plain, rich
from app.demo.slack.pages.visit import PAGES, moment
from app.web import live
from app.web.pages import Pages


def setup(site: web.Application) -> None:
    """Adds all pages to a site that knows its `SLACK`; after the doors of the App."""
    pages = site[PAGES] = Pages(Path(__file__).parent)
    pages.templates.filters |= {"moment": moment, "plain_text": plain}
    pages.templates.globals |= {
        "initial": initial,
        "link": link,
        "mrkdwn": mrkdwn,
        "options": options,
        "rich": rich,
        "schemes": SCHEMES,
    }
    pages.register(site)
    live.register(site)
    site.add_routes(talk.ROUTES)
