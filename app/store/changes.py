"""Changes by their intent, so that one occurrence told twice is one change; and the pull requests behind them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import changes, pull_requests
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import insert_if_new, upsert
from checks.change import Change
from checks.ports import Changes, PullRequests
from checks.pull_request import PullRequest


class StoredChanges(Changes):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def add(self, change: Change) -> bool:
        key = (changes.c.repository_id == change.repository.id) & (changes.c.intent == change.intent)
        async with self._work.read() as connection:
            if (await connection.execute(select(changes.c.sha).where(key))).first():
                return False

        async def write(connection: AsyncConnection) -> None:
            row = {"repository_id": change.repository.id, "intent": change.intent, "sha": change.sha}
            await insert_if_new(connection, changes, row | {"data": msgspec.json.encode(change).decode()})

        self._work.later(write)
        return True


class StoredPullRequests(PullRequests):
    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def get(self, repository: int, number: int) -> PullRequest | None:
        key = (pull_requests.c.repository_id == repository) & (pull_requests.c.number == number)
        async with self._work.read() as connection:
            data = (await connection.execute(select(pull_requests.c.data).where(key))).scalar()
        return None if data is None else msgspec.json.decode(data, type=PullRequest)

    async def open_with_head(self, repository: int, sha: str) -> Sequence[PullRequest]:
        key = (pull_requests.c.repository_id == repository) & (pull_requests.c.head_sha == sha) & pull_requests.c.open
        async with self._work.read() as connection:
            rows = (await connection.execute(select(pull_requests.c.data).where(key))).scalars()
            return [msgspec.json.decode(data, type=PullRequest) for data in rows]

    def save(self, repository: int, pull_request: PullRequest) -> None:
        async def write(connection: AsyncConnection) -> None:
            row = {
                "repository_id": repository,
                "number": pull_request.number,
                "head_sha": pull_request.head_sha,
                "open": pull_request.open,
                "data": msgspec.json.encode(pull_request).decode(),
            }
            await upsert(connection, pull_requests, row)

        self._work.later(write)
