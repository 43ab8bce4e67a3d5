"""`interlock check`: is a repository's buildspec valid?"""

import sys
from pathlib import Path

import click

from checks.buildspec_schema import problems


@click.command()
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--buildspec", default="buildspec.yml", show_default=True, help="The file, relative to DIR.")
def check(directory: Path, buildspec: str) -> None:
    """Validate the buildspec of DIR, and print what is wrong as file:line:column: message."""
    path = directory / buildspec
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        click.echo(f"interlock: {path} cannot be read: {reason}", err=True)
        sys.exit(1)
    found = problems(text)
    for problem in found:
        click.echo(f"{path}:{problem.line}:{problem.column}: {problem.message}")
    if found:
        sys.exit(1)
    click.echo(f"{path}: valid")
