"""What is delivered, and how each environment stands."""

import asyncio
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel

from app.web.api import asked, shapes, told
from app.web.api.answer import Refusal, answer
from app.web.api.reading import Desk
from checks.errors import Transient
from deploy.deployment import place
from deploy.drift import observe

PATIENCE = 30.0
"""Seconds that a target may take to say what is there."""


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

    async def live(self, request: web.Request) -> web.Response:
        """What the environment's target itself says is there, and whether that is what was deployed."""
        named, look = asked.path(request, InEnvironment), self._desk.look()
        repository = await look.repository(named.full_name)
        service = await look.service(repository, named.service)
        environment = look.environment(service, named.environment)
        here = await look.place(repository.id, service.name, environment.name)
        try:
            async with asyncio.timeout(PATIENCE):
                found = await observe(here.present, repository, look.cd)
        except (Transient, TimeoutError) as trouble:
            why = str(trouble) or f"{environment.name} did not answer within {PATIENCE:.0f} s"
            raise Refusal(HTTPStatus.BAD_GATEWAY, why) from None
        return answer(shapes.Observed.model_validate(found))
