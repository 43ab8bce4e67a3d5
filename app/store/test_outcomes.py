"""How the tests of builds ended, beside the builds, as they are only read to compare."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import builds, test_outcomes
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import upsert
from checks.build import Architecture, Build
from checks.change import Purpose
from checks.ports import TestHistory
from checks.test_outcomes import TestOutcomes


class StoredTestHistory(TestHistory):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def of(self, builds: Sequence[str]) -> Mapping[str, TestOutcomes]:
        query = select(test_outcomes).where(test_outcomes.c.build_id.in_(builds))
        async with self._work.read() as connection:
            rows = await connection.execute(query)
            return {row.build_id: TestOutcomes(passed=row.passed, failed=row.failed) for row in rows}

    async def of_newest_push(
        self, repository: int, architecture: Architecture, *, before: str = ""
    ) -> tuple[Build, TestOutcomes] | None:
        wanted = (
            (builds.c.repository_id == repository)
            & builds.c.pull_request.is_(None)  # this alone is in an index
            & (builds.c.purpose == Purpose.PUSH)
            & (builds.c.architecture == architecture)
        )
        query = select(builds.c.data, test_outcomes.c.passed, test_outcomes.c.failed).join(test_outcomes).where(wanted)
        if before:
            query = query.where(builds.c.id < before)
        async with self._work.read() as connection:
            row = (await connection.execute(query.order_by(builds.c.id.desc()).limit(1))).one_or_none()
        if row is None:
            return None
        return msgspec.json.decode(row.data, type=Build), TestOutcomes(passed=row.passed, failed=row.failed)

    def save(self, build: str, outcomes: TestOutcomes) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {"build_id": build, "passed": outcomes.passed, "failed": outcomes.failed}
            await upsert(connection, test_outcomes, row)

        self._work.later(write)
