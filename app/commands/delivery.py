"""`status`, `why`, and what one may command of deliveries: `deploy`, `promote`, `rollback`, `hold` and the others."""

import asyncio
import functools
import json
import re
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from app.commands import following, told
from app.commands.api import Api, from_environment
from app.commands.origin import repository_of
from app.commands.refusal import Refusal
from deploy import span
from deploy.command import Verb
from deploy.hold import Kind

T = TypeVar("T")

REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
NEITHER = 2
"""Places that can be named: a service and an environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every command may be told."""

    repository: str
    service: str | None
    environment: str | None
    because: str
    plan: bool
    as_json: bool
    yes: bool
    wait: bool


def _where(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.argument("places", nargs=-1, metavar="[SERVICE] [ENVIRONMENT]"),
        click.option("-r", "--repository", metavar="OWNER/NAME", help="By default the one that this is a clone of."),
        click.option("-s", "--service", help="May be left out where there is one only."),
        click.option("-e", "--environment", help="The same as the last argument."),
        click.option("--json", "as_json", is_flag=True, help="What the API says, as it is."),
    ):
        function = option(function)
    return function


def _commanding(function: Callable[..., None]) -> Callable[..., None]:
    """Gathers what every command may be told."""

    @functools.wraps(function)
    def gathered(  # noqa: PLR0913  one parameter for each option
        *,
        places: Sequence[str],
        repository: str | None,
        service: str | None,
        environment: str | None,
        because: str,
        plan: bool,
        as_json: bool,
        yes: bool,
        wait: bool,
        **more: Any,
    ) -> None:
        service, environment = _places(places, service, environment)
        asked = Asked(
            repository=_repository(repository),
            service=service,
            environment=environment,
            because=because,
            plan=plan,
            as_json=as_json,
            yes=yes,
            wait=wait,
        )
        function(asked, **more)

    for option in (
        click.option("--because", default="", metavar="REASON", help="Why; who looks later reads it."),
        click.option("--plan", is_flag=True, help="Only say what would be done."),
        click.option("-y", "--yes", is_flag=True, help="Do not ask before what is dangerous."),
        click.option("--wait/--no-wait", default=True, help="Until it has ended or waits for somebody (the default)."),
    ):
        gathered = option(gathered)
    return _where(gathered)


# --- looking -----------------------------------------------------------------------------------


@click.command()
@click.argument("repository", metavar="[REPOSITORY]", required=False)
@click.option("--json", "as_json", is_flag=True, help="What the API says, as it is.")
def status(repository: str | None, as_json: bool) -> None:
    """Show what is where, what waits, and what is held.

    REPOSITORY is owner/name, by default the one that this directory is a clone of.
    """
    owner, name = _repository(repository).split("/")

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
@_where
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
    service, environment = _places(places, service, environment)
    query = {"service": service, "environment": environment, "sha": sha}
    if deployment:
        query = {"deployment": deployment}
    else:
        query["repository"] = _repository(repository)
    explanations = _ask(lambda api: api.get("why", **query))
    if as_json:
        _print(explanations)
        return
    for each in explanations["explanations"]:
        for line in told.why(each):
            told.say(line)


# --- commanding --------------------------------------------------------------------------------


@click.command()
@_commanding
@click.option("--version", metavar="COMMIT", required=True, help="Its first digits do.")
def deploy(asked: Asked, version: str) -> None:
    """Send an exact version.

    It goes through everything that stands before the environment.
    """
    _carry_out(Verb.DEPLOY, asked, version=version)


@click.command()
@_commanding
@click.option("--version", metavar="COMMIT", help="Only if this is what would be promoted.")
def promote(asked: Asked, version: str | None) -> None:
    """Send what is live in the environment before."""
    _carry_out(Verb.PROMOTE, asked, version=version)


@click.command()
@_commanding
def redeploy(asked: Asked) -> None:
    """Write what is there once more."""
    _carry_out(Verb.REDEPLOY, asked)


@click.command()
@_commanding
@click.option("--to", "version", metavar="COMMIT", help="By default what was good before.")
def rollback(asked: Asked, version: str | None) -> None:
    """Put back what was good before.

    What is taken back stays out until a revert of it arrives, or somebody sends it.
    """
    _carry_out(Verb.ROLLBACK, asked, version=version)


@click.command()
@_commanding
@click.option("--version", metavar="COMMIT", required=True, help="Its first digits do.")
def emergency(asked: Asked, version: str) -> None:
    """Send an exact version at once.

    Nothing that stands before the environment is asked.
    """
    _carry_out(Verb.EMERGENCY, asked, version=version)


@click.command()
@_commanding
@click.option("--promotion", metavar="NAME", help="May be left out where one only is open.")
def override(asked: Asked, promotion: str | None) -> None:
    """Let a promotion pass, with a reason."""
    _carry_out(Verb.OVERRIDE, asked, promotion=promotion)


@click.command()
@_commanding
@click.option("--version", metavar="COMMIT", help="By default the newest that waits.")
def cancel(asked: Asked, version: str | None) -> None:
    """Give up a deployment that waits."""
    _carry_out(Verb.CANCEL, asked, version=version)


@click.command()
@_commanding
@click.option("--kind", type=click.Choice([each.value for each in Kind]), default=Kind.FREEZE.value, show_default=True)
@click.option("--until", metavar="TIME", help="Such as 2h, 3d, or 2027-01-04T08:00+01:00.")
def hold(asked: Asked, kind: str, until: str | None) -> None:
    """Keep something from moving.

    That is an environment, a service (--service alone), or the whole repository.
    """
    _carry_out(Verb.HOLD, asked, hold=kind, until=_moment(until))


@click.command()
@_commanding
def lift(asked: Asked) -> None:
    """End what holds something.

    That is an environment, a service (--service alone), or the whole repository.
    """
    _carry_out(Verb.LIFT, asked)


COMMANDS = (status, why, deploy, promote, redeploy, rollback, emergency, override, cancel, hold, lift)


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
        _print({"plan": sentence}) if asked.as_json else told.say(told.plain(sentence))
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


# --- what was typed ----------------------------------------------------------------------------


def _ask(question: Callable[[Api], Awaitable[T]]) -> T:
    async def ask() -> T:
        async with from_environment() as api:
            return await question(api)

    return asyncio.run(ask())


def _repository(given: str | None) -> str:
    found = given or repository_of(Path.cwd())
    if not found:
        raise click.UsageError("this is no clone of a repository on GitHub: say which one, as owner/name")
    if not REPOSITORY.fullmatch(found):
        raise click.UsageError(f'"{found}" is no repository: say owner/name')
    return found


def _places(places: Sequence[str], service: str | None, environment: str | None) -> tuple[str | None, str | None]:
    """One place is the environment, two are service and environment."""
    if len(places) > NEITHER:
        raise click.UsageError(f"say at most a service and an environment, not {' '.join(places)}")
    if (places and environment) or (len(places) == NEITHER and service):
        raise click.UsageError("say service and environment once: as arguments or as options")
    if not places:
        return service, environment
    return (places[0], places[1]) if len(places) == NEITHER else (service, places[0])


def _moment(text: str | None) -> str | None:
    if text is None:
        return None
    with suppress(ValueError):
        return (datetime.now(UTC) + span.parsed(text)).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise click.UsageError(f'--until: "{text}" is no time: say 2h, 3d, or 2027-01-04T08:00+01:00') from None


def _print(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
