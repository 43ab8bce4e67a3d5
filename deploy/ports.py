"""What CD needs from the world: each port as small as the story uses it, and the bundle `CD`.

Reads may be asked at any time. `add`, `save` and `make_available` take effect together with the end of the task, in
one commit. The effects (`Depot.copy`, `Pointers.change`, every `show`, and what targets write) happen at once and are
safe to repeat. All may raise `Transient` or `Permanent`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from checks.message import Line, Message
from checks.repository import Repository
from deploy.announcement import Announced, Announcement
from deploy.artifact import Artifact, Export
from deploy.channel import Channel, Posted
from deploy.check import Check, Shown
from deploy.deployment import Deployment
from deploy.environment_rules import EnvironmentRules
from deploy.hold import Hold
from deploy.matter import Matter
from deploy.notice import Notice
from deploy.order import Relation
from deploy.pipeline import Configuration
from deploy.place import Place
from deploy.pointer import Pointer
from deploy.promotion import Surroundings
from deploy.revert import Commit
from deploy.speech import Person, Speaker
from deploy.target import Target
from deploy.trail import Trail
from deploy.version import Version


class Repositories(Protocol):
    async def get(self, repository: int) -> Repository:
        """The repository as it is called now; `Permanent` if the App lost it."""
        ...

    async def named(self, full_name: str) -> Repository | None:
        """The repository of this name, if the App has it."""
        ...


class Artifacts(Protocol):
    async def get(self, artifact: str) -> Artifact: ...

    async def add(self, artifact: Artifact) -> bool:
        """Remember an artifact; False if it was known, be it from another build."""
        ...

    async def of_commit(self, repository: int, sha: str) -> Sequence[Artifact]:
        """All artifacts of a commit, be they of several builds."""
        ...

    async def regions_of(self, artifact: str) -> frozenset[str]:
        """Where it is available."""
        ...

    def make_available(self, artifact: str, region: str) -> None: ...


class Versions(Protocol):
    async def add(self, version: Version) -> bool:
        """Remember a version; False if its contents were registered before."""
        ...

    async def named(self, repository: int, name: str) -> Sequence[Version]:
        """Those whose commit begins so, or that have this id, the newest first."""
        ...

    async def named_in(self, repositories: Sequence[int], name: str) -> Sequence[Version]:
        """The same for several repositories at once."""
        ...


class Configurations(Protocol):
    """Where the versions of each repository go."""

    async def get(self, repository: int) -> Configuration | None: ...

    async def of(self, repositories: Sequence[int]) -> Mapping[int, Configuration]:
        """Those of several repositories, by their numbers."""
        ...

    def save(self, configuration: Configuration) -> None: ...

    async def defaults(self, owner: str) -> Mapping[str, str] | None:
        """What an organisation says for all its repositories: its files by path, as they were read last; None if
        they never were."""
        ...

    def save_defaults(self, owner: str, files: Mapping[str, str]) -> None: ...


class Written(Protocol):
    """What people wrote down about delivery."""

    async def text(self, repository: Repository, sha: str) -> str | None:
        """The repository's `.github/interlock.yml` at this commit."""
        ...

    async def defaults(self, owner_repository: Repository) -> Mapping[str, str] | None:
        """The files about delivery in an organisation's `.github` repository, by path, as they are now; None if it
        cannot be seen."""
        ...


class Deployments(Protocol):
    async def get(self, deployment: str) -> Deployment: ...

    async def find(self, deployment: str) -> Deployment | None: ...

    async def place(self, name: str) -> Place:
        """What happened in an environment, as far as it matters still."""
        ...

    async def places(self, names: Sequence[str]) -> Mapping[str, Place]:
        """The same for each of these, read at once."""
        ...

    async def of_commit(self, repository: int, sha: str) -> Sequence[Deployment]:
        """All deployments of a commit's versions, the newest first."""
        ...

    async def waiting_below(self, scope: str) -> Sequence[Deployment]:
        """Those that wait in the places that a hold of this scope covers."""
        ...

    def save(self, deployment: Deployment) -> None:
        """Takes effect together with the end of the task; `Transient` then, if it was changed since it was read."""
        ...


class Holds(Protocol):
    async def covering(self, place: str) -> Sequence[Hold]:
        """The holds on a place, or on a scope above it, that have not ended, the oldest first."""
        ...

    async def all(self) -> Sequence[Hold]:
        """Every hold that has not ended, the oldest first."""
        ...

    async def get(self, hold: str) -> Hold: ...

    def save(self, hold: Hold) -> None: ...


class Pointers(Protocol):
    async def get(self, place: str) -> Pointer: ...

    async def change(self, place: str, move: Callable[[Pointer], Pointer | None]) -> Pointer | None:
        """The pointer after the move; None if there is no move, and nothing changes. At once, and as a whole."""
        ...


class Targets(Protocol):
    def open(self, deployment: Deployment, repository: Repository) -> Target | None:
        """Where a deployment goes; None if somebody else deploys and reports. `Permanent`, with the next step, where
        the operator does not let this repository deploy there."""
        ...

    def hands_over(self, repository: Repository) -> bool:
        """Whether the operator lets anything of this repository be handed over where nobody wrote where it goes."""
        ...


class Rules(Protocol):
    """What GitHub demands of whoever deploys to an environment there."""

    async def rules(self, repository: Repository, environment: str) -> EnvironmentRules | None: ...

    async def is_protected(self, repository: Repository, branch: str) -> bool: ...

    async def is_any_protected(self, repository: Repository) -> bool: ...


class Announcements(Protocol):
    """Deployments on GitHub, and what was said of them last."""

    async def known(self, deployment: str) -> Announced | None: ...

    async def show(
        self, repository: Repository, wanted: Announcement, known: Announced | None, *, repeated: bool
    ) -> Announced:
        """One step nearer to what is wanted, with one effect; the same back once all is told."""
        ...

    def save(self, announced: Announced) -> None: ...


class DeliveryChecks(Protocol):
    """Checks that tell of delivery on GitHub, and what was shown of each last."""

    async def known(self, check: str) -> Shown | None: ...

    async def show(self, repository: Repository, check: Check, known: Shown | None, *, repeated: bool) -> Shown | None:
        """Make it look like this, with one effect at most; returns what GitHub shows now, and the buttons as known.

        None: it was progress that would have had to wait its turn, and was left out because the next showing tells
        it.
        """
        ...

    def save(self, shown: Shown) -> None: ...


class Proposal(Protocol):
    """A pull request, as far as delivery cares."""

    @property
    def number(self) -> int: ...

    @property
    def author(self) -> str: ...

    @property
    def base(self) -> str: ...

    @property
    def merged(self) -> bool: ...


class PullRequests(Protocol):
    async def of_commit(self, repository: Repository, sha: str) -> Sequence[Proposal]:
        """Those that brought a commit into the default branch, be it by merge, squash or rebase."""
        ...


class Trails(Protocol):
    """The comments on pull requests that say where their change is, and what they said last."""

    async def known(self, repository: int, pull_request: int) -> Trail | None: ...

    async def known_in(self, repositories: Sequence[int], pull_request: int) -> Sequence[Trail]:
        """Those of the pull requests with this number."""
        ...

    async def show(self, repository: Repository, trail: Trail, text: str, *, repeated: bool) -> Trail:
        """Say this in the one comment, with one effect at most; what somebody deleted stays deleted."""
        ...

    def save(self, trail: Trail) -> None: ...


class Commits(Protocol):
    """The commits that have builds, whatever came of them."""

    async def named(self, repository: int, beginning: str) -> Sequence[str]:
        """Those that begin so, the newest first; ten at most."""
        ...

    async def named_in(self, repositories: Sequence[int], beginning: str) -> Sequence[tuple[int, str]]:
        """The same for several repositories at once, each with the repository's number."""
        ...

    async def is_being_built(self, repository: int, sha: str) -> bool:
        """Whether a build of it has not ended."""
        ...

    async def newest(self, repository: int) -> str:
        """The one that was pushed to the default branch last; "" if there is none."""
        ...


class Depot(Protocol):
    """Where published artifacts lie: at home, where builds put them, and in further regions."""

    @property
    def home(self) -> str: ...

    @property
    def further(self) -> Sequence[str]: ...

    async def digest(self, export: Export, region: str) -> str | None:
        """`sha256:…` of what lies there under this name, taken from the contents; None if there is nothing, or
        not all of it. `Permanent` if the name is not one of this depot."""
        ...

    async def copy(self, artifact: Artifact, region: str) -> None:
        """Bring it from home to a further region, under the same name."""
        ...


class Ancestry(Protocol):
    """How commits lie to each other: see `deploy.order`."""

    async def relation(self, repository: Repository, live: str, candidate: str) -> Relation:
        """The candidate as seen from what is live."""
        ...

    async def is_on_default_branch(self, repository: Repository, sha: str) -> bool:
        """Whether the default branch's history holds the commit at this moment."""
        ...

    async def between(self, repository: Repository, base: str, head: str) -> Sequence[Commit]:
        """The commits that `head` contains and `base` does not, the oldest first; the newest 1,000 of them at most."""
        ...


class Workspaces(Protocol):
    """The workspaces of chats that people speak in."""

    async def repositories(self, workspace: str) -> Sequence[Repository]:
        """Those that a workspace may see and act on, by name; the operator says which."""
        ...


class Links(Protocol):
    """Which GitHub users the people of a chat are."""

    async def person(self, speaker: Speaker) -> Person | None: ...

    async def link(self, speaker: Speaker, code: str) -> Person | None:
        """The GitHub user who was given this code on our page, from now on the speaker's; None if the code counts no
        more, or never did. A code counts once."""
        ...

    async def unlink(self, speaker: Speaker) -> Person | None:
        """Whom they were until now; None if nobody."""
        ...

    @property
    def page(self) -> str:
        """Where people get their code."""
        ...


class Answers(Protocol):
    async def give(self, said: str, answer: Message) -> None:
        """Tell whoever said this, and nobody else. `Permanent` if it is too late for that."""
        ...


class Notices(Protocol):
    """What the messages in channels are to say, and which of them stand there."""

    async def get(self, subject: str) -> Notice | None: ...

    def save(self, notice: Notice) -> None: ...

    async def posted(self, subject: str) -> Posted | None: ...

    def save_posted(self, subject: str, there: Posted) -> None: ...


class Matters(Protocol):
    """What is broken, as far as people were told."""

    async def get(self, name: str) -> Matter:
        """One that nobody has heard of is well."""
        ...

    def save(self, matter: Matter) -> None: ...


class Channels(Protocol):
    """Where people hear of news. Both effects raise `Permanent`, with what the operator can do, where nobody can hear
    it, and `Transient` while it is not this message's turn."""

    async def channel_for(self, repository: Repository, named: str) -> Channel | None:
        """The channel of this name, or the usual one, in the workspace that may see the repository; None if there is
        none."""
        ...

    async def show(
        self,
        channel: Channel,
        subject: str,
        message: Message,
        known: Posted | None,
        *,
        repeated: bool,
        since: datetime | None = None,
    ) -> Posted | None:
        """Make the one message about a subject say this; what somebody deleted stays deleted. `repeated`: nobody
        knows whether it was posted before, but not before `since`. None: nobody can hear it, which the operator was
        told before."""
        ...

    async def remark(self, posted: Posted, remark: str, line: Line, *, repeated: bool) -> None:
        """Say this below a message, once for each id `remark`."""
        ...


class NewId(Protocol):
    def __call__(self) -> str:
        """A new id; later ids sort after earlier ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CD:
    """Everything a handler of CD may touch. Without a depot nothing of what builds export is looked at.

    `around` is what promotions may ask.
    """

    repositories: Repositories
    artifacts: Artifacts
    versions: Versions
    depot: Depot | None
    written: Written
    configurations: Configurations
    deployments: Deployments
    holds: Holds
    pointers: Pointers
    targets: Targets
    ancestry: Ancestry
    rules: Rules
    around: Surroundings
    announcements: Announcements
    checks: DeliveryChecks
    pull_requests: PullRequests
    trails: Trails
    commits: Commits
    workspaces: Workspaces
    links: Links
    answers: Answers
    notices: Notices
    matters: Matters
    channels: Channels
    app_id: int
    now: datetime
    new_id: NewId
    repeated: bool
