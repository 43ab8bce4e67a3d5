"""Check runs on GitHub: each build has exactly one, whatever was lost or killed on the way."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from msgspec.structs import replace as with_

from app.github.check_body import MOST_ANNOTATIONS, body, digest, new_body, output
from app.github.errors import NotFound, Unprocessable, WouldWait
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from checks.annotation import Annotation
from checks.check_run import CheckRun
from checks.errors import Transient
from checks.ports import Shown
from checks.repository import Repository

PROGRESS = 2
RUNS = "/repos/{owner}/{repo}/check-runs"
RUN = "/repos/{owner}/{repo}/check-runs/{run}"
RUNS_OF_COMMIT = "/repos/{owner}/{repo}/commits/{sha}/check-runs{?check_name,filter,app_id,per_page}"


class GitHubChecks:
    """`Checks` of CI. `app_id` is our own App: check runs of other Apps are none of our business."""

    def __init__(self, calls: RepositoryCalls, app_id: int) -> None:
        self._calls = calls
        self._app_id = app_id

    async def show(
        self, repository: Repository, check: CheckRun, known: Shown | None, *, repeated: bool
    ) -> Shown | None:
        wanted = digest(check)
        if known and known.digest == wanted:
            return known
        found = await self._as_it_is(repository, check, known) if repeated and _may_differ(check, known) else known
        try:
            shown = await self._put(repository, check, found)
        except WouldWait:
            # What was found must be remembered: the next showing does not look for it.
            return None if found == known else found
        return with_(shown, digest=wanted)

    async def annotate(self, repository: Repository, check: CheckRun, known: Shown, *, repeated: bool) -> Shown:
        if repeated:
            now = await self._as_it_is(repository, check, known)
            if now and now.annotations > known.annotations:
                return with_(known, annotations=now.annotations)
        batch = check.annotations[known.annotations : known.annotations + MOST_ANNOTATIONS]
        if not batch:
            return known
        request = _request("PATCH", check, {"output": output(check, batch)}, known.check_run)
        try:
            await self._calls.send(repository, replace(request, urgency=1))
        except Unprocessable as refused:
            told = {"output": output(check, note=_left_out(check, known.annotations, refused))}
            await self._calls.send(repository, _request("PATCH", check, told, known.check_run))
            return with_(known, annotations=len(check.annotations))
        return with_(known, annotations=known.annotations + len(batch))

    async def _put(self, repository: Repository, check: CheckRun, known: Shown | None) -> Shown:
        """Create or change the check run, with the first annotations unless some are there already."""
        sent = known.annotations if known else 0
        batch = () if sent else check.annotations[:MOST_ANNOTATIONS]
        try:
            return await self._write(repository, check, known, batch)
        except Unprocessable as refused:
            if refused.is_of_unknown_commit:
                raise Transient(str(refused)) from None
            if not batch:
                raise
            # The conclusion matters more than what it remarks on: one bad line must not hide it.
            shown = await self._write(repository, check, known, (), _left_out(check, sent, refused))
            return with_(shown, annotations=len(check.annotations))

    async def _write(
        self,
        repository: Repository,
        check: CheckRun,
        known: Shown | None,
        batch: Sequence[Annotation],
        note: str = "",
    ) -> Shown:
        if known:
            try:
                await self._calls.send(
                    repository, _request("PATCH", check, body(check, batch, note), known.check_run, not batch)
                )
            except NotFound:
                # GitHub deletes old check runs; a build that still has something to say gets another one.
                return await self._write(repository, check, None, batch, note)
            return with_(known, annotations=known.annotations + len(batch))
        answer = await self._calls.send(repository, _request("POST", check, new_body(check, batch, note)))
        return _shown(check, answer.data, annotations=len(batch))

    async def _as_it_is(self, repository: Repository, check: CheckRun, known: Shown | None) -> Shown | None:
        """What GitHub shows now, when a request of ours may have got there without our knowing."""
        if known is None:
            return await self._find(repository, check)
        run = Request(method="GET", path=RUN, variables={"run": str(known.check_run)}, urgency=check.urgency)
        try:
            return _shown(check, (await self._calls.send(repository, run)).data, digest=known.digest)
        except NotFound:
            return await self._find(repository, check)

    async def _find(self, repository: Repository, check: CheckRun) -> Shown | None:
        request = Request(
            method="GET",
            path=RUNS_OF_COMMIT,
            variables={
                "sha": check.head_sha,
                "check_name": check.name,
                "filter": "all",  # the default hides all but the newest run of a name
                "app_id": str(self._app_id),
            },
            urgency=check.urgency,
        )
        ours = [
            run
            async for run in self._calls.items(repository, request, "check_runs")
            if isinstance(run, dict)
            and run.get("external_id") == check.external_id
            and (run.get("app") or {}).get("id") == self._app_id
        ]
        return _shown(check, max(ours, key=lambda run: int(run["id"]))) if ours else None


def _may_differ(check: CheckRun, known: Shown | None) -> bool:
    """Whether telling it once more could double something; a mere change of what is shown cannot."""
    return known is None or bool(check.annotations and not known.annotations)


def _request(method: str, check: CheckRun, told: Any, run: int | None = None, repeatable: bool = False) -> Request:
    return Request(
        method=method,
        path=RUN if run else RUNS,
        variables={"run": str(run)} if run else {},
        body=told,
        urgency=check.urgency,
        patient=check.urgency < PROGRESS,
        repeatable=repeatable,
    )


def _shown(check: CheckRun, run: Any, *, digest: str = "", annotations: int | None = None) -> Shown:
    try:
        there = (run.get("output") or {}).get("annotations_count") or 0
        return Shown(
            build=check.external_id,
            check_run=int(run["id"]),
            digest=digest,
            annotations=there if annotations is None else annotations,
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        raise Transient("GitHub described a check run without its number") from None


def _left_out(check: CheckRun, sent: int, refused: Unprocessable) -> str:
    missing = len(check.annotations) - sent
    return f"*{missing} annotations are missing here: GitHub refused them ({refused.said[:200]}).*"
