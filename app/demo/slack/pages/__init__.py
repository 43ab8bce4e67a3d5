"""The pages of the local Slack: a calm chat in which everything can be pressed."""

from aiohttp import web


def setup(site: web.Application) -> None:
    """Adds all pages to a site that knows its `SLACK`."""
