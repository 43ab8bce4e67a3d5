"""What people may write in `.github/interlock.yml`: its keys, and what is meant where they say nothing."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

MOST = 50
"""Of services, of environments of one, of artifacts of one, and of promotions in one place."""
MOST_PROMOTIONS = 200
LONGEST_ADDRESS = 2000

Several = Annotated[list[Any], Field(max_length=MOST)]


def _is_an_address(url: str) -> str:
    """It is shown, and asked: so it holds no name and no password."""
    if not re.fullmatch(r"https?://[^\s/?#@\\]+([/?#]\S*)?", url) or len(url) > LONGEST_ADDRESS:
        raise ValueError("write an address such as https://shop.example.org, without a name or a password")
    return url


def _is_a_channel(name: str) -> str:
    """Neither a person nor a conversation with one, as Slack calls them: nobody hears alone what others push."""
    if not re.fullmatch(r"#?[\w.-]{1,80}", name) or re.fullmatch(r"#?[UWD][A-Z0-9]{5,}", name):
        raise ValueError('write the name of a channel, such as "#web"')
    return name


class Section(BaseModel):
    """A part of the file. What is in the mappings and lists of a section is read by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(Section):
    services: dict[str, Any] = Field(default={}, max_length=MOST, description="What is delivered, by name.")
    promotions: dict[str, Any] = Field(
        default={},
        max_length=MOST_PROMOTIONS,
        description="Conditions that environments name under `before` and `after`.",
    )
    versioning: Literal["conventional", "none"] = Field(
        default="none", description="Whether versions get numbers from Conventional Commits."
    )
    notify: dict[str, Any] = Field(default={}, description="Who hears of this repository's builds and deployments.")


class Service(Section):
    artifacts: list[str] = Field(
        default=[], max_length=MOST, description="Labels that a build exports: a version has all of them."
    )
    pipeline: str = Field(default="", description="A pipeline of the organisation: which environments, in which order.")
    environments: dict[str, Any] = Field(
        default={}, max_length=MOST, description="Where it goes, in this order, by name."
    )


class Environment(Section):
    """None is what says nothing: the organisation's word counts, or else the default."""

    target: dict[str, Any] | None = Field(default=None, description="The place, as its kind says it.")
    before: Several = Field(default=[], description="What has to be true before a version comes here.")
    after: Several = Field(default=[], description="What has to be true of a version that came here.")
    on_failure: Literal["roll_back", "stay"] | None = Field(
        default=None, description="What happens if something under `after` fails."
    )
    automatic: bool | None = Field(
        default=None, description="Whether a version comes by itself once it is live in the environment before."
    )
    production: bool | None = Field(default=None, description="Whether people use what runs there.")
    url: Annotated[str, AfterValidator(_is_an_address)] | None = Field(
        default=None, description="Where it can be looked at."
    )
    github: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        default=None, description="What GitHub calls the environment."
    )
    notify: dict[str, Any] = Field(default={}, description="Who hears of this environment, if it is not the same.")


class Notify(Section):
    channel: Annotated[str, AfterValidator(_is_a_channel)] = Field(default="", description="A channel in Slack.")
    level: Literal["verbose", "normal", "quiet"] | None = Field(
        default=None, description="How much is told there: `normal` where nobody says."
    )
