"""`interlock demo`: the whole system on this machine, with something to see in it."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import getproxies

import click
from rich.console import Console
from rich.markup import escape

from app import log
from app.commands.refusal import Refusal
from app.demo.scenario import (
    NAMES,
    ORGANISATION,
    OUTSIDER,
    SHOWCASE_PORT,
    TOKEN,
    WRITER,
    Scenario,
    delivering,
    places,
    play,
    push_address,
    settle,
)
from app.demo.showcase import Showcase
from app.demo.slack.server import LocalSlack
from app.demo.stage import Stage, free_port, stage
from app.demo.talk import CHANNEL, furnish, introduce, speaking
from app.demo.working_copy import GitFailed, email
from app.store.builds import BuildShelf
from app.store.deployments import DeploymentShelf
from checks.build import Build, State
from checks.runners.local.directory import RunDirectory
from checks.runners.local.runner import LocalRunner
from deploy.delivery_check import NAME as DELIVERY
from deploy.deployment import Deployment, Kind
from deploy.deployment import State as Step

GITHUB_PORT, APP_PORT, SLACK_PORT = 7080, 7081, 7083
HERE = "127.0.0.1"
NEEDED_BY_AWS = ("moto", "flask", "flask_cors", "cbor2")


@dataclass(frozen=True, slots=True)
class Sites:
    """What there is to see: the stage, where what is live shows, and the local Slack."""

    on: Stage
    showcase: str
    slack: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo plays, and the wanted ports: `ports` are those of GitHub and of Interlock."""

    directory: Path
    ports: tuple[int, int]
    showcase_port: int
    slack_port: int
    on_aws: bool


@click.command()
@click.option("--port", default=GITHUB_PORT, show_default=True, help="Where the local GitHub listens.")
@click.option("--app-port", default=APP_PORT, show_default=True, help="Where Interlock listens.")
@click.option("--live-port", default=SHOWCASE_PORT, show_default=True, help="Where what is live can be looked at.")
@click.option("--slack-port", default=SLACK_PORT, show_default=True, help="Where the local Slack listens.")
@click.option("--aws", is_flag=True, help="Build on CodeBuild, in an AWS of this machine's own.")
def demo(port: int, app_port: int, live_port: int, slack_port: int, aws: bool) -> None:
    """Show the whole system on this machine.

    A GitHub to push to, two repositories, builds and checks, staging and production, and a Slack to act from.
    """
    console = Console(highlight=False)
    if aws and (missing := [name for name in NEEDED_BY_AWS if find_spec(name) is None]):
        raise Refusal(f"the AWS of the demo needs {' and '.join(missing)}: pip install 'interlock[demo-aws]'")
    if shutil.which("git") is None:
        raise Refusal("git is not installed, and the demo pushes with it: install git")
    proxied = _spare_the_proxy()
    try:
        with TemporaryDirectory(prefix="interlock-demo-") as directory:
            log.set_up("text", "ERROR")
            place = Place(Path(directory), (port, app_port), live_port, slack_port, on_aws=aws)
            asyncio.run(_show(console, place, proxied))
    except GitFailed as failure:
        raise Refusal(str(failure)) from None
    console.print("Stopped; nothing was left behind.")


def _spare_the_proxy() -> bool:
    """Whether there is one. What is on this machine is not asked for through it, by the builds neither."""
    spared = ",".join(filter(None, (os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), HERE)))
    os.environ |= {"no_proxy": spared, "NO_PROXY": spared}
    return bool(getproxies().keys() & {"http", "all"})


async def _show(console: Console, place: Place, proxied: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    console.print("[bold]Interlock[/bold] on this machine")
    try:
        async with AsyncExitStack() as stack:
            showcase = Showcase(places(place.directory), free_port(place.showcase_port))
            await stack.enter_async_context(showcase)
            slack = await stack.enter_async_context(LocalSlack(port=free_port(place.slack_port)))
            furnish(slack)
            more = {**delivering(place.directory), **speaking(slack)}
            if place.on_aws:
                more |= await stack.enter_async_context(_aws(console, place))
            on = await stack.enter_async_context(
                stage(place.directory, owner=ORGANISATION, settle=settle, ports=place.ports, more=more)
            )
            await introduce(slack, on)
            sites = Sites(on, showcase.url, slack.url)
            console.print(f"  Local GitHub  {on.github.url}\n  Local Slack   {slack.url}")
            console.print(f"  Environments  {showcase.url}\n  Interlock     {on.app.settings.public_url}\n")
            await _until(stop, _perform(console, sites, place.directory / "people", proxied))
            console.print("\nStopping …")
    finally:
        await _stop_builds(place.directory / "interlock")


@asynccontextmanager
async def _aws(console: Console, place: Place) -> AsyncIterator[Mapping[str, object]]:
    """The settings that make the App build on a local AWS, which this process finds by its AWS_ variables alone."""
    from app.demo.aws.server import LocalAWS  # noqa: PLC0415  it is an extra that most demos do without
    from app.demo.cloud import TOLD, prepare, publish  # noqa: PLC0415  as above

    async with LocalAWS(place.directory / "aws", variables=TOLD) as aws:
        os.environ |= aws.environment
        console.print(f"  Local AWS     {aws.url}")
        yield {**await prepare(aws), **await publish(aws), "local_depot": None}


async def _perform(console: Console, sites: Sites, people: Path, proxied: bool) -> None:
    on = sites.on
    await on.github.install_app(on.registered, ORGANISATION, by=WRITER)
    console.print("Pushing two repositories and opening two pull requests …")
    scenario = await play(on.github, people, sites.showcase)
    console.print(_guide(sites, scenario, proxied), soft_wrap=True)
    await _tell(console, on)


async def _until(stop: asyncio.Event, show: Coroutine[None, None, None]) -> None:
    """The show goes on until `stop`, or until it fails."""
    showing, stopping = asyncio.create_task(show), asyncio.create_task(stop.wait())
    await asyncio.wait({showing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (showing, stopping):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await showing


async def _stop_builds(home: Path) -> None:
    """Builds outlive an App; here nothing may stay behind, so it is asked after nobody is left who starts one."""
    runner = LocalRunner(home)
    runs = [RunDirectory(home, path.name) for path in (home / "runs").glob("*")]
    for run in runs:
        await runner.stop(run.name)
    async with asyncio.timeout(10):
        while any(run.is_locked for run in runs):  # noqa: ASYNC110  other processes let go
            await asyncio.sleep(0.05)


def _guide(sites: Sites, scenario: Scenario, proxied: bool) -> str:
    on, showcase = sites.on, sites.showcase
    shop, clock, url = scenario.shop.full_name, scenario.clock.full_name, on.github.url
    directly = "-c http.proxy= " if proxied else ""
    broken, foreign = scenario.broken.number, scenario.foreign.number
    sights = {
        f"{url}/{clock}": "passes, publishes a zip, and is delivered",
        f"{url}/{shop}/pull/{broken}/checks": "a test fails: which one, where and why",
        f"{url}/{clock}/pull/{foreign}/checks": f"@{OUTSIDER} has no write access: approve it as @{WRITER}",
        showcase: "what is live in staging and in production",
        sites.slack: f"what people hear in Slack, and where they act as @{WRITER} or as @{OUTSIDER}",
    }
    who = f'git config user.name "{NAMES[WRITER]}" && git config user.email {email(WRITER)}'
    program = Path(sys.executable).with_name("interlock")
    wide = max(map(len, sights))
    look = "\n".join(f"  {address:<{wide}}  {what}" for address, what in sights.items())
    return f"""
[bold]Look[/bold]
{look}

[bold]Turn the red check green[/bold]
  git clone {directly}-b {scenario.broken.head_ref} {push_address(on.github, scenario.shop, WRITER)}
  cd corner-shop
  {who}
  sed -i.bak 's/round(sum(prices), 2)/round(sum(prices) * (1 + TAX), 2)/' shop/cart.py
  git commit -am "Round totals, with tax" && git push

[bold]Bring the clock to production[/bold]
  Staging has it, and #{CHANNEL} in Slack asks for an approval: press Approve there, as @{WRITER}.
  Or on GitHub, under [bold]{DELIVERY}[/bold]: {url}/{clock}/commit/{scenario.first}
  In Slack, try /interlock why {scenario.clock.name} production, or /interlock status.
  As @{OUTSIDER}, try /interlock link: the page asks GitHub who you are, so become @{OUTSIDER} there too.

[bold]Break the clock, and see staging take it back[/bold] at {showcase}
  git clone {directly}{push_address(on.github, scenario.clock, WRITER)}
  cd {scenario.clock.name}
  {who}
  sed -i.bak 's/"ok"/"out of order"/' health.json
  git commit -am "Try another answer" && git push
  Its tests pass. In staging it does not say that it is well, and after ten seconds the version before is back.
  #{CHANNEL} hears of it and of its end, and what to do next:
  git revert --no-edit HEAD && git push
  The fix goes out by itself.

[bold]Ask and command as the operator[/bold]
  export INTERLOCK_URL={on.app.settings.public_url} API_TOKEN={TOKEN}
  {program} why production --repository {clock}
  {program} rollback staging --repository {clock} --because "trying it" --plan

[bold]Then[/bold] press Re-run, edit a file in the browser, or become @{OUTSIDER} with the button at the top right.
Ctrl-C ends the demo and removes it.
"""


async def _tell(console: Console, on: Stage) -> None:
    """A line for every build that ends or waits for somebody, and for every version that comes or goes somewhere."""
    builds, deployments = BuildShelf(on.app.database), DeploymentShelf(on.app.database)
    told: set[tuple[str, str]] = set()
    while True:
        lines = {(each.id, str(each.state)): _line(each) for each in reversed(await builds.newest()) if _is_news(each)}
        lines |= {
            (each.id, str(each.state)): _step(each)
            for each in reversed(await deployments.newest())
            if each.state in _STEPS
        }
        for known, line in lines.items():
            if known not in told:
                told.add(known)
                console.print(line, soft_wrap=True)
        await asyncio.sleep(0.3)


def _is_news(build: Build) -> bool:
    return build.state.is_final or build.state is State.WAITING_FOR_APPROVAL


_GLYPHS = {State.SUCCEEDED: "[green]✓[/green]", State.WAITING_FOR_APPROVAL: "[yellow]▲[/yellow]"}


def _line(build: Build) -> str:
    change = build.change
    where = f"pull request #{change.pull_request.number}" if change.pull_request else change.branch
    glyph = _GLYPHS.get(build.state, "[red]✕[/red]")
    return f"{glyph} {change.repository.full_name} {where}: {build.state.replace('_', ' ')}"


_STEPS = {
    Step.LIVE: "[green]✓[/green]",
    Step.GATED: "[yellow]▲[/yellow]",
    Step.FAILED: "[red]✕[/red]",
    Step.ERROR: "[red]✕[/red]",
    Step.ROLLED_BACK: "[red]↩[/red]",
}


def _step(deployment: Deployment) -> str:
    is_back = deployment.kind is Kind.ROLLBACK and deployment.state is Step.LIVE
    state = "put back" if is_back else deployment.state.replace("_", " ")
    failed = next((f"{each.name}: {each.why}" for each in deployment.results if not each.state.lets_pass), "")
    why = "" if deployment.state is Step.LIVE else f" ({failed or deployment.why})"
    return f"{_STEPS[deployment.state]} {deployment.name}: {state}{escape(why)}"
