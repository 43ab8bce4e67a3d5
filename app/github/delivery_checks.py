"""What delivery shows on commits and pull requests, told to GitHub as the checks of builds and other comments are."""

from msgspec.structs import replace

from app.github.checks import GitHubChecks
from app.github.comments import Commented, GitHubComments
from checks.button import Action
from checks.check_run import CheckRun
from checks.ports import Shown as ShownRun
from checks.repository import Repository
from deploy.check import Check, Shown
from deploy.trail import MARK, Trail


class GitHubDeliveryChecks:
    def __init__(self, checks: GitHubChecks) -> None:
        self._checks = checks

    async def show(self, repository: Repository, check: Check, known: Shown | None, *, repeated: bool) -> Shown | None:
        shown = await self._checks.show(repository, _run(check), _known(known), repeated=repeated)
        if shown is None:
            return None
        return Shown(
            check=check.external_id,
            repository=repository.id,
            sha=check.sha,
            number=shown.check_run,
            digest=shown.digest,
            annotations=shown.annotations,
            offers=known.offers if known else (),
        )


class GitHubTrails:
    def __init__(self, comments: GitHubComments) -> None:
        self._comments = comments

    async def show(self, repository: Repository, trail: Trail, text: str, *, repeated: bool) -> Trail:
        known = None if trail.number is None else Commented(number=trail.number, text=trail.text)
        told = await self._comments.show(repository, trail.pull_request, MARK, text, known, repeated=repeated)
        return replace(trail, number=told.number, text=told.text)


def _run(check: Check) -> CheckRun:
    return CheckRun(
        external_id=check.external_id,
        name=check.name,
        head_sha=check.sha,
        status="completed" if check.conclusion else "in_progress",
        conclusion=check.conclusion,
        title=check.title,
        summary=check.summary,
        details_url="",
        annotations=check.annotations,
        actions=tuple(
            Action(button=each.identifier, label=each.label, description=each.description) for each in check.offers
        ),
    )


def _known(shown: Shown | None) -> ShownRun | None:
    if shown is None:
        return None
    return ShownRun(build=shown.check, check_run=shown.number, digest=shown.digest, annotations=shown.annotations)
