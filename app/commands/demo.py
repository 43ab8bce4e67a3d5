"""`interlock demo`: the whole system on this machine, with something to see in it."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console

from app import log
from app.demo.scenario import ORGANISATION, OUTSIDER, WRITER, Scenario, play, push_address, settle
from app.demo.stage import Stage, stage
from app.store.builds import BuildShelf
from checks.build import Build, State

GITHUB_PORT, APP_PORT = 7080, 7081


@click.command()
@click.option("--port", default=GITHUB_PORT, show_default=True, help="Where the local GitHub listens.")
@click.option("--app-port", default=APP_PORT, show_default=True, help="Where Interlock listens.")
def demo(port: int, app_port: int) -> None:
    """Show Interlock on this machine: a GitHub to push to, two repositories, builds and checks."""
    console = Console(highlight=False)
    with TemporaryDirectory(prefix="interlock-demo-") as directory:
        log.set_up("text", "ERROR")
        asyncio.run(_show(console, Path(directory), port, app_port))
    console.print("Stopped; nothing was left behind.")


async def _show(console: Console, directory: Path, port: int, app_port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    console.print("[bold]Interlock[/bold] on this machine")
    async with stage(directory, owner=ORGANISATION, settle=settle, github_port=port, app_port=app_port) as on:
        console.print(f"  Local GitHub  {on.github.url}\n  Interlock     {on.app.settings.public_url}\n")
        await on.github.install_app(on.registered, ORGANISATION, by=WRITER)
        console.print("Pushing two repositories and opening two pull requests …")
        scenario = await play(on.github, directory / "people")
        console.print(_guide(on, scenario), soft_wrap=True)
        watching = asyncio.create_task(_tell_builds(console, on))
        await stop.wait()
        console.print("\nStopping …")
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await _stop_builds(on)


async def _stop_builds(on: Stage) -> None:
    """Builds outlive an App that is killed; here nothing may stay behind."""
    runs = [build.run for build in await BuildShelf(on.app.database).with_runs()]
    for run in runs:
        await on.app.runner.stop(run)
    async with asyncio.timeout(10):
        while any(report.result is None for report in await on.app.runner.look(runs)):  # noqa: ASYNC110  it is asked
            await asyncio.sleep(0.05)


def _guide(on: Stage, scenario: Scenario) -> str:
    shop, clock, url = scenario.shop.full_name, scenario.clock.full_name, on.github.url
    return f"""
[bold]Look[/bold]
  {url}/{clock}                 passes, and publishes a zip
  {url}/{shop}/pull/{scenario.broken.number}/checks   a test fails: which one, where and why
  {url}/{clock}/pull/{scenario.foreign.number}/checks    @{OUTSIDER} has no write access: approve it as @{WRITER}

[bold]Turn the red check green[/bold]
  git clone -b {scenario.broken.head_ref} {push_address(on.github, scenario.shop, WRITER)}
  cd corner-shop
  sed -i.bak 's/round(sum(prices), 2)/round(sum(prices) * (1 + TAX), 2)/' shop/cart.py
  git commit -am "Round totals, with tax" && git push

[bold]Then[/bold] press Re-run, or change anything and push. Ctrl-C ends the demo and removes it.
"""


async def _tell_builds(console: Console, on: Stage) -> None:
    """A line for every build that ends or waits for somebody."""
    shelf = BuildShelf(on.app.database)
    told: set[tuple[str, State]] = set()
    while True:
        for build in reversed(await shelf.newest()):
            known = (build.id, build.state)
            if known not in told and (build.state.is_final or build.state is State.WAITING_FOR_APPROVAL):
                told.add(known)
                console.print(_line(build), soft_wrap=True)
        await asyncio.sleep(0.3)


_GLYPHS = {State.SUCCEEDED: "[green]✓[/green]", State.WAITING_FOR_APPROVAL: "[yellow]▲[/yellow]"}


def _line(build: Build) -> str:
    change = build.change
    where = f"pull request #{change.pull_request.number}" if change.pull_request else change.branch
    glyph = _GLYPHS.get(build.state, "[red]✕[/red]")
    return f"{glyph} {change.repository.full_name} {where}: {build.state.replace('_', ' ')}"
