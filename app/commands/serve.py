"""`serve`, `web` and `worker`: the App, whole or in halves, until it is told to stop."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import click

from app import log, settings
from app.commands.refusal import Refusal, WrongSetting
from app.interlock import Interlock
from app.main import interlock
from app.store.database import Unusable
from checks.errors import Transient


@click.command()
def serve() -> None:
    """Run the App: web and worker in one process."""
    _run(lambda app, stop: asyncio.gather(app.serve_web(stop), app.work(stop)))


@click.command()
def web() -> None:
    """Listen to GitHub and show pages.

    The work is done by workers.
    """
    _run(lambda app, stop: app.serve_web(stop))


@click.command()
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
