"""REST: check runs and check suites."""

from collections.abc import Sequence

from aiohttp import web

from app.demo.github.check_run import CheckRun, CheckSuite
from app.demo.github.documents.check import annotation, check_run, check_suite
from app.demo.github.documents.fields import Json
from app.demo.github.documents.repository import repository
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.rest.call import REPO, Call, Route, reply


async def create(call: Call) -> web.Response:
    repo = call.repository("checks", "write")
    app = call.token().installation.app
    run = await call.github.create_run(repo, app, await call.body())
    return reply(check_run(call.github, run), 201)


async def update(call: Call) -> web.Response:
    run = _own(call)
    await call.github.update_run(run, await call.body())
    return reply(check_run(call.github, run))


async def get(call: Call) -> web.Response:
    return reply(check_run(call.github, _run(call)))


async def annotations(call: Call) -> web.Response:
    run = _run(call)
    found, headers = call.page(run.output.annotations)
    return reply([annotation(call.github, run, each) for each in found], headers=headers)


async def rerequest(call: Call) -> web.Response:
    run = _own(call)
    await call.github.rerequest(run.id, run.app.bot.login)
    return reply({}, 201)


async def runs_of_commit(call: Call) -> web.Response:
    suites = await _suites(call)
    every = _chosen(call, [run for suite in suites for run in _runs(call, suite)])
    return _listed(call, sorted(every, key=lambda run: run.id, reverse=True))


async def runs_of_suite(call: Call) -> web.Response:
    suite = _suite(call)
    return _listed(call, _chosen(call, _runs(call, suite)))


async def suites_of_commit(call: Call) -> web.Response:
    name = call.query("check_name")
    every = [each for each in await _suites(call) if not name or any(run.name == name for run in each.runs)]
    found, headers = call.page(every)
    documents = [await _suite_document(call, each) for each in found]
    return reply({"total_count": len(every), "check_suites": documents}, headers=headers)


async def suite(call: Call) -> web.Response:
    return reply(await _suite_document(call, _suite(call)))


async def rerequest_suite(call: Call) -> web.Response:
    call.repository("checks", "write")
    one = _suite(call)
    if one.app is not call.token().installation.app:
        raise Refusal(403, "Invalid app_id")
    await call.github.rerequest_suite(one.id, one.app.bot.login)
    return reply({}, 201)


def _run(call: Call, level: str = "read") -> CheckRun:
    repo, run = call.repository("checks", level), call.github.run(call.number("run"))
    if run.repository is not repo:
        raise not_found()
    return run


def _own(call: Call) -> CheckRun:
    """Only the App that created a run may change it."""
    run = _run(call, "write")
    if run.app is not call.token().installation.app:
        asking = call.token().installation.app.id
        problem = f"Invalid app_id `{asking}` - check run can only be modified by the GitHub App that created it."
        raise Refusal(403, problem)
    return run


def _suite(call: Call) -> CheckSuite:
    repo, found = call.repository("checks"), call.github.suite(call.number("suite"))
    if found.repository is not repo:
        raise not_found()
    return found


async def _suites(call: Call) -> Sequence[CheckSuite]:
    repo, ref = call.repository("checks"), call.text("ref")
    sha = await call.github.git(repo).resolve(ref)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    wanted = call.query("app_id")
    return [each for each in call.github.suites_of(repo, sha) if not wanted or str(each.app.id) == wanted]


def _runs(call: Call, suite: CheckSuite) -> Sequence[CheckRun]:
    return suite.runs if call.query("filter", "latest") == "all" else suite.latest_runs


def _chosen(call: Call, runs: Sequence[CheckRun]) -> Sequence[CheckRun]:
    name, status = call.query("check_name"), call.query("status")
    return [run for run in runs if name in {"", run.name} and status in {"", run.status}]


def _listed(call: Call, every: Sequence[CheckRun]) -> web.Response:
    found, headers = call.page(every)
    documents = [check_run(call.github, each) for each in found]
    return reply({"total_count": len(every), "check_runs": documents}, headers=headers)


async def _suite_document(call: Call, one: CheckSuite) -> Json:
    return await check_suite(call.github, one) | {"repository": repository(call.github, one.repository)}


ROUTES: tuple[Route, ...] = (
    ("POST", REPO + "/check-runs", create),
    ("GET", REPO + "/check-runs/{run}", get),
    ("PATCH", REPO + "/check-runs/{run}", update),
    ("GET", REPO + "/check-runs/{run}/annotations", annotations),
    ("POST", REPO + "/check-runs/{run}/rerequest", rerequest),
    ("GET", REPO + "/check-suites/{suite}", suite),
    ("GET", REPO + "/check-suites/{suite}/check-runs", runs_of_suite),
    ("POST", REPO + "/check-suites/{suite}/rerequest", rerequest_suite),
    ("GET", REPO + "/commits/{ref:.+}/check-runs", runs_of_commit),
    ("GET", REPO + "/commits/{ref:.+}/check-suites", suites_of_commit),
)
