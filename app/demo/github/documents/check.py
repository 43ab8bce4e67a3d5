"""How check suites, check runs and annotations read in GitHub's JSON."""

from dataclasses import asdict

from app.demo.github.check_run import Annotation, CheckRun, CheckSuite
from app.demo.github.documents.app import app_in_event
from app.demo.github.documents.commit import commit_in_brief
from app.demo.github.documents.fields import Json, node_id, time, time_or_none
from app.demo.github.documents.pull_request import reference
from app.demo.github.model import Model


def _pull_requests(model: Model, suite: CheckSuite) -> list[Json]:
    """Open pull requests with this head; those of forks are not told, as on GitHub."""
    return [
        reference(model, each)
        for each in model.pull_requests_of(suite.repository)
        if each.head_sha == suite.head_sha and not each.is_from_fork
    ]


def suite_in_event(model: Model, suite: CheckSuite) -> Json:
    """As a check run carries its suite in a webhook."""
    return {
        "id": suite.id,
        "node_id": node_id("CheckSuite", suite.id),
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": suite.status,
        "conclusion": suite.conclusion,
        "url": f"{model.api_url}/repos/{suite.repository.full_name}/check-suites/{suite.id}",
        "before": suite.before,
        "after": suite.head_sha,
        "pull_requests": _pull_requests(model, suite),
        "app": app_in_event(model, suite.app),
        "created_at": time(suite.created_at),
        "updated_at": time(suite.updated_at),
    }


async def check_suite(model: Model, suite: CheckSuite) -> Json:
    brief = suite_in_event(model, suite)
    return brief | {
        "latest_check_runs_count": len(suite.latest_runs),
        "check_runs_url": f"{brief['url']}/check-runs",
        "head_commit": commit_in_brief(await model.git(suite.repository).commit(suite.head_sha)),
    }


def _run(model: Model, run: CheckRun) -> Json:
    repo = run.repository.full_name
    url = f"{model.api_url}/repos/{repo}/check-runs/{run.id}"
    return {
        "id": run.id,
        "node_id": node_id("CheckRun", run.id),
        "name": run.name,
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": f"{model.url}/{repo}/runs/{run.id}",
        "details_url": run.details_url or f"{model.url}/apps/{run.app.slug}",
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": time(run.started_at),
        "completed_at": time_or_none(run.completed_at),
        "output": {
            "title": run.output.title,
            "summary": run.output.summary,
            "text": run.output.text,
            "annotations_count": len(run.output.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "app": app_in_event(model, run.app),
        "pull_requests": _pull_requests(model, run.suite),
    }


def check_run(model: Model, run: CheckRun) -> Json:
    return _run(model, run) | {"check_suite": {"id": run.suite.id}}


def run_in_event(model: Model, run: CheckRun) -> Json:
    return _run(model, run) | {"check_suite": suite_in_event(model, run.suite)}


def annotation(model: Model, run: CheckRun, one: Annotation) -> Json:
    return asdict(one) | {
        "blob_href": f"{model.api_url}/repos/{run.repository.full_name}/contents/{one.path}?ref={run.head_sha}"
    }
