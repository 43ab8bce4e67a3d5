"""`python -m bench [NAME…]`: measure, and show the figures as ratios within this run."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console

from app import log
from bench import acknowledgement, codebuild, deployments, latency, memory, requests, runner, slack
from bench.figure import Figure

WIDTH_OF_A_PIPE = 120

FIGURES: dict[str, Callable[[Path], Coroutine[None, None, Sequence[Figure]]]] = {
    "acknowledgement": acknowledgement.measure,
    "latency": latency.measure,
    "requests": requests.measure,
    "runner": runner.measure,
    "memory": memory.measure,
    "codebuild": codebuild.measure,
    "deployments": deployments.measure,
    "slack": slack.measure,
}


@click.command()
@click.argument("names", metavar="[NAME]…", nargs=-1, type=click.Choice(list(FIGURES)))
def main(names: Sequence[str]) -> None:
    """Measure what Interlock costs beside something simpler: all figures, or those that are named."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)
    log.set_up("text", "ERROR")
    # What ends like Ctrl-C takes the processes that are measured along.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    for name in names or FIGURES:
        began = time.monotonic()
        with TemporaryDirectory(prefix="interlock-bench-") as directory, console.status(f"measuring {name} …"):
            figures = asyncio.run(FIGURES[name](Path(directory)))
        for figure in figures:
            figure.show(console)
        console.print(f"{name} was measured in {time.monotonic() - began:.0f} s.\n", style="dim")


if __name__ == "__main__":
    main()
