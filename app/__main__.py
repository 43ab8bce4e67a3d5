"""The command line: one function a command."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import click

from app import log, settings
from app.commands import delivery, links
from app.commands.build import build
from app.commands.check import check
from app.commands.demo import demo
from app.commands.log import events, migrate, replay
from app.commands.refusal import Refusal, WrongSetting
from app.commands.template import template
from app.interlock import Interlock
from app.main import interlock
from app.store.database import Unusable
from checks.errors import Transient


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="interlock", message="%(version)s")
def main() -> None:
    """Interlock builds every push once and never lets an older commit replace a newer one."""


for command in (demo, build, check, events, replay, migrate, template, *delivery.COMMANDS, *links.COMMANDS):
    main.add_command(command)


@main.command()
def serve() -> None:
    """Run the App: web and worker in one process."""
    _run(lambda app, stop: asyncio.gather(app.serve_web(stop), app.work(stop)))


@main.command()
def web() -> None:
    """Listen to GitHub and show pages.

    The work is done by workers.
    """
    _run(lambda app, stop: app.serve_web(stop))


@main.command()
def worker() -> None:
    """Perform what came in, and watch the builds."""
    _run(lambda app, stop: app.work(stop))


def _run(part: Callable[[Interlock, asyncio.Event], Awaitable[object]]) -> None:
    try:
        given = settings.read(os.environ)
        log.set_up(given.log_format, given.log_level)
        asyncio.run(_until_stopped(given, part))
    except settings.SettingsError as wrong:
        raise WrongSetting(str(wrong)) from None
    except (Transient, Unusable) as trouble:
        raise Refusal(str(trouble)) from None


async def _until_stopped(
    given: settings.Settings, part: Callable[[Interlock, asyncio.Event], Awaitable[object]]
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with interlock(given) as app:
        await part(app, stop)


if __name__ == "__main__":
    main()
