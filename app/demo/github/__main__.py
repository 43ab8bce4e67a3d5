"""`python -m app.demo.github --port 8080`: the local GitHub alone, until Ctrl-C."""

import asyncio
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.demo.github.auth import new_key_pair
from app.demo.github.server import LocalGitHub
from app.demo.registration import registration

SECRET = "local"  # noqa: S105 -- both sides are on this machine


@click.command()
@click.option("--port", default=0, help="The port on 127.0.0.1; 0 takes a free one.")
@click.option("--user", "users", multiple=True, required=True, metavar="LOGIN:TOKEN", help="A person; may be repeated.")
@click.option("--organisation", default="acme", show_default=True, help="Its owner is the first person.")
@click.option("--repository", "repositories", multiple=True, metavar="NAME", help="An empty one; may be repeated.")
@click.option("--app", metavar="URL", help="Where the App listens, for example http://127.0.0.1:8000.")
def main(port: int, users: tuple[str, ...], organisation: str, repositories: tuple[str, ...], app: str | None) -> None:
    """A GitHub on this machine. With --app it prints the settings that the App needs to be started beside it."""

    async def run(directory: Path) -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        async with LocalGitHub(directory / "repositories", port=port) as github:
            for each in users:
                login, _, token = each.partition(":")
                await github.create_user(login, token)
            await github.create_organisation(organisation, owners=[users[0].partition(":")[0]])
            for name in repositories:
                await github.create_repository(f"{organisation}/{name}")
            if app:
                await _register(github, organisation, app, directory / "app.pem")
            click.echo(github.url)
            await stopped.wait()

    with TemporaryDirectory(prefix="github-") as temporary:
        asyncio.run(run(Path(temporary)))


async def _register(github: LocalGitHub, organisation: str, url: str, key_file: Path) -> None:
    private, public = await asyncio.to_thread(new_key_pair)
    _write(key_file, private)
    said = registration(organisation, url, public_key=public, webhook_secret=SECRET)
    app = await github.register_app(said)
    await github.install_app(app, organisation)
    settings = {
        "GITHUB_API_URL": github.api_url,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_PRIVATE_KEY_FILE": str(key_file),
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "GITHUB_CLIENT_ID": app.client_id,
        "GITHUB_CLIENT_SECRET": app.client_secret,
        "PUBLIC_URL": url,
    }
    click.echo("\n".join(f"export {name}={value}" for name, value in settings.items()))


def _write(key_file: Path, private: str) -> None:
    key_file.touch(mode=0o600)
    key_file.write_text(private)


if __name__ == "__main__":
    main()
