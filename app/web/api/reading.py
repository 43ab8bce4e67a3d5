"""What the API reads: names become records, and a name that there is not is told with those that are near."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from msgspec.structs import replace

from app.store.clock import now
from app.store.database import Database
from app.store.unit_of_work import UnitOfWork
from app.web.api.answer import Refusal, not_found
from checks.errors import Permanent, Transient
from checks.repository import Repository
from deploy import why
from deploy.deployment import Deployment, State, place
from deploy.flow.deciding import decided
from deploy.flow.pins import holding
from deploy.hold import Hold
from deploy.near import unknown
from deploy.order import Decision
from deploy.pipeline import Environment, Service
from deploy.place import Place
from deploy.ports import CD
from deploy.version import Version

PATIENCE = 5.0
"""Seconds that GitHub may take to tell how commits lie to each other; without an answer the rest is told."""


class Names(Protocol):
    async def names(self) -> Sequence[str]:
        """What the repositories are called that the App sees now."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the records. Nothing that it has in hand is ever written."""

    cd: CD
    names: Names

    async def repository(self, full_name: str) -> Repository:
        found = await self.cd.repositories.named(full_name)
        if found is None:
            known = await self.names.names()
            raise not_found(unknown("repository", full_name, known))
        return found

    async def services(self, repository: Repository) -> Sequence[Service]:
        configuration = await self.cd.configurations.get(repository.id)
        return configuration.services if configuration else ()

    async def service(self, repository: Repository, name: str) -> Service:
        services = await self.services(repository)
        if not name and len(services) == 1:
            return services[0]
        found = next((each for each in services if each.name == name), None)
        if found:
            return found
        names = [each.name for each in services]
        if not name and names:
            message = f"{repository.full_name} has several services: say which of {', '.join(sorted(names))}"
            raise Refusal(HTTPStatus.BAD_REQUEST, message)
        if not names:
            raise not_found(f"{repository.full_name} delivers nothing yet: write .github/interlock.yml")
        raise not_found(unknown("service", name, names, f"in {repository.full_name}"))

    def environment(self, service: Service, name: str) -> Environment:
        found = service.environment(name)
        if found is None:
            names = [each.name for each in service.environments]
            raise not_found(unknown("environment", name, names, f"for {service.name}"))
        return found

    async def place(self, repository: int, service: str, environment: str) -> Place:
        return await self.cd.deployments.place(place(repository, service, environment))

    async def deployment(self, name: str) -> Deployment:
        found = await self.cd.deployments.find(name)
        if found is None:
            raise not_found(f'there is no deployment "{name}"')
        return found

    # --- why ---------------------------------------------------------------------------------------

    async def facts(self, repository: int, service: str, environment: Environment) -> why.Facts:
        earlier = environment.earlier
        return why.Facts(
            service=service,
            environment=environment,
            here=await self.place(repository, service, environment.name),
            earlier=await self.place(repository, service, earlier) if earlier else None,
            holds=await self.cd.holds.covering(place(repository, service, environment.name)),
            now=self.cd.now,
        )

    async def why_deployment(self, deployment: Deployment) -> why.Why:
        facts = await self.facts(deployment.version.repository, deployment.service, deployment.environment)
        return why.why_deployment(deployment, await self._ordered(deployment, facts))

    async def why_environment(self, repository: int, service: Service, environment: Environment) -> why.Why:
        facts = await self.facts(repository, service.name, environment)
        return why.why_environment(await self._ordered(why.in_question(facts.here), facts))

    async def why_version(self, version: Version, service: Service, environment: Environment) -> why.Why:
        facts = await self.facts(version.repository, service.name, environment)
        facts = await self._ordered(why.of_version(version, facts.here), facts)
        return why.why_version(version, service, facts)

    async def _ordered(self, deployment: Deployment | None, facts: why.Facts) -> why.Facts:
        if deployment is None or deployment.state is not State.GATED or not deployment.kind.is_gated:
            return facts
        return replace(facts, order=await self._order(deployment), holds=await self._holding(deployment, facts))

    async def _holding(self, deployment: Deployment, facts: why.Facts) -> Sequence[Hold]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await holding(deployment, facts.holds, self.cd)
        except (Transient, Permanent, TimeoutError):
            return facts.holds

    async def _order(self, deployment: Deployment) -> Decision | None:
        """The verdict that it would get now, as against what has arrived there."""
        try:
            async with asyncio.timeout(PATIENCE):
                pointer = await self.cd.pointers.get(deployment.place)
                return await decided(deployment, replace(pointer, aim=pointer.live), self.cd)
        except (Transient, Permanent, TimeoutError):
            return None


class Desk:
    """Where everybody who asks begins: with a look at what is on record now."""

    def __init__(self, database: Database, bundle: Callable[[UnitOfWork], CD], names: Names) -> None:
        self._database = database
        self._bundle = bundle
        self._names = names

    def look(self) -> Reading:
        return Reading(self._bundle(UnitOfWork(self._database, now=now())), self._names)
