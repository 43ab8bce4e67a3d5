"""What is delivered, and how each environment stands."""

from aiohttp import web
from pydantic import BaseModel

from app.web.api import asked, shapes, told
from app.web.api.answer import answer
from app.web.api.reading import Desk
from deploy.deployment import place


class InRepository(BaseModel):
    owner: asked.Name
    name: asked.Name

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


class OfService(InRepository):
    service: asked.Name


class InEnvironment(OfService):
    environment: asked.Name


class Services:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def services(self, request: web.Request) -> web.Response:
        """The services of a repository."""
        named, look = asked.path(request, InRepository), self._desk.look()
        found = await look.services(await look.repository(named.full_name))
        return answer(shapes.Services(services=[told.service(each) for each in found]))

    async def environments(self, request: web.Request) -> web.Response:
        """How each environment of a service stands: what is there, what waits, what moves, what holds it."""
        named, look = asked.path(request, OfService), self._desk.look()
        repository = await look.repository(named.full_name)
        service = await look.service(repository, named.service)
        found = []
        for each in service.environments:
            here = await look.place(repository.id, service.name, each.name)
            holds = await look.cd.holds.covering(place(repository.id, service.name, each.name))
            found.append(told.environment(each, here, [hold for hold in holds if hold.is_active(look.cd.now)]))
        return answer(shapes.Environments(environments=found))
