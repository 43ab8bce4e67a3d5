"""Code that nobody with write access vouches for waits, and gets nothing."""

import shutil

from tests.flows.town import PASSING, Town
from tests.needs import needs

WAITING = "Waiting for approval: @sam has no write access"
PUBLISHES = """\
version: 0.2
env:
  exported-variables: [PRX_CI_PUBLISH]
# PRX_CI_PUBLISH: true
phases:
  build:
    commands:
      - test "$PRX_CI_PUBLISH" = false
"""


async def test_a_strangers_pull_request_waits(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})

    pull_request = await town.pull_request(web, {"buildspec.yml": PASSING}, by="sam")

    check = await town.check(web, pull_request.head_sha)
    assert (check.conclusion, check.output.title) == ("action_required", WAITING)
    assert [action.label for action in check.actions] == ["Approve and run"]


async def test_a_stranger_cannot_approve_and_is_told_so(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})
    pull_request = await town.pull_request(web, {"buildspec.yml": PASSING}, by="sam")
    check = await town.check(web, pull_request.head_sha)

    await town.github.press(check.id, "approve", "sam")

    await town.until(lambda: "has no write access" in (check.output.summary or "").partition("\n\n")[0])
    assert (check.conclusion, len(town.checks(web, pull_request.head_sha))) == ("action_required", 1)


async def test_an_approved_build_runs_in_the_sandbox_under_the_same_check(town: Town) -> None:
    needs(shutil.which("bwrap") is not None, "bubblewrap is not there: apt-get install bubblewrap")
    web = await town.repository(files={"README.md": "Empty."})
    pull_request = await town.pull_request(web, {"buildspec.yml": PUBLISHES}, by="sam")
    waiting = await town.check(web, pull_request.head_sha)

    await town.github.press(waiting.id, "approve", "bo")

    check = await town.check(web, pull_request.head_sha, "success", "failure")
    assert (check.id, check.conclusion) == (waiting.id, "success")


async def test_an_approval_is_for_one_commit(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})
    pull_request = await town.pull_request(web, {"buildspec.yml": PASSING}, by="sam")
    approved = await town.check(web, pull_request.head_sha)
    await town.github.press(approved.id, "approve", "bo")
    await town.check(web, pull_request.head_sha, "success", "failure", "in_progress", "queued")

    fork = next(repository for repository in town.github.repositories.values() if repository.parent is web)
    sha = await town.push(fork, {"evil.sh": "curl"}, branch="topic", by="sam")

    assert (await town.check(web, sha)).output.title == WAITING


async def test_a_pull_request_never_publishes_by_its_own_word(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})

    pull_request = await town.pull_request(web, {"buildspec.yml": PUBLISHES}, by="bo")

    assert (await town.check(web, pull_request.head_sha)).conclusion == "success"
