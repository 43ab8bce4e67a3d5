"""What the stories of delivery are told with: versions, a service with two environments, and what becomes of them."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from deploy.artifact import Artifact, Export, Kind
from deploy.command import Command, Verb
from deploy.deployment import Deployment
from deploy.events import CommandGiven, VersionRegistered
from deploy.pipeline import Configuration, Environment, Rule, Service
from deploy.version import Version, version_of
from tests.deploy.world import NOW, Spot, World

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
TARGET = {"type": "parameter_store", "parameters": {"WEB": ["/prx/stag/Spire/Web/tag"]}}
MANUAL = Rule(name="release-team", spec={"type": "manual"})
SMOKE = Rule(name="smoke", spec={"type": "status_check", "names": ["smoke"]})
NUMBERS = {"ana": 1, "bo": 2, "cy": 3, "eve": 4, "rob": 5, "operator": 0}
STAGING = Environment(name="staging", shown="staging", target=TARGET, automatic=True)
PRODUCTION = Environment(
    name="production",
    shown="production",
    target=TARGET,
    before=(MANUAL,),
    earlier="staging",
    automatic=True,
    production=True,
)


def version(sha: str) -> Version:
    name = f"github/prx/my-app:{sha}"
    export = Export(kind=Kind.IMAGE, label="WEB", value=name, place="github/prx/my-app", tag=sha)
    return version_of(42, sha, [Artifact(repository=42, sha=sha, build="b", export=export, digest="sha256:1")])


def configured(staging: Environment = STAGING, production: Environment = PRODUCTION) -> Configuration:
    service = Service(name="web", labels=("WEB",), environments=(staging, production))
    return Configuration(repository=42, sha=A, services=(service,), written=True)


def world(configuration: Configuration | None = None, history: Sequence[str] = (A, B, C, D), **more: Any) -> World:
    """Two environments that nothing was written to yet; Ana administers, Bo writes, Eve reads."""
    return World(
        configuration=configuration or configured(),
        spots={"staging": Spot(), "production": Spot()},
        history=history,
        rights={"ana": "admin", "bo": "write", "cy": "maintain", "eve": "read"},
        registered={each.id: each for each in map(version, history)},
        **more,
    )


def registered(sha: str) -> VersionRegistered:
    return VersionRegistered(version=version(sha).id, registered=version(sha))


def command(verb: Verb, environment: str = "production", by: str = "bo", **facts: Any) -> CommandGiven:
    given = Command(id="c1", verb=verb, repository=42, environment=environment, by=by, by_id=NUMBERS[by], at=NOW)
    return CommandGiven(command="c1", given=replace(given, **facts), by=by)


def deployment(name: str, sha: str, environment: Environment = STAGING, **facts: Any) -> Deployment:
    return Deployment(id=name, version=version(sha), service="web", environment=environment, asked_at=NOW, **facts)


def states(made: World) -> dict[str, str]:
    """`a → staging: live` of all deployments, the oldest first."""
    return {_name(each): f"{each.state}: {each.why}" for _, each in sorted(made.deployments.items())}


def has(made: World, environment: str) -> str:
    spot = made.spots[environment]
    assert spot
    return spot.has[:1]


def ends(made: World) -> list[str]:
    return [f"{_name(each)} {each.state}" for _, each in sorted(made.deployments.items())]


def _name(each: Deployment) -> str:
    mark = "" if each.kind == "promote" else f" ({each.kind})"
    return f"{each.version.sha[:1]} → {each.environment.name}{mark}"
