"""What CD says, in the order of life. Every event is past tense, frozen and complete."""

from datetime import datetime
from typing import ClassVar

from msgspec import field

from checks.events import BuildEvent, Event
from deploy.artifact import Artifact, Export
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
    about: ClassVar[str] = "version"
    version: str
    registered: Version


class HandOffRefused(BuildEvent, frozen=True, kw_only=True):
    """What a build says of parameters cannot be understood: nothing of it is handed over."""

    why: str


class DeploymentEvent(Event, frozen=True, kw_only=True):
    about: ClassVar[str] = "deployment"
    deployment: str


class DeploymentRequested(DeploymentEvent, frozen=True, kw_only=True):
    place: str


class DeploymentSettled(DeploymentEvent, frozen=True, kw_only=True):
    """It is live, or it is known why not: `state` is a `deploy.deployment.State`."""

    state: str
    why: str
