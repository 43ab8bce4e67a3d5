"""What a handler of CI or CD is given: each port of the story, filled for one task."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from app.chat import Chat
from app.github.checks import GitHubChecks
from app.github.client import Client
from app.github.delivery_checks import GitHubDeliveryChecks, GitHubTrails
from app.github.people import GitHubPeople
from app.github.repository import RepositoryCalls
from app.github.source import GitHubSource
from app.settings import Settings
from app.store.artifacts import StoredArtifacts
from app.store.builds import StoredBuilds
from app.store.buildspecs import RememberedSource
from app.store.changes import StoredChanges, StoredPullRequests
from app.store.commits import StoredCommits
from app.store.configurations import StoredConfigurations
from app.store.deployments import StoredAnnounced, StoredDeployments
from app.store.holds import StoredHolds
from app.store.ids import new_id
from app.store.notices import StoredMatters, StoredNotices
from app.store.repositories import StoredRepositories
from app.store.shown_checks import StoredShownChecks
from app.store.shown_delivery import StoredDeliveryChecks, StoredTrails
from app.store.test_outcomes import StoredTestHistory
from app.store.unit_of_work import UnitOfWork
from app.store.versions import StoredVersions
from checks.plan import Policy
from checks.ports import CI, Links, Runner
from checks.repository import Repository
from deploy.announcement import Announced, Announcement
from deploy.check import Check, Shown
from deploy.ports import (
    CD,
    Ancestry,
    Announcements,
    DeliveryChecks,
    Depot,
    Pointers,
    PullRequests,
    Rules,
    Targets,
    Trails,
    Written,
)
from deploy.promotion import Surroundings
from deploy.trail import Trail


def ci_bundle(settings: Settings, client: Client, runner: Runner, links: Links) -> Callable[[UnitOfWork], CI]:
    calls = RepositoryCalls(client)
    checks = GitHubChecks(calls, settings.github_app_id)
    people = GitHubPeople(calls)
    source = GitHubSource(calls)
    policy = Policy(
        build_drafts=settings.build_drafts,
        pull_requests_may_publish=settings.pull_requests_may_publish,
        timeout=settings.build_timeout,
    )

    def make(work: UnitOfWork) -> CI:
        return CI(
            changes=StoredChanges(work),
            builds=StoredBuilds(work),
            pull_requests=StoredPullRequests(work),
            repositories=StoredRepositories(work),
            source=RememberedSource(work, source),
            people=people,
            checks=checks,
            shown=StoredShownChecks(work),
            tests=StoredTestHistory(work),
            runner=runner,
            links=links,
            policy=policy,
            now=work.now,
            new_id=new_id,
            repeated=work.repeated,
        )

    return make


class Shows(Protocol):
    async def show(
        self, repository: Repository, wanted: Announcement, known: Announced | None, *, repeated: bool
    ) -> Announced: ...


class Announcing(StoredAnnounced, Announcements):
    """What GitHub shows of deployments, and what was said of them last."""

    def __init__(self, work: UnitOfWork, github: Shows) -> None:
        super().__init__(work)
        self._github = github

    async def show(
        self, repository: Repository, wanted: Announcement, known: Announced | None, *, repeated: bool
    ) -> Announced:
        return await self._github.show(repository, wanted, known, repeated=repeated)


class Checking(StoredDeliveryChecks, DeliveryChecks):
    """The checks that tell of delivery, and what was shown of each last."""

    def __init__(self, work: UnitOfWork, github: GitHubDeliveryChecks) -> None:
        super().__init__(work)
        self._github = github

    async def show(self, repository: Repository, check: Check, known: Shown | None, *, repeated: bool) -> Shown | None:
        return await self._github.show(repository, check, known, repeated=repeated)


class Tracing(StoredTrails, Trails):
    """The comments that say where a change is, and what they said last."""

    def __init__(self, work: UnitOfWork, github: GitHubTrails) -> None:
        super().__init__(work)
        self._github = github

    async def show(self, repository: Repository, trail: Trail, text: str, *, repeated: bool) -> Trail:
        return await self._github.show(repository, trail, text, repeated=repeated)


class Outward(NamedTuple):
    """What CD has of the world beside the store."""

    depot: Depot | None
    written: Written
    targets: Targets
    pointers: Pointers
    ancestry: Ancestry
    rules: Rules
    around: Surroundings
    github: Shows
    checks: GitHubDeliveryChecks
    pull_requests: PullRequests
    trails: GitHubTrails
    chat: Chat
    app_id: int


def cd_bundle(outward: Outward) -> Callable[[UnitOfWork], CD]:
    def make(work: UnitOfWork) -> CD:
        return CD(
            repositories=StoredRepositories(work),
            artifacts=StoredArtifacts(work),
            versions=StoredVersions(work),
            depot=outward.depot,
            written=outward.written,
            configurations=StoredConfigurations(work),
            deployments=StoredDeployments(work),
            holds=StoredHolds(work),
            pointers=outward.pointers,
            targets=outward.targets,
            ancestry=outward.ancestry,
            rules=outward.rules,
            around=outward.around,
            announcements=Announcing(work, outward.github),
            checks=Checking(work, outward.checks),
            pull_requests=outward.pull_requests,
            trails=Tracing(work, outward.trails),
            commits=StoredCommits(work),
            workspaces=outward.chat.workspaces,
            links=outward.chat.links,
            answers=outward.chat.answers,
            notices=StoredNotices(work),
            matters=StoredMatters(work),
            channels=outward.chat.channels,
            app_id=outward.app_id,
            now=work.now,
            new_id=new_id,
            repeated=work.repeated,
        )

    return make
