"""What CI hears and says, in the order of life. Every event is past tense, frozen and complete."""

from typing import ClassVar

from msgspec import Struct

from checks.change import Change, Push
from checks.news import News
from checks.pull_request import PullRequest
from checks.repository import Repository
from checks.result import Result


class Event(Struct, frozen=True, kw_only=True, tag=True, tag_field="event"):
    """Something that happened. `about` names the field that says to what; `by` is a GitHub login."""

    about: ClassVar[str]
    by: str = ""

    @property
    def subject(self) -> str:
        """What it happened to: `build:01j…`, `repository:42`."""
        return f"{self.about}:{getattr(self, self.about)}"


# --- heard from GitHub -------------------------------------------------------------------------


class RepositoryEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "repository"
    repository: int


class ChangeReceived(Event, frozen=True, kw_only=True):
    """A commit arrived that may have to be built."""

    change: Change

    @property
    def subject(self) -> str:
        return f"repository:{self.change.repository.id}"


class BranchPushed(RepositoryEvent, frozen=True, kw_only=True):
    """A branch that is not built moved; what it says of the buildspec saves a request later."""

    push: Push


class PullRequestClosed(RepositoryEvent, frozen=True, kw_only=True):
    pull_request: PullRequest


class MergeGroupDestroyed(RepositoryEvent, frozen=True, kw_only=True):
    """The merge queue gave a group up: `reason` is merged, invalidated or dequeued."""

    sha: str
    reason: str


class RerunOfAllRequested(RepositoryEvent, frozen=True, kw_only=True):
    """Somebody pressed "Re-run all checks" on a commit."""

    sha: str


class BuildsUnwanted(RepositoryEvent, frozen=True, kw_only=True):
    """Somebody asked that nothing of a commit be built any more."""

    sha: str


class RepositoryChanged(Event, frozen=True, kw_only=True):
    """A repository was added, renamed, transferred or unarchived: this is what it is now."""

    now: Repository

    @property
    def subject(self) -> str:
        return f"repository:{self.now.id}"


class RepositoryLost(RepositoryEvent, frozen=True, kw_only=True):
    """The App may not act on a repository any more: it was archived, deleted or deselected."""

    reason: str


class InstallationEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "installation"
    installation: int


class InstallationGained(InstallationEvent, frozen=True, kw_only=True):
    """The App was installed, or a suspension ended."""

    account: str


class InstallationLost(InstallationEvent, frozen=True, kw_only=True):
    """The App was uninstalled or suspended."""

    reason: str


class BuildEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "build"
    build: str


class ButtonPressed(BuildEvent, frozen=True, kw_only=True):
    """Somebody pressed a button of a check: `button` is the value of a `checks.button.Button`."""

    button: str


# --- said by CI --------------------------------------------------------------------------------


class ChangeIgnored(RepositoryEvent, frozen=True, kw_only=True):
    sha: str
    reason: str


class BuildHeld(BuildEvent, frozen=True, kw_only=True):
    """The build waits for somebody with write access to approve its commit."""

    why: str


class BuildSkipped(BuildEvent, frozen=True, kw_only=True):
    why: str


class BuildRefused(BuildEvent, frozen=True, kw_only=True):
    """The buildspec cannot be run as it is written."""

    why: str


class BuildApproved(BuildEvent, frozen=True, kw_only=True):
    sha: str


class ButtonRefused(BuildEvent, frozen=True, kw_only=True):
    """A button was pressed by somebody who may not, or too late."""

    button: str
    why: str


class BuildQueued(BuildEvent, frozen=True, kw_only=True):
    pass


class BuildDelayed(BuildEvent, frozen=True, kw_only=True):
    """The runner takes no build now: this one waits in our own queue."""

    why: str


class BuildDue(BuildEvent, frozen=True, kw_only=True):
    """A delayed build is the next to be tried."""


class BuildStarted(BuildEvent, frozen=True, kw_only=True):
    pass


class BuildProgressed(BuildEvent, frozen=True, kw_only=True):
    phase: str


class BuildReported(BuildEvent, frozen=True, kw_only=True):
    """The runner told something new of a run: the phase it is in, or how it ended."""

    run: str
    phase: str = ""
    result: Result | None = None


class RunNoticed(BuildEvent, frozen=True, kw_only=True):
    """A runner's own notice of a run: the phase that it entered, or that it ended. Notices may be lost, doubled
    and late; what they say of an end is only believed when the runner has been asked."""

    run: str
    phase: str = ""
    ended: bool = False


class BuildOutdated(BuildEvent, frozen=True, kw_only=True):
    """Nobody wants the build any more: there is a newer head, or its pull request was closed.

    `pull_request` is the one that moved on, 0 if the reason is another one.
    """

    why: str
    pull_request: int = 0


class BuildCancelled(BuildEvent, frozen=True, kw_only=True):
    why: str


class BuildSucceeded(BuildEvent, frozen=True, kw_only=True):
    """`exported` holds the exported variables of a build that publishes, else nothing.

    Of the builds of a commit, one for each architecture, one `leads`: what it names is deployed. What only a pull
    request has is not `on_branch`, and is deployed by nobody.
    """

    repository: int
    sha: str
    published: bool
    leads: bool = True
    on_branch: bool = True
    exported: dict[str, str] = {}


class BuildFailed(BuildEvent, frozen=True, kw_only=True):
    pass


class BuildTimedOut(BuildEvent, frozen=True, kw_only=True):
    pass


class BuildErrored(BuildEvent, frozen=True, kw_only=True):
    """The build could not be run, and the fault is not the user's."""

    why: str


class NewsTold(Event, frozen=True, kw_only=True):
    """Something happened that people may want to hear of in a channel."""

    news: News

    @property
    def subject(self) -> str:
        return self.news.subject


class AnnotationsLeft(BuildEvent, frozen=True, kw_only=True):
    """A check shows its conclusion and `sent` annotations; more are waiting."""

    sent: int
