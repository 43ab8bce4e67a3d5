"""What is kept of a build when its phases are over: test reports, artifacts, the cache."""

from checks.buildspec import Buildspec
from checks.runners.local import artifacts, cache, pattern, reports
from checks.runners.local.log import Log
from checks.runners.local.phases import Story
from checks.runners.local.process import kill_descendants
from checks.runners.local.scene import Scene
from checks.test_report import TestReport, parse_reports


def upload(spec: Buildspec, scene: Scene, story: Story, *, uploads: bool) -> TestReport | None:
    """Keep what is to be kept, and read the reports of a build that came as far as its build phase.

    What the shell is needed for is asked first: then everything of the build is killed, so that nothing
    changes while it is read.
    """
    came_far = any(phase.name == "BUILD" for phase in story.phases)
    if uploads:
        story.begin("UPLOAD_ARTIFACTS")
    key = scene.shell.expand(spec.cache.key) if spec.cache and spec.cache.saves and uploads else ""
    kill_descendants()
    tests = _read_reports(spec, scene, story.log) if came_far and spec.reports else None
    if uploads:
        _keep_artifacts(spec, scene, story)
        if spec.cache and spec.cache.saves and scene.uses_cache and story.succeeding:
            cache.save(spec.cache, key, scene.cache_place, story.log.say)
    return tests


def _keep_artifacts(spec: Buildspec, scene: Scene, story: Story) -> None:
    try:
        if spec.artifacts:
            artifacts.keep(spec.artifacts, scene.source, scene.directory.artifacts, story.log.say)
    except artifacts.ArtifactError as error:
        story.end("CLIENT_ERROR", str(error))
    else:
        story.end()


def _read_reports(spec: Buildspec, scene: Scene, log: Log) -> TestReport | None:
    files = reports.collect(spec.reports, scene.source, log.say)
    if not files:
        return None

    def exists(name: str) -> bool:
        path = scene.source / name
        return path.is_file() and pattern.is_inside(path, scene.source)

    return parse_reports(files, root=str(scene.source), exists=exists, secrets=log.concealed)
