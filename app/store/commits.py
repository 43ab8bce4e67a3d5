"""Commits by how they begin, from the rows of their builds."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.store.several import rows_of
from app.store.tables import builds
from app.store.unit_of_work import UnitOfWork
from app.store.versions import SHORTEST
from checks.build import State
from checks.change import Purpose
from deploy.ports import Commits

MOST = 10
ACTIVE = [state.value for state in State if not state.is_final]


class StoredCommits(Commits):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def named(self, repository: int, beginning: str) -> Sequence[str]:
        if len(beginning) < SHORTEST:
            return ()
        begins = builds.c.sha.startswith(beginning.lower(), autoescape=True)
        query = select(builds.c.sha).where(builds.c.repository_id == repository, begins).group_by(builds.c.sha)
        async with self._work.read() as connection:
            rows = await connection.execute(query.order_by(func.max(builds.c.id).desc()).limit(MOST))
            return list(rows.scalars())

    async def named_in(self, repositories: Sequence[int], beginning: str) -> Sequence[tuple[int, str]]:
        if len(beginning) < SHORTEST:
            return ()
        begins = builds.c.sha.startswith(beginning.lower(), autoescape=True)
        query = (
            select(builds.c.repository_id, builds.c.sha)
            .where(begins)
            .order_by(func.max(builds.c.id).desc())
            .limit(MOST)
        )
        query = query.group_by(builds.c.repository_id, builds.c.sha)
        rows = await rows_of(self._work, query, builds.c.repository_id, repositories)
        return [(row.repository_id, row.sha) for row in rows]

    async def is_being_built(self, repository: int, sha: str) -> bool:
        of_commit = (builds.c.repository_id == repository) & (builds.c.sha == sha)
        query = select(builds.c.id).where(of_commit, builds.c.state.in_(ACTIVE)).limit(1)
        async with self._work.read() as connection:
            return (await connection.execute(query)).scalar() is not None

    async def newest(self, repository: int) -> str:
        pushed = (builds.c.repository_id == repository) & (builds.c.purpose == Purpose.PUSH)
        query = select(builds.c.sha).where(pushed).order_by(builds.c.id.desc()).limit(1)
        async with self._work.read() as connection:
            return (await connection.execute(query)).scalar() or ""
