"""Which buildspec each commit has, by its content: what a push left alone is never asked of GitHub again."""

from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import blobs, buildspecs
from app.store.unit_of_work import UnitOfWork
from app.store.upsert import insert_if_new
from checks.change import Change, Push
from checks.opt_in import opts_in
from checks.ports import Source
from checks.repository import Repository

NONE = ""
"""The blob of a commit that has no buildspec."""


class Remote(Protocol):
    """Where files and messages come from when we do not remember them."""

    async def buildspec(self, repository: Repository, sha: str) -> tuple[str | None, str]:
        """The text or None, and the git blob's id."""
        ...

    async def message(self, repository: Repository, sha: str) -> str: ...


class RememberedSource(Source):
    def __init__(self, work: UnitOfWork, remote: Remote) -> None:
        self._work = work
        self._remote = remote

    async def buildspec(self, change: Change) -> str | None:
        blob = await self._known(change.repository.id, change.sha)
        if blob is None and change.push:
            blob = await self._inherited(change.repository.id, change.push)
        if blob is None:
            return await self._fetch(change)
        if blob == NONE:
            return None
        async with self._work.read() as connection:
            return (await connection.execute(select(blobs.c.text).where(blobs.c.id == blob))).scalar()

    async def message(self, change: Change) -> str:
        return await self._remote.message(change.repository, change.sha)

    async def note_push(self, repository: int, push: Push) -> None:
        await self._inherited(repository, push)

    async def _known(self, repository: int, sha: str) -> str | None:
        key = (buildspecs.c.repository_id == repository) & (buildspecs.c.sha == sha)
        async with self._work.read() as connection:
            return (await connection.execute(select(buildspecs.c.blob).where(key))).scalar()

    async def _inherited(self, repository: int, push: Push) -> str | None:
        """A push that did not touch the file leaves it as it was before."""
        if push.touched_buildspec is not False:
            return None
        blob = await self._known(repository, push.before)
        if blob is not None:
            self._remember(repository, push.after, blob)
        return blob

    async def _fetch(self, change: Change) -> str | None:
        text, blob = await self._remote.buildspec(change.repository, change.sha)
        text = text and text.replace("\0", "\N{REPLACEMENT CHARACTER}")  # PostgreSQL keeps no such character in a text
        if not opts_in(text):
            text, blob = None, NONE  # only what is built is worth keeping
        self._remember(change.repository.id, change.sha, blob, text)
        return text

    def _remember(self, repository: int, sha: str, blob: str, text: str | None = None) -> None:
        async def write(connection: AsyncConnection) -> None:
            await insert_if_new(connection, buildspecs, {"repository_id": repository, "sha": sha, "blob": blob})
            if text is not None:
                await insert_if_new(connection, blobs, {"id": blob, "text": text})

        self._work.later(write)
