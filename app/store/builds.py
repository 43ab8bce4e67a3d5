"""Builds as rows: found by commit, pull request or state, and changed only as they were read."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database
from app.store.tables import builds
from app.store.unit_of_work import UnitOfWork
from checks.build import Architecture, Build, Moved, State, created
from checks.errors import Permanent, Transient
from checks.events import Event
from checks.ports import Builds

_ACTIVE = [state.value for state in State if not state.is_final]


class StoredBuilds(Builds):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._versions: dict[str, int] = {}

    async def get(self, build: str) -> Build:
        found = await self._find(builds.c.id == build)
        if not found:
            raise Permanent(f"there is no build {build}")
        return found[0]

    async def of_commit(self, repository: int, sha: str) -> Sequence[Build]:
        return (await self._find((builds.c.repository_id == repository) & (builds.c.sha == sha)))[::-1]

    async def active(self, repository: int, pull_request: int | None = None) -> Sequence[Build]:
        wanted = (builds.c.repository_id == repository) & builds.c.state.in_(_ACTIVE)
        return await self._find(wanted if pull_request is None else wanted & (builds.c.pull_request == pull_request))

    async def waiting_before(self, build: Build) -> int:
        query = select(func.count()).where(builds.c.state == State.QUEUED, builds.c.id < build.id)
        async with self._work.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def delayed_before(self, build: Build) -> str:
        found = await self._find(_delayed(build.architecture) & (builds.c.id < build.id))
        return found[0].delay if found else ""

    def add(self, build: Build) -> Sequence[Event]:
        async def write(connection: AsyncConnection) -> None:
            try:
                await connection.execute(insert(builds).values(_row(build, version=1)))
            except IntegrityError:  # another lane asked for the same attempt: with its build in sight we may want none
                raise Transient(f"attempt {build.attempt} at this commit was begun by somebody else") from None

        self._work.later(write)
        return [created(build)]

    def save(self, moved: Moved) -> Sequence[Event]:
        if moved.changed:
            self._work.later(_Replace(moved.build, self._versions[moved.build.id]))
        return moved.events

    async def _find(self, where: ColumnElement[bool]) -> list[Build]:
        async with self._work.read() as connection:
            rows = (await connection.execute(select(builds).where(where).order_by(builds.c.id))).all()
        self._versions |= {row.id: row.version for row in rows}
        return [msgspec.json.decode(row.data, type=Build) for row in rows]


class _Replace:
    """Writes a build over the version that was read; if there is a newer one the task has to look again."""

    def __init__(self, build: Build, version: int) -> None:
        self._build = build
        self._version = version

    async def __call__(self, connection: AsyncConnection) -> None:
        result = await connection.execute(
            update(builds)
            .where(builds.c.id == self._build.id, builds.c.version == self._version)
            .values(_row(self._build, version=self._version + 1))
        )
        if result.rowcount != 1:
            raise Transient(f"build {self._build.id} was changed by somebody else")


class BuildShelf:
    """Builds for those who only look: the watcher and the pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def build(self, build: str) -> Build | None:
        found = await self._find(builds.c.id == build)
        return found[0] if found else None

    async def with_runs(self) -> Sequence[Build]:
        """Builds that a runner has and that have not ended."""
        return await self._find(builds.c.state.in_((State.QUEUED, State.RUNNING)) & (builds.c.run != ""))

    async def delayed(self) -> Sequence[Build]:
        """Builds that no runner takes now, the oldest first."""
        return await self._find((builds.c.state == State.QUEUED) & builds.c.delayed)

    async def newest(self, limit: int = 50) -> Sequence[Build]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(builds.c.data).order_by(builds.c.id.desc()).limit(limit))
            return [msgspec.json.decode(data, type=Build) for data in rows.scalars()]

    async def _find(self, where: ColumnElement[bool]) -> Sequence[Build]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(builds.c.data).where(where).order_by(builds.c.id))
            return [msgspec.json.decode(data, type=Build) for data in rows.scalars()]


def _delayed(architecture: Architecture) -> ColumnElement[bool]:
    """Each architecture has limits of its own."""
    return (builds.c.state == State.QUEUED) & builds.c.delayed & (builds.c.architecture == architecture)


def _row(build: Build, version: int) -> dict[str, object]:
    pull_request = build.change.pull_request
    return {
        "id": build.id,
        "repository_id": build.change.repository.id,
        "sha": build.change.sha,
        "purpose": build.change.purpose,
        "architecture": build.architecture,
        "attempt": build.attempt,
        "pull_request": pull_request.number if pull_request else None,
        "state": build.state,
        "run": build.run,
        "delayed": bool(build.delay),
        "version": version,
        "data": msgspec.json.encode(build).decode(),
    }
