"""The checks of a commit: one of them in full, with the lines it talks about, and its buttons."""

from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from app.demo.github.check_run import Annotation, CheckRun, CheckSuite
from app.demo.github.git import Git
from app.demo.github.pages.diff import parse
from app.demo.github.pages.visit import REPOSITORY, Visit, back, page, path_to
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository

AROUND = 2
"""Source lines shown before and after those of an annotation."""

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
LEVELS = {"failure": ("failed", "Failure"), "warning": ("wait", "Warning"), "notice": ("neutral", "Notice")}


class Remark(NamedTuple):
    """An annotation with the lines of the file around it, numbered."""

    annotation: Annotation
    lines: Sequence[tuple[int, str]]


class Checks(NamedTuple):
    """What the Checks tab shows of a commit; `run` is the chosen one, None if there is none."""

    sha: str
    suites: Sequence[CheckSuite]
    run: CheckRun | None
    remarks: dict[str, list[Remark]]
    base: str
    may_write: bool

    @property
    def runs(self) -> Sequence[CheckRun]:
        return [run for suite in self.suites for run in suite.latest_runs]

    @property
    def failed(self) -> bool:
        return any(run.conclusion in {"failure", "timed_out", "cancelled"} for run in self.runs)


async def checks_of(visit: Visit, repo: Repository, sha: str, base: str) -> Checks:
    """`base` is the address that chooses a run with `?run=`."""
    suites = [each for each in visit.github.suites_of(repo, sha) if each.runs]
    wanted = visit.request.query.get("run", "")
    every = [run for suite in suites for run in suite.runs]
    newest = [run for suite in suites for run in suite.latest_runs]
    trouble = [run for run in newest if run.conclusion not in {"success", "neutral", "skipped", None}]
    run = next((each for each in every if str(each.id) == wanted), None) or next(iter([*trouble, *newest]), None)
    remarks = await remarks_of(visit.github.git(repo), run) if run else {}
    return Checks(sha, suites, run, remarks, base, visit.may_write(repo))


async def remarks_of(git: Git, run: CheckRun) -> dict[str, list[Remark]]:
    """The annotations of a run by file, in the order of their lines."""
    found: dict[str, list[Remark]] = {}
    sources: dict[str, list[str]] = {}
    for each in sorted(run.output.annotations, key=lambda one: (one.path, one.start_line)):
        if each.path not in sources:
            raw = await git.file(run.head_sha, each.path)
            sources[each.path] = raw.decode(errors="replace").split("\n") if raw else []
        found.setdefault(each.path, []).append(Remark(each, _around(sources[each.path], each)))
    return found


def _around(source: Sequence[str], one: Annotation) -> list[tuple[int, str]]:
    first, last = max(1, one.start_line - AROUND), min(len(source), one.end_line + AROUND)
    return [(number, source[number - 1]) for number in range(first, last + 1)]


@page
async def run(visit: Visit) -> web.StreamResponse:
    """The address that REST and webhooks name."""
    repo, one = visit.repository, _run(visit)
    subject = (await visit.github.git(repo).commit(one.head_sha)).subject
    suites = [each for each in visit.github.suites_of(repo, one.head_sha) if each.runs]
    remarks = await remarks_of(visit.github.git(repo), one)
    base = path_to(repo.owner.login, repo.name, "commit", one.head_sha)
    shown = Checks(one.head_sha, suites, one, remarks, base, visit.may_write(repo))
    return visit.page("run.html", repo=repo, checks=shown, subject=subject, levels=LEVELS)


@page
async def commit(visit: Visit) -> web.StreamResponse:
    repo = visit.repository
    git = visit.github.git(repo)
    sha = await git.resolve(visit["sha"])
    if sha is None:
        raise not_found()
    one = await git.commit(sha)
    files = parse(await git.diff(one.parents[0] if one.parents else EMPTY_TREE, sha))
    shown = await checks_of(visit, repo, sha, path_to(repo.owner.login, repo.name, "commit", sha))
    return visit.page(
        "commit.html", repo=repo, commit=one, files=files, checks=shown, levels=LEVELS, notes=notes_of(shown.runs)
    )


def notes_of(runs: Sequence[CheckRun]) -> dict[str, dict[int, list[Annotation]]]:
    """Annotations by file and by their last line, where a diff shows them."""
    found: dict[str, dict[int, list[Annotation]]] = {}
    for one in [each for run in runs for each in run.output.annotations]:
        found.setdefault(one.path, {}).setdefault(one.end_line, []).append(one)
    return found


@page
async def rerun(visit: Visit) -> web.StreamResponse:
    one = _run(visit)
    if one.status != "completed":
        raise Refusal(422, "Only a check that has completed can be run again.")
    await visit.github.rerequest(one.id, visit.login)
    return await _returned(visit)


@page
async def press(visit: Visit) -> web.StreamResponse:
    await visit.github.press(_run(visit).id, (await visit.form()).get("action", ""), visit.login)
    return await _returned(visit)


@page
async def rerun_suite(visit: Visit) -> web.StreamResponse:
    await visit.github.rerequest_suite(_suite(visit).id, visit.login)
    return await _returned(visit)


@page
async def rerun_failed(visit: Visit) -> web.StreamResponse:
    await visit.github.rerequest_failed(_suite(visit).id, visit.login)
    return await _returned(visit)


async def _returned(visit: Visit) -> web.Response:
    """To the page that the button was on."""
    to = (await visit.form()).get("to", "")
    start = path_to(visit.repository.owner.login, visit.repository.name)
    return back(to if to.startswith(f"{start}/") else start)


def _run(visit: Visit) -> CheckRun:
    found = visit.github.runs.get(int(visit["run"]))
    if found is None or found.repository is not visit.repository:
        raise not_found()
    return found


def _suite(visit: Visit) -> CheckSuite:
    found = visit.github.suites.get(int(visit["suite"]))
    if found is None or found.repository is not visit.repository:
        raise not_found()
    return found


RUN = REPOSITORY + r"/runs/{run:\d{1,18}}"
SUITE = REPOSITORY + r"/suites/{suite:\d{1,18}}"
ROUTES = [
    web.get(RUN, run),
    web.get(REPOSITORY + "/commit/{sha:[0-9a-f]{4,40}}", commit),
    web.post(RUN + "/rerun", rerun),
    web.post(RUN + "/press", press),
    web.post(SUITE + "/rerun", rerun_suite),
    web.post(SUITE + "/rerun-failed", rerun_failed),
]
