"""`interlock check`: is what people wrote for Interlock valid?"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from app.commands import buildspec
from app.commands.refusal import Refusal
from checks.buildspec_schema import problems
from deploy.configuration import (
    FILES,
    TOPS,
    Defaults,
    Malformed,
    is_of_organisation,
    of_organisation,
    read,
    read_defaults,
)
from deploy.pipeline import Configuration, Problem, Service

ORGANISATION = ".github"
"""The repository of an organisation that speaks for all of its others."""


@click.command()
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--buildspec", "name", default="buildspec.yml", show_default=True, help="The buildspec's file, relative to DIR."
)
@click.option(
    "--organisation",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A copy of the organisation's .github repository, which DIR's interlock.yml builds on.",
)
def check(directory: Path, name: str, organisation: Path | None) -> None:
    """Validate the buildspec and .github/interlock.yml of DIR.

    Of an organisation's .github repository its files about delivery are validated. What is wrong is printed as
    file:line: message.
    """
    theirs = _files(directory)
    if theirs and (directory.resolve().name == ORGANISATION or not (directory / name).exists()):
        is_valid = _check_organisation(directory, theirs)
    else:
        is_valid = all([_check_buildspec(directory, name), _check_delivery(directory, organisation)])
    if not is_valid:
        sys.exit(1)


def _check_buildspec(directory: Path, name: str) -> bool:
    path = directory / name
    found = problems(buildspec.read(directory, name))
    for problem in found:
        click.echo(f"{path}:{problem.line}:{problem.column}: {problem.message}")
    if not found:
        click.echo(f"{path}: valid")
    return not found


def _check_delivery(directory: Path, organisation: Path | None) -> bool:
    there = [file for file in FILES if (directory / file).is_file()]
    try:
        defaults = read_defaults(_files(organisation)) if organisation else Defaults()
    except Malformed as malformed:
        _tell(organisation or directory, malformed.problems)
        return False
    try:
        configuration = _configuration(directory, there, defaults)
    except Malformed as malformed:
        _tell(directory, malformed.problems)
        return False
    for service in configuration.services if configuration else ():
        click.echo(f"{directory / there[0] if there else organisation}: {_route(service)}")
    for file in there[1:]:
        click.echo(f"{directory / file}: is not read while {there[0]} is there: remove one of them")
    return len(there) <= 1


def _configuration(directory: Path, there: list[str], defaults: Defaults) -> Configuration | None:
    full_name = f"local/{directory.resolve().name}"
    if not there:
        return of_organisation(repository=0, full_name=full_name, sha="", defaults=defaults)
    text = _text(directory / there[0])
    return read(text, repository=0, full_name=full_name, sha="", defaults=defaults, name=there[0])


def _check_organisation(directory: Path, files: Mapping[str, str]) -> bool:
    try:
        found = read_defaults(files)
    except Malformed as malformed:
        _tell(directory, malformed.problems)
        return False
    _tell(directory, found.notes)
    counts = {
        "service": len(found.services),
        "pipeline": len(found.pipelines),
        "environment": len(found.environments),
        "promotion": len(found.promotions),
    }
    told = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items()]
    click.echo(f"{directory}: valid: {', '.join(told)}")
    return True


def _files(directory: Path) -> dict[str, str]:
    """An organisation's files about delivery, by their paths from its root."""
    paths = [path for top in TOPS for path in sorted((directory / top).rglob("*")) if path.is_file()]
    names = {path.relative_to(directory).as_posix(): path for path in paths}
    return {name: _text(path) for name, path in names.items() if is_of_organisation(name)}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        raise Refusal(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}") from None


def _tell(directory: Path, told: Iterable[Problem]) -> None:
    for each in told:
        click.echo(f"{directory / each.file}:{f'{each.line}:' if each.line else ''} {each.message}")


def _route(service: Service) -> str:
    """`web: staging → production (by hand)`."""
    return f"{service.name}: " + " → ".join(
        each.name if each.automatic else f"{each.name} (by hand)" for each in service.environments
    )
