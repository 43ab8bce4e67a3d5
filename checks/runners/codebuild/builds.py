"""CodeBuild's builds: asked for together by all who ask within a moment, and found by the variable that names them."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from checks.ports import Order
from checks.runners.codebuild.build import Told, variables
from checks.runners.codebuild.refusal import ask
from checks.runners.post_build import RUN

MOST_IDS = 100
"""https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BatchGetBuilds.html"""
MOMENT = 0.03
"""Seconds: notices come in handfuls, and each of them has its build looked at."""
SKEW = timedelta(minutes=5)
"""How far AWS's clock may be from ours."""


@dataclass
class _Batch:
    ids: set[str] = field(default_factory=set)
    answer: asyncio.Future[Mapping[str, Told]] | None = None


class Builds:
    """Builds by their ids; those that CodeBuild does not know are left out."""

    def __init__(self, codebuild: Any) -> None:
        self._codebuild = codebuild
        self._batch = _Batch()

    async def get(self, runs: Iterable[str]) -> Mapping[str, Told]:
        """Each as it was at some time after the question. Raises `Transient`."""
        wanted = {run for run in runs if is_id(run)}
        if not wanted:
            return {}
        batch = self._batch
        batch.ids |= wanted
        if batch.answer is None:
            batch.answer = asyncio.create_task(self._fetch(batch))
            batch.answer.add_done_callback(_note)
        # A caller that is cancelled does not disturb the others, who wait for the same.
        found = await asyncio.shield(batch.answer)
        return {run: found[run] for run in wanted if run in found}

    async def _fetch(self, batch: _Batch) -> Mapping[str, Told]:
        await asyncio.sleep(MOMENT)
        self._batch = _Batch()
        pages = await asyncio.gather(*(asyncio.to_thread(self.batch, ids) for ids in _chunks(sorted(batch.ids))))
        return {str(build["id"]): build for page in pages for build in page}

    def batch(self, ids: Sequence[str]) -> Sequence[Told]:
        """At most a hundred, in one call."""
        builds: Sequence[Told] = ask(self._codebuild.batch_get_builds, ids=ids).get("builds") or ()
        return builds

    def find(self, order: Order, project: str) -> str | None:
        """The run that was started for this order, however long ago: its token is in the variable `RUN`."""
        for ids in self._newest_first(project):
            builds = self.batch(ids)
            for build in builds:
                if variables(build).get(RUN) == order.token:
                    return str(build["id"])
            if any(_is_before(build, order.since - SKEW) for build in builds):
                return None
        return None

    def _newest_first(self, project: str) -> Iterator[Sequence[str]]:
        page: dict[str, str] = {}
        while True:
            listed = ask(self._codebuild.list_builds_for_project, projectName=project, sortOrder="DESCENDING", **page)
            if ids := listed.get("ids"):
                yield from _chunks(ids)
            if not listed.get("nextToken"):
                return
            page = {"nextToken": listed["nextToken"]}


def is_id(run: str) -> bool:
    """CodeBuild refuses a whole batch for one id that cannot be one: what another runner left is not asked for."""
    project, colon, number = run.partition(":")
    return bool(project and colon and number) and "/" not in run


def _note(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()  # if all callers are gone nobody else looks at it, and asyncio would complain


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, MOST_IDS)):
        yield chunk


def _is_before(build: Told, time: datetime) -> bool:
    started = build.get("startTime")
    return isinstance(started, datetime) and started < time
