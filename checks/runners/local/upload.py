"""What is kept of a build when its phases are over: test reports, artifacts, the cache."""

from checks.buildspec import Buildspec
from checks.runners.local import artifacts, cache, pattern, reports, shelf
from checks.runners.local.log import Log
from checks.runners.local.process import kill_descendants
from checks.runners.local.progress import Progress
from checks.runners.local.workspace import Workspace
from checks.test_report import TestReport, parse_reports


def upload(spec: Buildspec, workspace: Workspace, progress: Progress, *, uploads: bool) -> TestReport | None:
    """Keep what is to be kept, and read the reports of a build that came as far as its build phase.

    What the shell is needed for is asked first: then everything of the build is killed, so that nothing
    changes while it is read.
    """
    came_far = any(phase.name == "BUILD" for phase in progress.phases)
    if uploads:
        progress.begin("UPLOAD_ARTIFACTS")
    key = workspace.shell.expand(spec.cache.key) if spec.cache and spec.cache.saves and uploads else ""
    kill_descendants()
    tests = _read_reports(spec, workspace, progress.log) if came_far and spec.reports else None
    if uploads:
        _keep_artifacts(spec, workspace, progress)
        if spec.cache and spec.cache.saves and workspace.uses_cache and progress.succeeding:
            cache.save(spec.cache, key, workspace.cache_location, progress.log.say)
    return tests


def _keep_artifacts(spec: Buildspec, workspace: Workspace, progress: Progress) -> None:
    try:
        if spec.artifacts:
            artifacts.keep(spec.artifacts, workspace.source, workspace.directory.artifacts, progress.log.say)
        if workspace.job.shelf and progress.succeeding:
            shelf.keep(workspace.job.shelf, workspace.directory.published, progress.log.say)
    except (artifacts.ArtifactError, shelf.ShelfError) as error:
        progress.end("CLIENT_ERROR", str(error))
    else:
        progress.end()


def _read_reports(spec: Buildspec, workspace: Workspace, log: Log) -> TestReport | None:
    files = reports.collect(spec.reports, workspace.source, log.say)
    if not files:
        return None
    if workspace.job.keeps_reports:
        reports.keep(files, workspace.directory.reports)

    def exists(name: str) -> bool:
        path = workspace.source / name
        return path.is_file() and pattern.is_inside(path, workspace.source)

    return parse_reports(files, root=str(workspace.source), exists=exists, secrets=log.concealed)
