"""What each story costs of GitHub's rate limit, counted at a local GitHub, beside a handler that remembers nothing."""

import re
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from app.demo.github.repository import Repository
from app.demo.github.rest import ROUTES
from bench.figure import Figure, number
from bench.town import EMPTY, OWNER_LOGIN, READER, WRITER, Town, town

TOKEN, BUILDSPEC, PERMISSION, SHOW, CLONE = 1, 1, 1, 1, 1
BUILD = (TOKEN + BUILDSPEC + SHOW) + (TOKEN + CLONE) + (TOKEN + SHOW) + (TOKEN + SHOW)
"""Without memory every step gets a token first: decide and show, start, show that it runs, show how it ended."""

Story = Callable[[Town, Repository], Awaitable[None]]


async def measure(directory: Path) -> Sequence[Figure]:
    figure = Figure("Requests to GitHub", ["", "requests", "without memory", "ratio"])
    details = Figure("Which requests these are", ["", "times", "request"])
    async with town(directory, "bench.unhurried") as on:
        repositories = {name: await on.repository(name) for name in ("plain", "web")}
        for name, story, repository, naive in STORIES:
            if story is _stranger and not shutil.which("bwrap"):
                figure.notes.append("A fork's build needs bubblewrap, which is not there: left out.")
                continue
            before = len(on.github.asked)
            await story(on, repositories[repository])
            await on.requests()
            asked = Counter(template(each.method, each.path) for each in on.github.asked[before:])
            count = sum(asked.values())
            figure.rows.append([name, f"{count}", f"{naive}", f"{number(count / naive)} ×"])
            details.rows += [
                ["" if place else name, f"{times}", template] for place, (template, times) in enumerate(asked.items())
            ]
    figure.notes.append("git itself (clone and fetch of a build) is not counted: it is outside GitHub's REST limits.")
    return [figure, details]


async def _ignored(on: Town, repository: Repository) -> None:
    await _commit(on, repository, {"README.md": f"{len(on.github.asked)}"})


async def _branch(on: Town, repository: Repository) -> None:
    await _commit(on, repository, {"README.md": f"{len(on.github.asked)}"}, branch="idea")


async def _build(on: Town, repository: Repository) -> None:
    await _built(on, repository, await _commit(on, repository, {"buildspec.yml": EMPTY}))


async def _build_again(on: Town, repository: Repository) -> None:
    await _built(on, repository, await _commit(on, repository, {"README.md": f"{len(on.github.asked)}"}))


async def _colleague(on: Town, repository: Repository) -> None:
    await _commit(on, repository, {"topic.txt": "A change."}, branch="topic", by=WRITER)
    request = await on.github.open_pull_request(repository, "A change", head="topic", by=WRITER)
    await _built(on, repository, request.head_sha)


async def _stranger(on: Town, repository: Repository) -> None:
    fork = await on.github.fork(repository, READER)
    await _commit(on, fork, {"fork.txt": "A change."}, branch="topic", by=READER)
    request = await on.github.open_pull_request(repository, "A change", head=f"{READER}:topic", by=READER)
    check = await on.check(repository, request.head_sha, "action_required")
    await on.github.press(check.id, "approve", WRITER)
    await _built(on, repository, request.head_sha)


STORIES: Sequence[tuple[str, Story, str, int]] = (
    ("the first push of a repository that does not opt in", _ignored, "plain", TOKEN + BUILDSPEC),
    ("its next push", _ignored, "plain", TOKEN + BUILDSPEC),
    ("a push to another branch", _branch, "plain", TOKEN + BUILDSPEC),
    ("a push that brings a buildspec, and its build", _build, "web", BUILD),
    ("the next push, and its build", _build_again, "web", BUILD),
    ("a colleague's pull request, and its build", _colleague, "web", BUILD + PERMISSION),
    ("a pull request from a fork, approved, and its build", _stranger, "web", BUILD + 2 * (PERMISSION + TOKEN + SHOW)),
)


async def _built(on: Town, repository: Repository, sha: str) -> None:
    await on.check(repository, sha, "success")


async def _commit(
    on: Town, repository: Repository, files: dict[str, str], *, branch: str = "main", by: str = OWNER_LOGIN
) -> str:
    return await on.github.commit_files(repository, branch, dict(files), "Go on", by)


def template(method: str, path: str) -> str:
    path = path.partition("?")[0]
    for known, template, _ in ROUTES:
        pattern = re.sub(r"\{\w+:\.\*\}", ".*", template)
        if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
            short = template.replace("/repos/{owner}/{repo}/", "…/").replace(":.*", "")
            return f"{method} {short}"
    return f"{method} {path}"
