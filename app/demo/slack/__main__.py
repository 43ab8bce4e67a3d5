"""`python -m app.demo.slack --port 8090`: the local Slack alone, until Ctrl-C."""

import asyncio
import signal

import click

from app.demo.slack.server import LocalSlack


@click.command()
@click.option("--port", default=0, help="The port on 127.0.0.1; 0 takes a free one.")
@click.option("--workspace", default="acme", show_default=True)
@click.option("--user", "users", multiple=True, default=("ana", "bo"), show_default=True, help="May be repeated.")
@click.option("--channel", "channels", multiple=True, default=("deploys",), show_default=True, help="May be repeated.")
@click.option("--app", metavar="URL", help="Where the App hears, for example http://127.0.0.1:8000/slack.")
def main(port: int, workspace: str, users: tuple[str, ...], channels: tuple[str, ...], app: str | None) -> None:
    """A Slack on this machine. It prints the settings that an App needs to be started beside it."""

    async def run() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        async with LocalSlack(port=port) as slack:
            slack.add_workspace(workspace)
            for user in users:
                slack.add_user(workspace, user)
            for channel in channels:
                slack.add_channel(workspace, channel)
            slack.listen(app or "")
            settings = slack.settings() | {"SLACK_CHANNEL": f"#{channels[0]}"}
            click.echo("\n".join(f"export {name}={value!r}" for name, value in settings.items()))
            click.echo(slack.url)
            await stopped.wait()

    asyncio.run(run())


if __name__ == "__main__":
    main()
