"""Deployments as rows, changed only as they were read, and what GitHub shows of each as far as we know."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, CompoundSelect, bindparam, insert, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.clock import to_number
from app.store.database import Database
from app.store.tables import announced, deployments
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from checks.errors import Permanent, Transient
from deploy.announcement import Announced
from deploy.deployment import WAITING, Deployment, State
from deploy.place import Place
from deploy.ports import Deployments

OPEN = [state.value for state in State if state.is_waiting or state.is_moving]
MOST_REMEMBERED = 50
"""Deployments of a place that were live and are not any more, and as many of all others: enough to roll back to."""


def _at_a_place() -> CompoundSelect[*tuple[Any, ...]]:
    """What is open at a place, and the newest that were live there, and of all."""
    at = select(deployments).where(deployments.c.place == bindparam("name"))
    newest = at.order_by(deployments.c.id.desc()).limit(MOST_REMEMBERED)
    parts = [at.where(deployments.c.state.in_(OPEN)), newest.where(deployments.c.was_live.is_(True)), newest]
    return union_all(*(select(part.subquery()) for part in parts))


_AT = _at_a_place()


class StoredDeployments(Deployments):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._changes: dict[str, int] = {}

    async def get(self, deployment: str) -> Deployment:
        found = await self.find(deployment)
        if found is None:
            raise Permanent(f"there is no deployment {deployment}")
        return found

    async def find(self, deployment: str) -> Deployment | None:
        found = await self._find(deployments.c.id == deployment)
        return found[0] if found else None

    async def place(self, name: str) -> Place:
        return (await self.places([name]))[name]

    async def places(self, names: Sequence[str]) -> Mapping[str, Place]:
        async with self._work.read() as connection:
            return {name: self._place(name, await connection.execute(_AT, {"name": name})) for name in names}

    async def of_commit(self, repository: int, sha: str) -> Sequence[Deployment]:
        return (await self._find((deployments.c.repository_id == repository) & (deployments.c.sha == sha)))[::-1]

    async def waiting_below(self, scope: str) -> Sequence[Deployment]:
        waiting = deployments.c.state.in_([state.value for state in WAITING])
        within = or_(deployments.c.place == scope, deployments.c.place.startswith(f"{scope}/", autoescape=True))
        return await self._find(waiting & within if scope else waiting)

    def save(self, deployment: Deployment) -> None:
        self._work.later(_Replace(deployment, self._changes.get(deployment.id, 0)))

    def _place(self, name: str, rows: Iterable[Any]) -> Place:
        found = {row.id: row for row in rows}
        return Place(name=name, deployments=tuple(self._read([found[key] for key in sorted(found, reverse=True)])))

    async def _find(self, where: ColumnElement[bool]) -> list[Deployment]:
        return self._read(await self._rows(select(deployments).where(where).order_by(deployments.c.id)))

    async def _rows(self, query: Any) -> Sequence[Any]:
        async with self._work.read() as connection:
            return (await connection.execute(query)).all()

    def _read(self, rows: Sequence[Any]) -> list[Deployment]:
        for row in rows:  # what was read first counts: who decided on older facts has to look again
            self._changes.setdefault(row.id, row.changes)
        return [msgspec.json.decode(row.data, type=Deployment) for row in rows]


class _Replace:
    """Writes a deployment over the one that was read; if there is a newer one the task has to look again."""

    def __init__(self, deployment: Deployment, changes: int) -> None:
        self._deployment = deployment
        self._changes = changes

    async def __call__(self, connection: AsyncConnection) -> None:
        row = _row(self._deployment, self._changes + 1)
        if not self._changes:
            await connection.execute(insert(deployments).values(row))
            return
        where = (deployments.c.id == self._deployment.id) & (deployments.c.changes == self._changes)
        if (await connection.execute(update(deployments).where(where).values(row))).rowcount != 1:
            raise Transient(f"deployment {self._deployment.id} was changed by somebody else")


def _row(deployment: Deployment, changes: int) -> dict[str, Any]:
    return {
        "id": deployment.id,
        "place": deployment.place,
        "repository_id": deployment.version.repository,
        "sha": deployment.version.sha,
        "state": deployment.state,
        "was_live": deployment.live_at is not None,
        "look_at": to_number(deployment.look_at) if deployment.look_at else None,
        "changes": changes,
        "data": msgspec.json.encode(deployment).decode(),
    }


class DeploymentShelf:
    """Deployments for those who only look: the sweep, the API and the pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: int) -> Sequence[str]:
        """Those that have something to look at again, the longest overdue first."""
        query = select(deployments.c.id).where(deployments.c.look_at <= now).order_by(deployments.c.look_at)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalars().all()

    async def newest(self, limit: int = 50) -> Sequence[Deployment]:
        query = select(deployments.c.data).order_by(deployments.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).scalars()
            return [msgspec.json.decode(data, type=Deployment) for data in rows]


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
