"""`status`, `why`, and what one may command of deliveries: `deploy`, `promote`, `rollback`, `hold` and the others."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from app.commands import following, told
from app.commands.api import Api, from_environment
from app.commands.asked import Asked, commanding, moment, placed, repository_named, where
from app.commands.refusal import Refusal
from deploy.command import Verb
from deploy.hold import Kind

T = TypeVar("T")


# --- looking -----------------------------------------------------------------------------------


@click.command()
@click.argument("repository", metavar="[REPOSITORY]", required=False)
@click.option("-r", "--repository", "option", metavar="OWNER/NAME", help="The same, as the other commands take it.")
@click.option("--json", "as_json", is_flag=True, help="What the API says, as it is.")
def status(repository: str | None, option: str | None, as_json: bool) -> None:
    """Show what is where, what waits, and what is held.

    REPOSITORY is owner/name, by default the one that this directory is a clone of.
    """
    owner, name = repository_named(repository or option).split("/")

    async def ask(api: Api) -> Mapping[str, Any]:
        found = await api.get("repositories", owner, name, "services")
        path = ("repositories", owner, name, "services")
        return {
            each["name"]: (await api.get(*path, each["name"], "environments"))["environments"]
            for each in found["services"]
        }

    services = _ask(ask)
    if as_json:
        _print(services)
        return
    if not services:
        raise Refusal(f"{owner}/{name} delivers nothing yet: write .github/interlock.yml")
    for service, environments in services.items():
        told.say(click.style(service, bold=True))
        for line in told.status(environments, datetime.now(UTC)):
            told.say(line)


@click.command()
@where
@click.option("--sha", metavar="COMMIT", help="Why this commit is where it is; its first digits do.")
@click.option("--deployment", metavar="ID", help="Why this deployment is where it is.")
def why(  # noqa: PLR0913  one parameter for each option
    *,
    places: Sequence[str],
    repository: str | None,
    service: str | None,
    environment: str | None,
    as_json: bool,
    sha: str | None,
    deployment: str | None,
) -> None:
    """Say why versions are where they are."""
    service, environment = placed(places, service, environment)
    query = {"service": service, "environment": environment, "sha": sha}
    if deployment:
        query = {"deployment": deployment}
    else:
        query["repository"] = repository_named(repository)
    explanations = _ask(lambda api: api.get("why", **query))
    if as_json:
        _print(explanations)
        return
    for number, each in enumerate(explanations["explanations"]):
        if number:
            told.say("")
        for line in told.why(each):
            told.say(line)


@click.command()
@where
def live(
    *, places: Sequence[str], repository: str | None, service: str | None, environment: str | None, as_json: bool
) -> None:
    """Ask an environment itself what it has.

    Fails if that is not what was deployed.
    """
    service, environment = placed(places, service, environment)
    if not environment:
        raise click.UsageError("say which environment")
    owner, name = repository_named(repository).split("/")

    async def ask(api: Api) -> Mapping[str, Any]:
        path = ("repositories", owner, name, "services")
        of = service or only(await api.get(*path), f"{owner}/{name}")
        answered: Mapping[str, Any] = await api.get(*path, of, "environments", environment, "live")
        return answered

    found = _ask(ask)
    if as_json:
        _print(found)
    elif found["matches"]:
        told.say(found["why"])
    if not found["matches"]:
        raise Refusal(found["why"])


def only(services: Mapping[str, Any], repository: str) -> str:
    """The service of a repository that has one."""
    names = [str(each["name"]) for each in services["services"]]
    if not names:
        raise Refusal(f"{repository} delivers nothing yet: write .github/interlock.yml")
    if len(names) > 1:
        raise Refusal(f"{repository} has several services: say which of {', '.join(names)}")
    return names[0]


# --- commanding --------------------------------------------------------------------------------


@click.command()
@commanding
@click.option("--version", metavar="COMMIT", required=True, help="Its first digits do.")
def deploy(asked: Asked, version: str) -> None:
    """Send an exact version.

    It goes through everything that stands before the environment.
    """
    _carry_out(Verb.DEPLOY, asked, version=version)


@click.command()
@commanding
@click.option("--version", metavar="COMMIT", help="Only if this is what would be promoted.")
def promote(asked: Asked, version: str | None) -> None:
    """Send what is live in the environment before."""
    _carry_out(Verb.PROMOTE, asked, version=version)


@click.command()
@commanding
def redeploy(asked: Asked) -> None:
    """Write what is there once more."""
    _carry_out(Verb.REDEPLOY, asked)


@click.command()
@commanding
@click.option("--to", "version", metavar="COMMIT", help="By default what was good before.")
def rollback(asked: Asked, version: str | None) -> None:
    """Put back what was good before.

    What is taken back stays out until a revert of it arrives, or somebody sends it.
    """
    _carry_out(Verb.ROLLBACK, asked, version=version)


@click.command()
@commanding
@click.option("--version", metavar="COMMIT", required=True, help="Its first digits do.")
def emergency(asked: Asked, version: str) -> None:
    """Send an exact version at once.

    Nothing that stands before the environment is asked.
    """
    _carry_out(Verb.EMERGENCY, asked, version=version)


@click.command()
@commanding
@click.option("--promotion", metavar="NAME", help="May be left out where one only is open.")
def override(asked: Asked, promotion: str | None) -> None:
    """Let a promotion pass, with a reason."""
    _carry_out(Verb.OVERRIDE, asked, promotion=promotion)


@click.command()
@commanding
@click.option("--version", metavar="COMMIT", help="By default the newest that waits.")
def cancel(asked: Asked, version: str | None) -> None:
    """Give up a deployment that waits."""
    _carry_out(Verb.CANCEL, asked, version=version)


@click.command()
@commanding
@click.option("--kind", type=click.Choice([each.value for each in Kind]), default=Kind.FREEZE.value, show_default=True)
@click.option("--until", metavar="TIME", help="Such as 2h, 3d, or 2027-01-04T08:00+01:00.")
def hold(asked: Asked, kind: str, until: str | None) -> None:
    """Keep something from moving.

    That is an environment, a service (--service alone), or the whole repository.
    """
    _carry_out(Verb.HOLD, asked, hold=kind, until=moment(until))


@click.command()
@commanding
def lift(asked: Asked) -> None:
    """End what holds something.

    That is an environment, a service (--service alone), or the whole repository.
    """
    _carry_out(Verb.LIFT, asked)


def _carry_out(verb: Verb, asked: Asked, **more: str | None) -> None:
    body = {
        "verb": verb.value,
        "repository": asked.repository,
        "service": asked.service,
        "environment": asked.environment,
        "reason": asked.because,
        **more,
    }
    if asked.plan:
        sentence = _ask(lambda api: following.planned(api, body))
        if asked.as_json:
            _print({"plan": sentence})
        else:
            told.say(told.plain(sentence))
        return

    async def act(api: Api) -> Mapping[str, Any]:
        if not asked.yes:
            await following.confirmed(api, verb, body)
        return await following.commanded(api, body, wait=asked.wait)

    outcome = _ask(act)
    if asked.as_json:
        _print(outcome)
    else:
        _tell(outcome)
    if not following.succeeded(outcome):
        sys.exit(1)


def _tell(outcome: Mapping[str, Any]) -> None:
    went = outcome.get("deployment")
    if not isinstance(went, Mapping):
        told.say(told.plain(outcome.get("did") or outcome["plan"]))
        return
    for line in told.why(went["explanation"]):
        told.say(line)


def _ask(question: Callable[[Api], Awaitable[T]]) -> T:
    async def ask() -> T:
        async with from_environment() as api:
            return await question(api)

    return asyncio.run(ask())


def _print(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
