"""The REST API: a table of addresses for each kind of thing, all of them served in the same way."""

from aiohttp import web

from app.demo.github.rest import (
    app,
    archives,
    checks,
    comments,
    deployments,
    environments,
    people,
    pull_requests,
    repositories,
    statuses,
    teams,
)
from app.demo.github.rest.call import Route
from app.demo.github.rest.serving import mount, nowhere

ROUTES: tuple[Route, ...] = (
    *app.ROUTES,
    *archives.ROUTES,
    *checks.ROUTES,
    *comments.ROUTES,
    *deployments.ROUTES,
    *environments.ROUTES,
    *people.ROUTES,
    *pull_requests.ROUTES,
    *statuses.ROUTES,  # before those of repositories, where a ref may end in anything
    *repositories.ROUTES,
    *teams.ROUTES,
)


def routes() -> list[web.RouteDef]:
    return mount([*ROUTES, ("*", "/{tail:.*}", nowhere)])
