"""`interlock check`: is a repository's buildspec valid?"""

import sys
from pathlib import Path

import click

from app.commands.buildspec import read
from checks.buildspec_schema import problems


@click.command()
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--buildspec", default="buildspec.yml", show_default=True, help="The file, relative to DIR.")
def check(directory: Path, buildspec: str) -> None:
    """Validate the buildspec of DIR.

    What is wrong is printed as file:line:column: message.
    """
    path = directory / buildspec
    found = problems(read(directory, buildspec))
    for problem in found:
        click.echo(f"{path}:{problem.line}:{problem.column}: {problem.message}")
    if found:
        sys.exit(1)
    click.echo(f"{path}: valid")
