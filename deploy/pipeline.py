"""Where the versions of a service go: its environments, in order, each with what lets a version in."""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class Rule(Struct, frozen=True, kw_only=True):
    """A promotion as people wrote it: `spec` has its `type`, and what that kind of `deploy.promotions` knows."""

    name: str
    spec: dict[str, Any]


class Level(StrEnum):
    """VERBOSE tells everything, QUIET trouble and recovery; NORMAL also what asks people, and what is in production."""

    VERBOSE = "verbose"
    NORMAL = "normal"
    QUIET = "quiet"


class Notify(Struct, frozen=True, kw_only=True):
    """Who hears of it, and how much; what is empty is said elsewhere."""

    channel: str = ""
    level: Level | None = None

    def over(self, wider: "Notify") -> "Notify":
        """This, and what it leaves open as the wider one says it."""
        return Notify(channel=self.channel or wider.channel, level=self.level or wider.level)


class Environment(Struct, frozen=True, kw_only=True):
    """`target` is written as a kind of `deploy.targets` reads it, with its `type`; `shown` is GitHub's name for it.

    A version gets here by itself where it is `automatic`: from the first environment on, as soon as it is live in
    the one before (`earlier`, "" for the first). `rolls_back` says what happens if an `after` promotion fails.
    `production` says that people use what runs there.
    """

    name: str
    shown: str
    target: dict[str, Any]
    before: tuple[Rule, ...] = ()
    after: tuple[Rule, ...] = ()
    earlier: str = ""
    automatic: bool = False
    rolls_back: bool = False
    production: bool = False
    url: str = ""
    notify: Notify = Notify()


class Service(Struct, frozen=True, kw_only=True):
    """`labels` name what a build has to export so that there is a version of this service."""

    name: str
    labels: tuple[str, ...]
    environments: tuple[Environment, ...]

    def environment(self, name: str) -> Environment | None:
        return next((each for each in self.environments if each.name == name), None)

    def after(self, name: str) -> Environment | None:
        """The environment that follows this one."""
        return next((each for each in self.environments if each.earlier == name), None)


class Problem(Struct, frozen=True, kw_only=True):
    """What is wrong with a file, and what to write instead; `line` is 0 where it is about the whole."""

    file: str
    line: int
    message: str


class Configuration(Struct, frozen=True, kw_only=True):
    """What a repository's versions do, as of its commit `sha`; `written` says that somebody wrote it down.

    Where nobody did, it is made of what the last version's build wants handed over.
    """

    repository: int
    sha: str
    services: tuple[Service, ...] = ()
    written: bool = False
    notify: Notify = Notify()

    def service(self, name: str) -> Service | None:
        return next((each for each in self.services if each.name == name), None)
