"""What the API says, as JSON: the same words as in the records, and times with their zone."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from deploy import deployment as record
from deploy.hold import Kind as HoldKind
from deploy.promotion import State as ResultState
from deploy.promotion import When
from deploy.why import Cause


def words(kind: type[StrEnum]) -> WithJsonSchema:
    """How the description tells an enumeration: by its words alone."""
    return WithJsonSchema({"type": "string", "enum": [each.value for each in kind]})


DeploymentKind = Annotated[record.Kind, words(record.Kind)]
DeploymentState = Annotated[record.State, words(record.State)]
PromotionState = Annotated[ResultState, words(ResultState)]
Side = Annotated[When, words(When)]
KindOfHold = Annotated[HoldKind, words(HoldKind)]
CauseOfIt = Annotated[Cause, words(Cause)]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Artifact(Shape):
    """One immutable thing that a build published."""

    label: str = Field(description="The variable that the build exported it as.")
    value: str = Field(description="Exactly what was exported.")
    digest: str


class Version(Shape):
    """What was published together at one commit."""

    id: str
    sha: str
    name: str = Field(description="What people call it: the commit's first seven digits.")
    artifacts: list[Artifact]


class Deployment(Shape):
    """One version on its way into one environment."""

    id: str
    service: str
    environment: str
    version: Version
    kind: DeploymentKind
    state: DeploymentState
    why: str = Field(description="How it stands, in one sentence.")
    by: str = Field(description='Who asked for it, "" if nobody did.')
    reason: str = Field(description="What they gave as their reason.")
    asked_at: datetime
    arrived_at: datetime | None = Field(description="When it was written.")
    live_at: datetime | None = Field(description="When it was verified as well.")
    ended_at: datetime | None = Field(description="When something else took its place.")


class Promotion(Shape):
    """How one condition of a deployment stands."""

    name: str
    when: Side = Field(description="Before the deployment (may it start?) or after it (did it work?).")
    type: str
    state: PromotionState
    why: str
    evidence: str
    by: str = Field(description="Who overrode it.")
    reason: str
    look_at: datetime | None = Field(description="When it is looked at again.")


class Decision(Shape):
    """What a person said of a deployment."""

    by: str
    approved: bool
    at: datetime
    reason: str
    via: str


class Reason(Shape):
    """One thing that stands in the way."""

    cause: CauseOfIt
    name: str = Field(description="The promotion or the hold that it is about.")
    why: str
    next: str = Field(description="Who or what moves it on.")


class Why(Shape):
    """Why a version is where it is."""

    service: str
    environment: str
    title: str
    reasons: list[Reason]
    present: str = Field(description='What the environment has instead; "" if it has this version.')
    sentences: list[str] = Field(description="All of it for people: the title, the reasons, what is there.")
    deployment: str
    version: str
    sha: str
    state: str
    waits: bool = Field(description="It does not go on within a moment: somebody has to act, or a time has to come.")


class WholeDeployment(Deployment):
    """A deployment with all that is known of it."""

    promotions: list[Promotion]
    decisions: list[Decision]
    before: dict[str, str] = Field(description="What the target had when the write began.")
    live: dict[str, str] = Field(description="What it has had since.")
    replaces: str = Field(description="The deployment that was there.")
    undoes: str = Field(description="The deployment that a rollback takes back.")
    explanation: Why


class Hold(Shape):
    """What keeps an environment, a service or a repository from moving."""

    id: str
    kind: KindOfHold
    scope: str = Field(description="The repository's number, or number/service, or number/service/environment.")
    owner: str
    reason: str
    since: datetime
    until: datetime | None
    sentence: str


class Environment(Shape):
    """A place where a service runs, as it stands now."""

    name: str
    production: bool
    automatic: bool = Field(description="Versions come here by themselves.")
    earlier: str = Field(description='The environment before it, "" for the first.')
    url: str
    present: Deployment | None = Field(description="Whose version was written last, be it verified or not.")
    since: datetime | None = Field(description="Since when it is there.")
    waiting: list[Deployment] = Field(description="The newest first.")
    moving: Deployment | None
    holds: list[Hold] = Field(description="The oldest first.")


class Observed(Shape):
    """What the target itself says is there now."""

    values: dict[str, str]
    matches: bool | None = Field(description="Whether that is what was deployed; null if nobody can tell.")
    why: str


class Service(Shape):
    name: str
    labels: list[str] = Field(description="What a build has to export so that there is a version of it.")
    environments: list[str] = Field(description="In the order in which versions go through them.")


class Services(Shape):
    services: list[Service]


class Environments(Shape):
    environments: list[Environment]


class Deployments(Shape):
    """Those that matter still, the newest first."""

    deployments: list[Deployment]


class Explanations(Shape):
    explanations: list[Why]
