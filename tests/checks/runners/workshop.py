"""What the tests of the local runner work with: orders, real git repositories, and runs watched to their end."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.ports import Order, Report
from checks.repository import Repository
from checks.result import Result
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import DirectorySource, Job, Secrets
from checks.runners.local.runner import LocalRunner

PATIENCE = 20
TICK = 0.01


async def until(is_so: Callable[[], Awaitable[bool]] | Callable[[], bool]) -> None:
    """Wait for a condition; TimeoutError if it never comes."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = is_so()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(TICK)


async def ended(runner: LocalRunner, run: str) -> Result:
    async with asyncio.timeout(PATIENCE):
        while True:
            (report,) = await runner.look([run])
            if report.result:
                return report.result
            await asyncio.sleep(TICK)


async def report(runner: LocalRunner, run: str) -> Report:
    (found,) = await runner.look([run])
    return found


async def lines(runner: LocalRunner, run: str) -> list[str]:
    """What commands printed, without the runner's own lines."""
    log = (await runner.log(run)).decode()
    return [line for line in log.splitlines() if not line.startswith("[Container]")]


class Workshop:
    """A home for runs and a directory with files to build."""

    def __init__(self, path: Path) -> None:
        self.home = path / "home"
        self.source = path / "source"
        self.source.mkdir()
        self.runner = LocalRunner(self.home, places=2)

    def launch(self, buildspec: str, run: str = "run", **facts: object) -> str:
        job = {"timeout": 30.0, "places": 2, "project": "web", "repository": "7", **facts}
        source = DirectorySource(path=str(self.source))
        self.runner.launch(RunDirectory(self.home, run), Job(buildspec=buildspec, source=source, **job), Secrets())  # type: ignore[arg-type]  # the tests say the right ones
        return run

    async def build(self, buildspec: str, run: str = "run", **facts: object) -> Result:
        return await ended(self.runner, self.launch(buildspec, run, **facts))

    async def printed(self, run: str = "run") -> list[str]:
        return await lines(self.runner, run)

    @property
    def artifacts(self) -> Path:
        return RunDirectory(self.home, "run").artifacts


def git(directory: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
    who = {f"GIT_{role}_{what}": "ana@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    ended = subprocess.run(
        ["git", *arguments], cwd=directory, env={**environment, **who}, capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def repository(directory: Path, commits: int = 1) -> list[str]:
    """A git repository whose branch main has so many commits; returns their SHAs, the oldest first."""
    directory.mkdir(parents=True)
    git(directory, "init", "--quiet", "--initial-branch=main")
    shas = []
    for number in range(commits):
        (directory / "number").write_text(str(number))
        git(directory, "add", ".")
        git(directory, "commit", "--quiet", "-m", f"commit {number}")
        shas.append(git(directory, "rev-parse", "HEAD"))
    return shas


LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def order(url: str, sha: str, buildspec: str, token: str = "run", **facts: object) -> Order:
    known = {"ref": "refs/heads/main", "variables": {}, "trusted": True, "timeout": timedelta(seconds=30), **facts}
    where = Repository(id=7, full_name="acme/web", installation=1, clone_url=url)
    return Order(token=token, build="b", since=LONG_AGO, repository=where, sha=sha, buildspec=buildspec, **known)  # type: ignore[arg-type]


def phases(**commands: str) -> str:
    """A buildspec of version 0.2 with one command a phase."""
    listed = "".join(f"  {name}:\n    commands:\n      - {command}\n" for name, command in commands.items())
    return f"version: 0.2\nphases:\n{listed}"
