"""A world in memory for the story of CD: what lies where, who may do what, and an environment that can be written."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from app.routes import DELIVERY, NOTICES
from app.routing import name_of
from checks.errors import Permanent, Transient
from checks.events import Event
from checks.message import Line, Message, plain
from checks.repository import Repository
from deploy.announcement import Announced, Announcement
from deploy.artifact import Artifact, Export
from deploy.channel import Channel, Posted
from deploy.check import Check, Shown
from deploy.deployment import Deployment
from deploy.environment_rules import EnvironmentRules
from deploy.events import DeploymentDue
from deploy.hold import Hold, State
from deploy.matter import Matter
from deploy.notice import Notice
from deploy.order import Relation
from deploy.pipeline import Configuration
from deploy.place import Place
from deploy.pointer import Pointer
from deploy.ports import CD
from deploy.promotion import Alarm, Errand, Jenkins, Network, Run
from deploy.revert import Commit
from deploy.speech import Person, Speaker
from deploy.target import Live, Progress, Write, done, failed
from deploy.trail import Trail
from deploy.version import Version

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOME, WEST, NORTH = "us-east-1", "us-west-2", "eu-north-1"
APP = 99


@dataclass
class Spot:
    """A target that has one value, and does what the test wants of it."""

    has: str = ""
    ends: Callable[[], Progress] | None = None
    writes: list[str] = field(default_factory=list)
    longest: timedelta = timedelta(seconds=10)

    async def live(self) -> Live:
        return Live(values={"value": self.has} if self.has else {})

    async def deploy(self, write: Write) -> Progress:
        return await self._set(write.version.sha)

    async def observe(self, write: Write) -> Progress:
        if self.has == write.version.sha:
            return done("it is there", await self.live())
        return failed(f"somebody else set {self.has}", await self.live())

    async def roll_back(self, write: Write, to: Live) -> Progress:
        return await self._set(to.values["value"])

    async def _set(self, sha: str) -> Progress:
        self.writes.append(sha)
        self.has = sha
        return self.ends() if self.ends else done(f"wrote {sha[:7]}", await self.live())


@dataclass
class World:
    """The ports of `CD`. `lying` is what lies where: (region, name) → digest.

    `spots` are targets by the environment's name; without one nothing may be deployed there, and None in its place
    means that somebody else deploys. `rights` is what people may, by login; `answers` what checks on commits say.
    """

    lying: dict[tuple[str, str], str] = field(default_factory=dict)
    known: dict[str, Artifact] = field(default_factory=dict)
    available: set[tuple[str, str]] = field(default_factory=set)
    registered: dict[str, Version] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    pointers: dict[str, Pointer] = field(default_factory=dict)
    spots: dict[str, Spot | None] = field(default_factory=dict)
    configuration: Configuration | None = None
    files: dict[str, str] = field(default_factory=dict)
    """`.github/interlock.yml` by commit."""
    organisation: Mapping[str, str] | None = field(default_factory=dict)
    read_of_organisation: dict[str, Mapping[str, str]] = field(default_factory=dict)
    history: Sequence[str] = ()
    """The default branch, the oldest commit first. What is not in it lies beside it."""
    messages: dict[str, str] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    rights: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    """Who has a login now; whoever is not in it has had it always."""
    teams: dict[str, set[str]] = field(default_factory=dict)
    rules: dict[str, EnvironmentRules] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    github_is_away: bool = False
    shown: dict[str, list[str]] = field(default_factory=dict)
    checks: dict[str, list[Check]] = field(default_factory=dict)
    """What was shown of delivery, by external id."""
    known_checks: dict[str, Shown] = field(default_factory=dict)
    merged: dict[str, int] = field(default_factory=dict)
    """The pull request that a commit came with; `proposed` has odd ones."""
    proposed: "dict[str, Merged]" = field(default_factory=dict)
    trails: dict[int, Trail] = field(default_factory=dict)
    built: dict[str, int] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    """Commits of which no build runs any more."""
    """Commits that have builds, and whose repository it is; the newest last."""
    visible: dict[str, Sequence[Repository]] = field(default_factory=dict)
    """What each workspace may see; PRX/My-App, where it is not said."""
    elsewhere: dict[int, Configuration] = field(default_factory=dict)
    """The configurations of other repositories than the first."""
    linked: dict[str, Person] = field(default_factory=dict)
    """Who the users of chats are."""
    codes: dict[str, Person] = field(default_factory=dict)
    answered: dict[str, list[Message]] = field(default_factory=dict)
    workspace: str = "T1"
    """The one that hears of the repository."""
    channel: str = ""
    """The usual channel; nobody hears of anything without one."""
    notices: dict[str, Notice] = field(default_factory=dict)
    posted: dict[str, Posted] = field(default_factory=dict)
    matters: dict[str, Matter] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """What came into channels, in its order: `#web ✓ …`, updates as `#web = ✓ …`, remarks as `#web > …`."""
    repeated: bool = False
    copies: list[str] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)
    slow: bool = False
    """What is copied does not show at once."""
    now: datetime = NOW
    home: str = HOME
    further: Sequence[str] = (WEST, NORTH)
    has_depot: bool = True
    ids: int = 0

    def cd(self) -> CD:
        return CD(
            repositories=Repositories(self),
            artifacts=Artifacts(self),
            versions=Versions(self),
            depot=self if self.has_depot else None,
            written=Written(self),
            configurations=Configurations(self),
            deployments=Deployments(self),
            holds=Holds(self),
            pointers=Pointers(self),
            targets=Targets(self),
            ancestry=Ancestry(self),
            rules=Rules(self),
            around=Around(self),
            announcements=Announcements(self),
            checks=DeliveryChecks(self),
            pull_requests=PullRequests(self),
            trails=Trails(self),
            notices=Notices(self),
            matters=Matters(self),
            channels=Channels(self),
            commits=Commits(self),
            workspaces=Workspaces(self),
            links=Links(self),
            answers=Answers(self),
            app_id=APP,
            now=self.now,
            new_id=self.new_id,
            repeated=self.repeated,
        )

    def new_id(self) -> str:
        self.ids += 1
        return f"n{self.ids:03}"

    async def tell(self, handler: Callable[[Any, CD], Awaitable[Sequence[Event]]], event: Event) -> list[Event]:
        """What one handler says."""
        return list(await handler(event, self.cd()))

    async def play(self, *events: Event) -> list[Event]:
        """Everything that follows from these events, by the routes of the App, in the order in which it is said."""
        heard: list[Event] = []
        waiting = list(events)
        while waiting:
            event = waiting.pop(0)
            heard.append(event)
            for handler in handlers(event):
                waiting += await self.tell(handler, event)
        return heard[len(events) :]

    async def pass_time(self, by: timedelta) -> list[Event]:
        """The clock goes on, and what is due then is looked at."""
        self.now += by
        due = [each.id for each in self.deployments.values() if each.look_at and each.look_at <= self.now]
        return await self.play(*(DeploymentDue(deployment=each) for each in due))

    async def digest(self, export: Export, region: str) -> str | None:
        if region in self.closed:
            raise Permanent(self.closed[region])
        return self.lying.get((region, export.name))

    async def copy(self, artifact: Artifact, region: str) -> None:
        self.copies.append(region)
        if not self.slow:
            self.lying[region, artifact.export.name] = self.lying[self.home, artifact.export.name]


class Notices:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, subject: str) -> Notice | None:
        return self._world.notices.get(subject)

    def save(self, notice: Notice) -> None:
        self._world.notices[notice.subject] = notice

    async def posted(self, subject: str) -> Posted | None:
        return self._world.posted.get(subject)

    def save_posted(self, subject: str, there: Posted) -> None:
        self._world.posted[subject] = there


class Matters:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, name: str) -> Matter:
        return self._world.matters.get(name) or Matter(name=name)

    def save(self, matter: Matter) -> None:
        self._world.matters[matter.name] = matter


class Channels:
    def __init__(self, world: World) -> None:
        self._world = world

    async def channel_for(self, repository: Repository, named: str) -> Channel | None:
        name = named or self._world.channel
        return Channel(workspace=self._world.workspace, name=name) if name else None

    async def show(
        self,
        channel: Channel,
        subject: str,
        message: Message,
        known: Posted | None,
        *,
        repeated: bool,
        since: datetime | None = None,
    ) -> Posted:
        self._world.said.append(f"{channel.name} {'= ' if known else ''}{message.text}")
        return Posted(workspace=channel.workspace, channel=channel.name, ts=subject, digest=message.digest)

    async def remark(self, posted: Posted, remark: str, line: Line, *, repeated: bool) -> None:
        self._world.said.append(f"{posted.channel} > {plain(line)}")


class Repositories:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, repository: int) -> Repository:
        seen = [each for some in self._world.visible.values() for each in some]
        return next((each for each in seen if each.id == repository), _first(repository))

    async def named(self, full_name: str) -> Repository | None:
        return Repository(id=7, full_name=full_name, installation=7)


class Artifacts:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, artifact: str) -> Artifact:
        return self._world.known[artifact]

    async def add(self, artifact: Artifact) -> bool:
        is_new = artifact.id not in self._world.known
        self._world.known.setdefault(artifact.id, artifact)
        return is_new

    async def of_commit(self, repository: int, sha: str) -> Sequence[Artifact]:
        return [each for each in self._world.known.values() if (each.repository, each.sha) == (repository, sha)]

    async def regions_of(self, artifact: str) -> frozenset[str]:
        return frozenset(region for known, region in self._world.available if known == artifact)

    def make_available(self, artifact: str, region: str) -> None:
        self._world.available.add((artifact, region))


class Versions:
    def __init__(self, world: World) -> None:
        self._world = world

    async def add(self, version: Version) -> bool:
        is_new = version.id not in self._world.registered
        self._world.registered.setdefault(version.id, version)
        return is_new

    async def named(self, repository: int, name: str) -> Sequence[Version]:
        every = reversed(self._world.registered.values())
        return [each for each in every if each.repository == repository and name in (each.id, each.sha[: len(name)])]

    async def named_in(self, repositories: Sequence[int], name: str) -> Sequence[Version]:
        return [version for each in repositories for version in await self.named(each, name)]


class Written:
    def __init__(self, world: World) -> None:
        self._world = world

    async def text(self, _repository: Repository, sha: str) -> str | None:
        return self._world.files.get(sha)

    async def defaults(self, _owner_repository: Repository) -> Mapping[str, str] | None:
        return self._world.organisation


class Configurations:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, repository: int) -> Configuration | None:
        return self._world.elsewhere.get(repository, self._world.configuration)

    async def of(self, repositories: Sequence[int]) -> Mapping[int, Configuration]:
        return {each: found for each in repositories if (found := await self.get(each))}

    def save(self, configuration: Configuration) -> None:
        self._world.configuration = configuration

    async def defaults(self, owner: str) -> Mapping[str, str] | None:
        return self._world.read_of_organisation.get(owner)

    def save_defaults(self, owner: str, files: Mapping[str, str]) -> None:
        self._world.read_of_organisation[owner] = files


class Deployments:
    def __init__(self, world: World) -> None:
        self._known = world.deployments

    async def get(self, deployment: str) -> Deployment:
        return self._known[deployment]

    async def find(self, deployment: str) -> Deployment | None:
        return self._known.get(deployment)

    async def place(self, name: str) -> Place:
        here = sorted((each for each in self._known.values() if each.place == name), key=lambda each: each.id)
        return Place(name=name, deployments=tuple(reversed(here)))

    async def places(self, names: Sequence[str]) -> Mapping[str, Place]:
        return {name: await self.place(name) for name in names}

    async def of_commit(self, repository: int, sha: str) -> Sequence[Deployment]:
        every = sorted(self._known.values(), key=lambda each: each.id, reverse=True)
        return [each for each in every if (each.version.repository, each.version.sha) == (repository, sha)]

    async def waiting_below(self, scope: str) -> Sequence[Deployment]:
        return [
            each
            for each in self._known.values()
            if each.state.is_waiting and (not scope or f"{each.place}/".startswith(f"{scope}/"))
        ]

    def save(self, deployment: Deployment) -> None:
        self._known[deployment.id] = deployment


class Holds:
    def __init__(self, world: World) -> None:
        self._world = world

    async def covering(self, place: str) -> Sequence[Hold]:
        return [each for each in self._world.holds.values() if each.covers(place) and each.state is State.ACTIVE]

    async def all(self) -> Sequence[Hold]:
        return [each for each in self._world.holds.values() if each.state is State.ACTIVE]

    async def get(self, hold: str) -> Hold:
        return self._world.holds[hold]

    def save(self, hold: Hold) -> None:
        self._world.holds[hold.id] = hold


class Pointers:
    def __init__(self, world: World) -> None:
        self._pointers = world.pointers

    async def get(self, place: str) -> Pointer:
        return self._pointers.get(place, Pointer(environment=place))

    async def change(self, place: str, move: Callable[[Pointer], Pointer | None]) -> Pointer | None:
        moved = move(await self.get(place))
        if moved:
            self._pointers[place] = moved
        return moved


class Targets:
    def __init__(self, world: World) -> None:
        self._spots = world.spots

    def open(self, deployment: Deployment, _repository: Repository) -> Spot | None:
        if deployment.environment.name not in self._spots:
            raise Permanent("nothing may be deployed there: ask the operator")
        return self._spots[deployment.environment.name]

    def hands_over(self, _repository: Repository) -> bool:
        return bool(self._spots)


class Ancestry:
    def __init__(self, world: World) -> None:
        self._world = world

    async def relation(self, _repository: Repository, live: str, candidate: str) -> Relation:
        if self._world.github_is_away:
            raise Transient("GitHub did not answer")
        history = self._world.history
        if live == candidate:
            return Relation.IDENTICAL
        if live not in history or candidate not in history:
            return Relation.DIVERGED
        return Relation.AHEAD if history.index(candidate) > history.index(live) else Relation.BEHIND

    async def is_on_default_branch(self, _repository: Repository, sha: str) -> bool:
        return sha in self._world.history

    async def between(self, _repository: Repository, base: str, head: str) -> Sequence[Commit]:
        history = list(self._world.history)
        found = history[history.index(base) + 1 : history.index(head) + 1] if {base, head} <= set(history) else []
        messages, authors = self._world.messages, self._world.authors
        return [Commit(sha=sha, message=messages.get(sha, sha[:7]), author=authors.get(sha, "")) for sha in found]


class Rules:
    def __init__(self, world: World) -> None:
        self._world = world

    async def rules(self, _repository: Repository, environment: str) -> EnvironmentRules | None:
        return self._world.rules.get(environment)

    async def is_protected(self, _repository: Repository, branch: str) -> bool:
        return branch == "main"

    async def is_any_protected(self, _repository: Repository) -> bool:
        return True


PERMISSIONS = ("read", "triage", "write", "maintain", "admin")


class Around:
    """What promotions ask; a check on a commit has the conclusion that `answers` says."""

    http: Any = None
    networks: Sequence[Network] = ()
    jenkins: Jenkins | None = None

    def __init__(self, world: World) -> None:
        self._world = world

    def job_refusal(self, repository: Repository, job: str) -> str:
        raise AssertionError(repository, job)

    async def may(self, _repository: Repository, login: str, permission: str, by_id: int = 0) -> bool:
        has = self._world.rights.get(login)
        if by_id and self._world.numbers.get(login, by_id) != by_id:
            return False
        return has is not None and PERMISSIONS.index(has) >= PERMISSIONS.index(permission)

    async def is_member(self, _organisation: str, team: str, login: str) -> bool:
        return login in self._world.teams.get(team, ())

    async def checks(self, _repository: Repository, _sha: str) -> Mapping[str, str]:
        return self._world.answers

    async def alarms(self, names: Sequence[str], region: str) -> Mapping[str, Alarm]:
        raise AssertionError(names, region)

    async def build(self, errand: Errand) -> Run:
        raise AssertionError(errand)


def handlers(event: Event) -> list[Callable[[Any, CD], Awaitable[Sequence[Event]]]]:
    """Those that the App's routes have for it."""
    names = [name for routes in (DELIVERY, NOTICES) for name, _ in routes.tasks_for(event)]
    return [each for each in (*DELIVERY.handlers(), *NOTICES.handlers()) if name_of(each) in names]


class Announcements:
    def __init__(self, world: World) -> None:
        self._world = world
        self._told: dict[str, Announced] = {}

    async def known(self, deployment: str) -> Announced | None:
        said = self._world.shown.get(deployment)
        return Announced(deployment=deployment, number=1, digest=said[-1]) if said else None

    async def show(
        self, _repository: Repository, wanted: Announcement, known: Announced | None, *, repeated: bool
    ) -> Announced:
        assert repeated in (True, False)
        told = Announced(deployment=wanted.deployment, number=1, digest=f"{wanted.state}: {wanted.why}")
        return told if known is None or known.digest != told.digest else known

    def save(self, announced: Announced) -> None:
        self._world.shown.setdefault(announced.deployment, []).append(announced.digest)


class DeliveryChecks:
    """Tells apart what was shown by all of it."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def known(self, check: str) -> Shown | None:
        return self._world.known_checks.get(check)

    async def show(self, repository: Repository, check: Check, known: Shown | None, *, repeated: bool) -> Shown | None:
        assert repeated in (True, False)
        shown = self._world.checks.setdefault(check.external_id, [])
        if shown and shown[-1] == check:
            return known
        shown.append(check)
        return Shown(
            check=check.external_id,
            repository=repository.id,
            sha=check.sha,
            number=1,
            digest=f"{len(shown)}",
            offers=known.offers if known else (),
        )

    def save(self, shown: Shown) -> None:
        self._world.known_checks[shown.check] = shown


@dataclass(frozen=True)
class Merged:
    number: int
    author: str = ""
    base: str = "main"
    merged: bool = True


class PullRequests:
    def __init__(self, world: World) -> None:
        self._world = world

    async def of_commit(self, _repository: Repository, sha: str) -> Sequence[Merged]:
        if sha in self._world.proposed:
            return [self._world.proposed[sha]]
        number = self._world.merged.get(sha)
        return [Merged(number)] if number else []


class Trails:
    def __init__(self, world: World) -> None:
        self._world = world

    async def known(self, _repository: int, pull_request: int) -> Trail | None:
        return self._world.trails.get(pull_request)

    async def known_in(self, repositories: Sequence[int], pull_request: int) -> Sequence[Trail]:
        found = await self.known(0, pull_request)
        return [found] if found and found.repository in repositories else []

    async def show(self, _repository: Repository, trail: Trail, text: str, *, repeated: bool) -> Trail:
        assert repeated in (True, False)
        return replace(trail, number=1, text=text)

    def save(self, trail: Trail) -> None:
        self._world.trails[trail.pull_request] = trail


def _first(repository: int) -> Repository:
    return Repository(id=repository, full_name="PRX/My-App", installation=7)


class Commits:
    def __init__(self, world: World) -> None:
        self._world = world

    async def named(self, repository: int, beginning: str) -> Sequence[str]:
        return [sha for sha in self._of(repository) if sha.startswith(beginning)]

    async def named_in(self, repositories: Sequence[int], beginning: str) -> Sequence[tuple[int, str]]:
        return [(each, sha) for each in repositories for sha in await self.named(each, beginning)]

    async def is_being_built(self, repository: int, sha: str) -> bool:
        return self._world.built.get(sha) == repository and sha not in self._world.over

    async def newest(self, repository: int) -> str:
        return next(iter(self._of(repository)), "")

    def _of(self, repository: int) -> Sequence[str]:
        return [sha for sha, built in reversed(self._world.built.items()) if built == repository]


class Workspaces:
    def __init__(self, world: World) -> None:
        self._world = world

    async def repositories(self, workspace: str) -> Sequence[Repository]:
        return self._world.visible.get(workspace, [_first(42)])


class Links:
    page = "https://ci.example.org/link"

    def __init__(self, world: World) -> None:
        self._world = world

    async def person(self, speaker: Speaker) -> Person | None:
        return self._world.linked.get(speaker.user)

    async def link(self, speaker: Speaker, code: str) -> Person | None:
        person = self._world.codes.pop(code, None)
        if person:
            self._world.linked[speaker.user] = person
        return person

    async def unlink(self, speaker: Speaker) -> Person | None:
        return self._world.linked.pop(speaker.user, None)


class Answers:
    def __init__(self, world: World) -> None:
        self._world = world

    async def give(self, said: str, answer: Message) -> None:
        self._world.answered.setdefault(said, []).append(answer)
