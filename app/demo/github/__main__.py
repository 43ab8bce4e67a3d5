"""`python -m app.demo.github --port 8080`: the local GitHub alone, until Ctrl-C."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.demo.github.server import LocalGitHub


@click.command()
@click.option("--port", default=0, help="The port on 127.0.0.1; 0 takes a free one.")
@click.option("--directory", type=click.Path(path_type=Path), help="Where the repositories are kept, if not in /tmp.")
@click.option("--user", "users", multiple=True, metavar="LOGIN:TOKEN", help="A person; may be given several times.")
@click.option("--organisation", metavar="LOGIN", help="An organisation that the first person owns.")
@click.option("--repository", "repositories", multiple=True, metavar="OWNER/NAME", help="An empty repository.")
def main(
    port: int, directory: Path | None, users: tuple[str, ...], organisation: str | None, repositories: tuple[str, ...]
) -> None:
    """A GitHub on this machine."""

    async def run(place: Path) -> None:
        async with LocalGitHub(place, port=port) as github:
            for each in users:
                login, _, token = each.partition(":")
                await github.create_user(login, token)
            if organisation:
                await github.create_organisation(organisation, owners=[each.partition(":")[0] for each in users[:1]])
            for name in repositories:
                await github.create_repository(name)
            click.echo(f"{github.url}  (REST at {github.api_url})")
            await asyncio.Event().wait()

    with TemporaryDirectory(prefix="github-") as temporary:
        try:
            asyncio.run(run(directory or Path(temporary)))
        except KeyboardInterrupt:
            click.echo("Stopped.")


if __name__ == "__main__":
    main()
