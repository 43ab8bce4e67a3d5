"""What CD says, in the order of life. Every event is past tense, frozen and complete."""

from datetime import datetime
from typing import ClassVar

from msgspec import field

from checks.events import BuildEvent, Event
from checks.message import Line, Message
from deploy.announcement import StatusHeard
from deploy.artifact import Artifact, Export
from deploy.channel import Channel
from deploy.command import Command, Via
from deploy.hold import Hold
from deploy.pipeline import Problem
from deploy.speech import Person, Said, Speaker
from deploy.trail import Step
from deploy.version import Version


class ArtifactExported(BuildEvent, frozen=True, kw_only=True):
    """A publishing build named an artifact. Whether it is there, and what it holds, is not known yet.

    `together` are the values of all that the build named: one version, once all of it is there. `hand_off` says
    which parameters get them.
    """

    repository: int
    sha: str
    export: Export
    at: datetime
    together: tuple[str, ...] = ()
    hand_off: dict[str, tuple[str, ...]] = field(default_factory=dict)


class ArtifactRefused(BuildEvent, frozen=True, kw_only=True):
    """What a build named is not handed over; in one region only, if there is a `region`."""

    label: str
    value: str
    why: str
    region: str = ""


class ArtifactEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "artifact"
    artifact: str


class ArtifactPublished(ArtifactEvent, frozen=True, kw_only=True):
    """An artifact was found where its build put it, and its digest is known from there."""

    published: Artifact


class ArtifactDue(ArtifactEvent, frozen=True, kw_only=True):
    """An artifact has to become available in a further region."""

    region: str


class ArtifactAvailable(ArtifactEvent, frozen=True, kw_only=True):
    """An artifact was found in a region, with its digest."""

    region: str


class VersionDue(BuildEvent, frozen=True, kw_only=True):
    """One more artifact of a build is pinned; if all are, they are a version."""

    repository: int
    sha: str
    together: tuple[str, ...]
    hand_off: dict[str, tuple[str, ...]] = field(default_factory=dict)


class VersionRegistered(Event, frozen=True, kw_only=True):
    """All of a version is pinned. `is_new` if these contents were not known before; `hand_off` says which parameters
    its build wants to get them."""

    about: ClassVar[str] = "version"
    version: str
    registered: Version
    is_new: bool = True
    hand_off: dict[str, tuple[str, ...]] = field(default_factory=dict)


class HandOffRefused(BuildEvent, frozen=True, kw_only=True):
    """What a build says of parameters cannot be understood: nothing of it is handed over."""

    why: str


# --- configuration -----------------------------------------------------------------------------


class ConfigurationEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "repository"
    repository: int
    sha: str


class ConfigurationRead(ConfigurationEvent, frozen=True, kw_only=True):
    """From now on versions go where this commit says."""


class ConfigurationRefused(ConfigurationEvent, frozen=True, kw_only=True):
    """What this commit says cannot be followed: what was said before goes on."""

    problems: tuple[Problem, ...]


# --- a version moves ---------------------------------------------------------------------------


class DeploymentEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "deployment"
    deployment: str


class DeploymentRequested(DeploymentEvent, frozen=True, kw_only=True):
    place: str


class DeploymentDue(DeploymentEvent, frozen=True, kw_only=True):
    """There is something to look at: a time came, somebody decided, or something that was in the way is gone."""


class DeploymentReady(DeploymentEvent, frozen=True, kw_only=True):
    """Nothing stands before the write, or it goes on. Who commanded it waits behind nobody who did not."""

    place: str
    commanded: bool = False


class DeploymentMoved(DeploymentEvent, frozen=True, kw_only=True):
    """How a deployment stands now: `state` is a `deploy.deployment.State`."""

    place: str
    sha: str
    repository: int
    state: str
    why: str


class StatusTold(Event, frozen=True, kw_only=True):
    """A deployment on GitHub was given a status, by us or by anybody else."""

    heard: StatusHeard

    @property
    def subject(self) -> str:
        return f"repository:{self.heard.repository}"


# --- people say --------------------------------------------------------------------------------


class CommandEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "command"
    command: str


class CommandGiven(CommandEvent, frozen=True, kw_only=True):
    given: Command


class CommandObeyed(CommandEvent, frozen=True, kw_only=True):
    """`did` is the sentence of the plan that was carried out; `deployment` is what came of it, if anything did."""

    did: str
    deployment: str = ""
    via: Via = Via.GITHUB


class CommandRefused(CommandEvent, frozen=True, kw_only=True):
    """`pressed_on` is the check whose button it was, "" if it was none."""

    why: str
    pressed_on: str = ""
    via: Via = Via.GITHUB


class HoldEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "hold"
    hold: str
    scope: str


class HoldPlaced(HoldEvent, frozen=True, kw_only=True):
    placed: Hold


class HoldEnded(HoldEvent, frozen=True, kw_only=True):
    """It was lifted or its time is over: what it stopped may go on."""

    why: str


# --- people see --------------------------------------------------------------------------------


class DeliveryButtonPressed(Event, frozen=True, kw_only=True):
    """Somebody pressed a button of a commit's delivery check; `by_id` is their number on GitHub."""

    about: ClassVar[str] = "repository"
    repository: int
    sha: str
    button: str
    by_id: int = 0


class DeliveryCheckDue(Event, frozen=True, kw_only=True):
    """What a commit's check says may have changed; `remark` answers whoever pressed one of its buttons."""

    about: ClassVar[str] = "repository"
    repository: int
    sha: str
    remark: str = ""


class CommentDue(Event, frozen=True, kw_only=True):
    """The change of a pull request came somewhere, or is on its way."""

    about: ClassVar[str] = "repository"
    repository: int
    pull_request: int
    step: Step


class NoticeEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "notice"
    notice: str
    channel: Channel


class NoticeDue(NoticeEvent, frozen=True, kw_only=True):
    """The message of a build, a deployment or a hold has something else to say."""


class RemarkDue(NoticeEvent, frozen=True, kw_only=True):
    """Something more is said in the thread of a message."""

    remark: str
    line: Line


# --- people talk -------------------------------------------------------------------------------


class SpeechEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "speech"
    speech: str


class WordsSaid(SpeechEvent, frozen=True, kw_only=True):
    """Somebody said something to us in a chat, or pressed a button that says it."""

    said: Said


class AnswerDue(SpeechEvent, frozen=True, kw_only=True):
    """Whoever said this gets an answer."""

    answer: Message


class SpeakerEvent(Event, frozen=True, kw_only=True):
    speaker: Speaker
    person: Person

    @property
    def subject(self) -> str:
        return f"speaker:{self.speaker.workspace}/{self.speaker.user}"


class SpeakerLinked(SpeakerEvent, frozen=True, kw_only=True):
    """Somebody in a chat showed who they are on GitHub, and acts as that person from now on."""


class SpeakerUnlinked(SpeakerEvent, frozen=True, kw_only=True):
    """Somebody in a chat acts as this person no more."""
