"""Deployments as rows, and what GitHub shows of each as far as we know."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import announced, deployments
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from checks.errors import Permanent
from deploy.announcement import Announced
from deploy.deployment import Deployment, State
from deploy.ports import Deployments


class StoredDeployments(Deployments):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def get(self, deployment: str) -> Deployment:
        async with self._work.read() as connection:
            query = select(deployments.c.data).where(deployments.c.id == deployment)
            data = (await connection.execute(query)).scalar()
        if data is None:
            raise Permanent(f"there is no deployment {deployment}")
        return msgspec.json.decode(data, type=Deployment)

    async def live_in(self, place: str) -> Sequence[Deployment]:
        where = (deployments.c.place == place) & (deployments.c.state == State.LIVE)
        async with self._work.read() as connection:
            rows = (await connection.execute(select(deployments.c.data).where(where))).scalars()
            return [msgspec.json.decode(data, type=Deployment) for data in rows]

    def save(self, deployment: Deployment) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {
                "id": deployment.id,
                "place": deployment.place,
                "state": deployment.state,
                "data": msgspec.json.encode(deployment).decode(),
            }
            await upsert(connection, deployments, row)

        self._work.later(write)


class StoredAnnounced:
    """The remembering half of `deploy.ports.Announcements`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def known(self, deployment: str) -> Announced | None:
        async with self._work.read() as connection:
            query = select(announced.c.data).where(announced.c.deployment_id == deployment)
            data = (await connection.execute(query)).scalar()
        return None if data is None else msgspec.json.decode(data, type=Announced)

    def save(self, told: Announced) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {"deployment_id": told.deployment, "data": msgspec.json.encode(told).decode()}
            await upsert(connection, announced, row)

        self._work.later(write)
