from pathlib import Path

import pytest

from checks.ports import Order
from checks.result import Outcome
from checks.runners.local.runner import LocalRunner
from tests.checks.runners.git_server import git_server
from tests.checks.runners.workshop import ended, git, lines, order, phases, repository

TOKEN = "ghs_make-believe-token-for-the-tests"
LOOK = phases(build="git rev-parse HEAD; cat number; echo $CODEBUILD_RESOLVED_SOURCE_VERSION; git status --short")


@pytest.fixture
def runner(tmp_path: Path) -> LocalRunner:
    async def token_for(_: Order) -> str:
        return TOKEN

    return LocalRunner(tmp_path / "home", token_for=token_for)


async def test_exactly_the_ordered_commit_is_built(runner: LocalRunner, tmp_path: Path) -> None:
    sha = repository(tmp_path / "origin", 3)[-1]
    await runner.start(order(f"file://{tmp_path}/origin", sha, LOOK))
    assert (await ended(runner, "run")).outcome is Outcome.SUCCEEDED
    assert await lines(runner, "run") == [sha, f"2{sha}"]


async def test_an_older_commit_of_the_branch_is_found(runner: LocalRunner, tmp_path: Path) -> None:
    """Somebody pushed between the webhook and the build."""
    sha = repository(tmp_path / "origin", 60)[1]
    await runner.start(order(f"file://{tmp_path}/origin", sha, LOOK))
    assert (await ended(runner, "run")).outcome is Outcome.SUCCEEDED
    assert await lines(runner, "run") == [sha, f"1{sha}"]


async def test_a_commit_that_was_pushed_away_fails_and_says_so(runner: LocalRunner, tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    sha = repository(origin, 2)[-1]
    git(origin, "commit", "--quiet", "--amend", "-m", "other")
    await runner.start(order(f"file://{origin}", sha, LOOK))
    result = await ended(runner, "run")
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        f"commit {sha[:7]} is not part of refs/heads/main any more; a newer push replaced it",
    )
    assert [(phase.name, phase.succeeded) for phase in result.phases] == [("DOWNLOAD_SOURCE", False)]


async def test_a_ref_that_was_deleted_fails_and_says_so(runner: LocalRunner, tmp_path: Path) -> None:
    sha = repository(tmp_path / "origin")[0]
    await runner.start(order(f"file://{tmp_path}/origin", sha, LOOK, ref="refs/pull/1/head"))
    result = await ended(runner, "run")
    assert (result.outcome, result.message.startswith("refs/pull/1/head does not exist")) == (Outcome.FAILED, True)


async def test_a_server_that_is_not_there_is_not_the_builds_fault(runner: LocalRunner) -> None:
    await runner.start(order("http://127.0.0.1:1/acme/web.git", "0" * 40, LOOK))
    result = await ended(runner, "run")
    assert (result.outcome, "127.0.0.1:1" in result.message) == (Outcome.FAULT, True)


async def test_a_private_repository_is_read_with_the_token(runner: LocalRunner, tmp_path: Path) -> None:
    sha = repository(tmp_path / "git" / "web", 2)[-1]
    with git_server(tmp_path / "git", TOKEN) as url:
        await runner.start(order(f"{url}/web", sha, LOOK))
        result = await ended(runner, "run")
    assert (result.outcome, await lines(runner, "run")) == (Outcome.SUCCEEDED, [sha, f"1{sha}"])


async def test_a_refused_token_is_a_fault_with_a_reason(runner: LocalRunner, tmp_path: Path) -> None:
    sha = repository(tmp_path / "git" / "web")[0]
    with git_server(tmp_path / "git", "another") as url:
        await runner.start(order(f"{url}/web", sha, LOOK))
        result = await ended(runner, "run")
    assert (result.outcome, "cannot be read with the App's token" in result.message) == (Outcome.FAULT, True)


SEARCH = """\
half='{half}'; token="$half{rest}"; encoded=$(printf x-access-token:$token | base64 -w0 | cut -c8-40)
{{ grep -rlF -e $token -e $encoded $CODEBUILD_SRC_DIR/..; env | grep -F -e $token -e $encoded
grep -laF -e $token -e $encoded /proc/[0-9]*/cmdline /proc/[0-9]*/environ; }} 2>/dev/null | grep -v "/$$/"; true
"""


async def test_no_file_process_or_variable_holds_the_token(runner: LocalRunner, tmp_path: Path) -> None:
    sha = repository(tmp_path / "git" / "web")[0]
    (tmp_path / "search").write_text(SEARCH.format(half=TOKEN[:12], rest=TOKEN[12:]))
    with git_server(tmp_path / "git", TOKEN) as url:
        await runner.start(order(f"{url}/web", sha, phases(build=f". {tmp_path}/search; echo searched")))
        result = await ended(runner, "run")
    assert (result.outcome, await lines(runner, "run")) == (Outcome.SUCCEEDED, ["searched"])
