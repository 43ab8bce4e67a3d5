"""The pages of the local Slack: a calm chat in which everything can be pressed."""

from aiohttp import web

from app.demo.slack.filling import initial, options
from app.demo.slack.pages import talk
from app.demo.slack.pages.house import HOUSE, House
from app.demo.slack.pages.mrkdwn import link, mrkdwn, plain, rich
from app.demo.slack.pages.visit import moment


def setup(site: web.Application) -> None:
    """Adds all pages to a site that knows its `SLACK`; after the doors of the App."""
    site[HOUSE] = House(
        initial=initial, link=link, moment=moment, mrkdwn=mrkdwn, options=options, plain=plain, rich=rich
    )
    site.router.add_get("/static/{name}", site[HOUSE].serve)
    site.add_routes(talk.ROUTES)
