"""The API of delivery, below `/api`: what is where, why, and commands. One file a resource."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from aiohttp import web

from app.store.database import Database
from app.store.repositories import RepositoryShelf
from app.store.unit_of_work import UnitOfWork
from app.web.api import openapi, shapes
from app.web.api.commands import Commands, Given, Kept, Outcome, Planned, Shelf
from app.web.api.deployments import ById, Deployments
from app.web.api.door import OPEN_TO_ALL, guarded
from app.web.api.links import Everybody, InWorkspace, Linked, Links, LinkShelf
from app.web.api.openapi import Operation
from app.web.api.reading import Desk
from app.web.api.services import InEnvironment, InRepository, OfService, Services
from app.web.api.why import Question, Questions
from deploy.ports import CD

REPOSITORY = "/repositories/{owner}/{name}"
SERVICE = f"{REPOSITORY}/services/{{service}}"


def api(
    tokens: Sequence[str],
    database: Database,
    bundle: Callable[[UnitOfWork], CD],
    commands: Shelf,
    links: LinkShelf | None = None,
) -> web.Application:
    """To be added below `/api`. Without a token it only says that it is closed, and what it would be.

    Without `links` there is no chat that anybody could be linked in.
    """
    desk = Desk(database, bundle, RepositoryShelf(database))
    operations = [*_operations(desk, commands), *(_about_links(links) if links else ())]
    app = web.Application(middlewares=[guarded(tokens)])
    for each in operations:
        app.router.add_route(each.method, each.path, each.handler)
    app.router.add_get(OPEN_TO_ALL.removeprefix("/api"), openapi.door(operations))
    return app


def _operations(desk: Desk, shelf: Shelf) -> Sequence[Operation]:
    services, deployments, questions = Services(desk), Deployments(desk), Questions(desk)
    commands = Commands(desk, shelf)
    ok = HTTPStatus.OK
    return [
        Operation("GET", f"{REPOSITORY}/services", services.services, {ok: shapes.Services}, InRepository),
        Operation("GET", f"{SERVICE}/environments", services.environments, {ok: shapes.Environments}, OfService),
        Operation(
            "GET", f"{SERVICE}/environments/{{environment}}/live", services.live, {ok: shapes.Observed}, InEnvironment
        ),
        Operation(
            "GET",
            f"{SERVICE}/environments/{{environment}}/deployments",
            deployments.of_environment,
            {ok: shapes.Deployments},
            InEnvironment,
        ),
        Operation("GET", "/deployments/{id}", deployments.one, {ok: shapes.WholeDeployment}, ById),
        Operation("GET", "/why", questions.why, {ok: shapes.Explanations}, in_query=Question),
        Operation("POST", "/commands", commands.give, {ok: Planned, HTTPStatus.ACCEPTED: Kept}, in_body=Given),
        Operation("GET", "/commands/{id}", commands.outcome, {ok: Outcome}, ById),
    ]


def _about_links(shelf: LinkShelf) -> Sequence[Operation]:
    links, ok = Links(shelf), HTTPStatus.OK
    return [
        Operation("GET", "/links", links.everybody, {ok: Everybody}),
        Operation("DELETE", "/links/{workspace}/{user}", links.unlink, {ok: Linked}, InWorkspace),
    ]
