"""What everybody types who asks or commands: which repository, service and environment, and how to go about it."""

import functools
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.commands.origin import repository_of
from deploy import span

REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
BOTH = 2
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


def where(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.argument("places", nargs=-1, metavar="[SERVICE] [ENVIRONMENT]"),
        click.option("-r", "--repository", metavar="OWNER/NAME", help="By default the one that this is a clone of."),
        click.option("-s", "--service", help="May be left out where there is one only."),
        click.option("-e", "--environment", help="The same as the last argument."),
        click.option("--json", "as_json", is_flag=True, help="What the API says, as it is."),
    ):
        function = option(function)
    return function


def commanding(function: Callable[..., None]) -> Callable[..., None]:
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
        service, environment = placed(places, service, environment)
        asked = Asked(
            repository=repository_named(repository),
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
    return where(gathered)


def repository_named(given: str | None) -> str:
    found = given or repository_of(Path.cwd())
    if not found:
        raise click.UsageError("this is no clone of a repository on GitHub: say which one, as owner/name")
    if not REPOSITORY.fullmatch(found):
        raise click.UsageError(f'"{found}" is no repository: say owner/name')
    return found


def placed(places: Sequence[str], service: str | None, environment: str | None) -> tuple[str | None, str | None]:
    """One place is the environment, two are service and environment."""
    if len(places) > BOTH:
        raise click.UsageError(f"say at most a service and an environment, not {' '.join(places)}")
    if (places and environment) or (len(places) == BOTH and service):
        raise click.UsageError("say service and environment once: as arguments or as options")
    if not places:
        return service, environment
    return (places[0], places[1]) if len(places) == BOTH else (service, places[0])


def moment(text: str | None) -> str | None:
    if text is None:
        return None
    with suppress(ValueError):
        return (datetime.now(UTC) + span.parsed(text)).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise click.UsageError(f'--until: "{text}" is no time: say 2h, 3d, or 2027-01-04T08:00+01:00') from None
