"""The stories' stage: a local GitHub, the App, people with real git; and words to tell stories with."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.demo.github.account import Permission
from app.demo.github.check_run import CheckRun
from app.demo.github.pull_request import PullRequest
from app.demo.github.repository import Repository
from app.demo.github.server import LocalGitHub
from app.demo.working_copy import WorkingCopy

PASSING = "version: 0.2\n# PRX_\nphases:\n  build:\n    commands:\n      - echo fine\n"
FAILING = "version: 0.2\n# PRX_\nphases:\n  build:\n    commands:\n      - sh -c 'exit 3'\n"
WAITS = """\
version: 0.2
# PRX_
phases:
  build:
    commands:
      - while [ ! -e {gate} ]; do sleep 0.05; done
"""

PATIENCE = 30.0

T = TypeVar("T")


async def settle(github: LocalGitHub) -> None:
    for login in ("ana", "bo", "sam"):
        await github.create_user(login, login)
    await github.create_organisation("acme", owners=["ana"])


@dataclass
class Town:
    """`ana` owns the organisation, `bo` may write, `sam` may read."""

    github: LocalGitHub
    directory: Path
    copies: dict[tuple[str, int], WorkingCopy] = field(default_factory=dict)

    async def repository(self, name: str = "web", files: Mapping[str, str] | None = None) -> Repository:
        """A repository with a first commit on its default branch, or an empty one."""
        repository = await self.github.create_repository(f"acme/{name}")
        await self.github.allow("bo", repository, Permission.WRITE)
        await self.github.allow("sam", repository, Permission.READ)
        if files:
            await self.push(repository, files)
        return repository

    async def push(
        self,
        repository: Repository,
        files: Mapping[str, str],
        *,
        branch: str = "main",
        by: str = "ana",
        message: str = "Change something",
    ) -> str:
        """Commit and push as a person does; returns the commit."""
        copy = self.copies.get((by, repository.id))
        if copy is None:
            copy = WorkingCopy(directory=self.directory / by / f"{repository.id}", name=by, login=by)
            await copy.clone(self.github.clone_url(repository).replace("://", f"://{by}:{by}@"))
            self.copies[by, repository.id] = copy
        await asyncio.to_thread(_write, copy.directory, files)
        await copy.commit_and_push(message, branch)
        return await copy.git("rev-parse", "HEAD")

    async def pull_request(
        self, repository: Repository, files: Mapping[str, str], *, by: str = "bo", branch: str = "topic"
    ) -> PullRequest:
        """From a branch of the repository by those who may push there, from a fork by the others."""
        if self.github.permission(self.github.account(by), repository).allows(Permission.WRITE):
            await self.push(repository, files, branch=branch, by=by)
            return await self.github.open_pull_request(repository, "A change", head=branch, by=by)
        fork = await self.github.fork(repository, by)
        await self.push(fork, files, branch=branch, by=by)
        return await self.github.open_pull_request(repository, "A change", head=f"{by}:{branch}", by=by)

    def checks(self, repository: Repository, sha: str) -> Sequence[CheckRun]:
        """All check runs of a commit, the oldest first."""
        return [run for suite in self.github.suites_of(repository, sha) for run in suite.runs]

    def told(self, repository: Repository, sha: str) -> list[str]:
        """`conclusion or status: title` of every check run of a commit, the oldest first."""
        return [f"{run.conclusion or run.status}: {run.output.title}" for run in self.checks(repository, sha)]

    async def check(self, repository: Repository, sha: str, *states: str, number: int = 1) -> CheckRun:
        """The commit's n-th check run, once it is in one of these states (by default: completed)."""
        wanted = states or ("success", "failure", "cancelled", "skipped", "timed_out", "action_required")

        def find() -> CheckRun | None:
            runs = self.checks(repository, sha)
            if len(runs) < number or (runs[number - 1].conclusion or runs[number - 1].status) not in wanted:
                return None
            return runs[number - 1]

        return await eventually(find)

    async def until(self, happened: Callable[[], bool]) -> None:
        await eventually(lambda: happened() or None)

    def requests(self, repository: Repository) -> list[str]:
        """What was asked of GitHub about a repository, as `METHOD path` without names and query."""
        prefix = f"/repos/{repository.full_name}"
        return [
            f"{asked.method} {asked.path.removeprefix(prefix).partition('?')[0]}"
            for asked in self.github.asked
            if asked.path.startswith(prefix)
        ]


async def eventually(find: Callable[[], T | None]) -> T:
    """What `find` gives, once it gives something."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen within {PATIENCE:.0f} s")
        await asyncio.sleep(0.02)


def _write(directory: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
