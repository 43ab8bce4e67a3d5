"""What happened in an environment, and all that is known of one deployment."""

from aiohttp import web
from pydantic import BaseModel

from app.web.api import asked, shapes, told
from app.web.api.answer import answer
from app.web.api.reading import Desk
from app.web.api.services import InEnvironment


class ById(BaseModel):
    id: asked.Identity


class Deployments:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of_environment(self, request: web.Request) -> web.Response:
        """The deployments of an environment that matter still, the newest first."""
        named, look = asked.path(request, InEnvironment), self._desk.look()
        repository = await look.repository(named.full_name)
        service = await look.service(repository, named.service)
        environment = look.environment(service, named.environment)
        here = await look.place(repository.id, service.name, environment.name)
        return answer(shapes.Deployments(deployments=[told.deployment(each) for each in here.deployments]))

    async def one(self, request: web.Request) -> web.Response:
        """A deployment with its promotions, decisions, values, and why it is where it is."""
        named, look = asked.path(request, ById), self._desk.look()
        found = await look.deployment(named.id)
        return answer(told.whole(found, await look.why_deployment(found)))
