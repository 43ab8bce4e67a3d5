"""`interlock build`: run a directory's buildspec on this machine, as a build of it would."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import click

from app.commands.build_progress import Follower, follower
from app.commands.buildspec import read
from app.commands.refusal import Refusal
from app.settings import aws_variables
from checks.buildspec import BuildspecError
from checks.buildspec_schema import parse
from checks.duration import human
from checks.result import Outcome, Result
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import DirectorySource, Job, Secrets
from checks.runners.local.machine import search_path
from checks.runners.local.runner import LocalRunner

TICK = 0.1
RUN = "build"
MINUTE = 60


@click.command()
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--buildspec", default="buildspec.yml", show_default=True, help="The file, relative to DIR.")
@click.option("-e", "--env", "settings", multiple=True, metavar="KEY[=VALUE]", help="A variable; without VALUE, yours.")
@click.option(
    "--timeout", default=60.0, show_default=True, type=click.FloatRange(min=0, min_open=True), help="Minutes."
)
@click.option("--in-place", is_flag=True, help="Let the build change DIR instead of a copy.")
@click.option("--sandbox", is_flag=True, help="Run it as code from outside is run: without network and secrets.")
@click.option("--artifacts", type=click.Path(path_type=Path), help="Where to put what the build keeps.")
def build(  # noqa: PLR0913, PLR0917  one parameter for each option
    directory: Path,
    buildspec: str,
    settings: tuple[str, ...],
    timeout: float,
    in_place: bool,
    sandbox: bool,
    artifacts: Path | None,
) -> None:
    """Run the buildspec of DIR on this machine.

    The build works on a copy: tracked files and new ones, as a commit of everything would have them.
    """
    text = _valid(read(directory, buildspec), str(directory / buildspec))
    with tempfile.TemporaryDirectory(prefix="interlock-", ignore_cleanup_errors=True) as home:
        job = Job(
            project=directory.resolve().name or "build",
            repository="local",
            source=DirectorySource(path=str(directory.resolve()), in_place=in_place),
            buildspec=text,
            variables=_variables(settings),
            timeout=timedelta(minutes=timeout).total_seconds(),
            trusted=not sandbox,
            path=search_path(),
        )
        result = asyncio.run(_run(Path(home), job, follower(directory.resolve().name)))
        _bring(RunDirectory(Path(home), RUN).artifacts, artifacts)
    sys.exit(_say(result))


async def _run(home: Path, job: Job, show: Follower) -> Result:
    runner = LocalRunner(home)
    loop = asyncio.get_running_loop()
    stops: list[asyncio.Task[None]] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: stops.append(loop.create_task(runner.stop(RUN))))
    runner.launch(RunDirectory(home, RUN), job, Secrets(aws=aws_variables(os.environ)))
    read = 0
    with show:
        while True:
            (report,) = await runner.look([RUN])
            show.phase(report.phase)
            while piece := await runner.log(RUN, read):
                read += len(piece)
                show.output(piece)
            if report.result:
                await _left(RunDirectory(home, RUN))
                return report.result
            await asyncio.sleep(TICK)


async def _left(run: RunDirectory) -> None:
    """The supervisor still tidies up after the result is there, and its home must not vanish meanwhile."""
    while run.is_locked:  # noqa: ASYNC110  another process lets it go
        await asyncio.sleep(TICK / 10)


def _valid(text: str, name: str) -> str:
    try:
        parse(text, name)
    except BuildspecError as error:
        raise Refusal(str(error)) from None
    return text


def _variables(settings: tuple[str, ...]) -> dict[str, str]:
    variables = {}
    for setting in settings:
        name, given, value = setting.partition("=")
        if not name.replace("_", "a").isalnum() or name[0].isdigit():
            raise click.BadParameter(f'"{name}" is no name for a variable', param_hint="-e")
        if not given and name not in os.environ:
            raise click.BadParameter(f"{name} has no value, and is not set here either", param_hint="-e")
        variables[name] = value if given else os.environ[name]
    return variables


def _bring(kept: Path, artifacts: Path | None) -> None:
    if artifacts is None or not kept.exists():
        return
    try:
        shutil.copytree(kept, artifacts, symlinks=True, dirs_exist_ok=True)
    except OSError as error:
        raise Refusal(f"--artifacts: {artifacts} cannot be written: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    """copytree tells of each file for itself; the first says enough."""
    several = isinstance(error, shutil.Error) and error.args[0]
    return str(several[0][2]) if several else error.strerror or str(error)


def _say(result: Result) -> int:
    """The last line, and the exit status."""
    duration = human(sum(phase.seconds for phase in result.phases))
    tests = f" · {result.tests.total} tests, {result.tests.failed} failed" if result.tests else ""
    if result.outcome is Outcome.SUCCEEDED:
        click.echo(f"Passed in {duration}{tests}", err=True)
        for name, value in result.exported.items():
            click.echo(f"  {name}={value}", err=True)
        return 0
    click.echo(f"interlock: {result.message or result.outcome.value}{tests}", err=True)
    return 1
