"""How a commit stands is the newest word of each name, of Apps and of whoever reports statuses."""

from typing import Any

import pytest

from app.demo.github.installation import App
from app.demo.github.installing import Registration
from app.github.commit_status import GitHubCommitStatus
from app.github.errors import Refused
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository
from tests.app.github.conftest import APP
from tests.app.github.endpoint import Endpoint, Reply
from tests.app.github.local import Local
from tests.published.openapi import openapi

SHA = "4f2a91c" + "0" * 33
RUNS = f"GET /repos/acme/web/commits/{SHA}/check-runs"
STATUS = f"GET /repos/acme/web/commits/{SHA}/status"


@pytest.fixture
def statuses(local: Local) -> GitHubCommitStatus:
    return GitHubCommitStatus(local.calls, local.app.id)


async def run(local: Local, name: str, conclusion: str = "", app: App | None = None, **more: str) -> None:
    ended = {"status": "completed", "conclusion": conclusion} if conclusion else {"status": "in_progress"}
    body: dict[str, Any] = {"name": name, "head_sha": local.sha, **ended, **more}
    await local.github.create_run(local.hosted, app or local.app, body)


async def report(local: Local, context: str, state: str) -> None:
    body = {"state": state, "context": context}
    await local.github.report(local.hosted, local.github.account("bo"), local.sha, body)


async def another_app(local: Local) -> App:
    said = Registration(
        name="Lint", owner="acme", public_key="", webhook_url="http://127.0.0.1:1/", webhook_secret="s",
        permissions={"checks": "write"}, events=(),
    )  # fmt: skip
    return await local.github.register_app(said)


async def test_check_runs_and_statuses_are_told_by_name(local: Local, statuses: GitHubCommitStatus) -> None:
    lint = await another_app(local)
    await run(local, "Interlock", "success", external_id="b1")
    await run(local, "lint", app=lint)
    await report(local, "ci/old", "pending")
    await report(local, "ci/old", "failure")
    assert await statuses.of(local.repository, local.sha) == {
        "Interlock": "success",
        "lint": "in_progress",
        "ci/old": "failure",
    }


async def test_of_one_name_the_newest_counts_whoever_says_it(local: Local, statuses: GitHubCommitStatus) -> None:
    lint = await another_app(local)
    old, new = "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"
    await run(local, "twice", "success", started_at=new)
    await run(local, "twice", "failure", app=lint, started_at=old)
    await run(local, "again", "failure")
    await run(local, "again")
    await run(local, "said", "failure", started_at=old)
    await report(local, "said", "success")
    assert await statuses.of(local.repository, local.sha) == {
        "twice": "success",
        "again": "in_progress",
        "said": "success",
    }


async def test_our_own_delivery_is_left_out_and_nobody_elses(local: Local, statuses: GitHubCommitStatus) -> None:
    lint = await another_app(local)
    await run(local, "Delivery", external_id="delivery:1")
    await run(local, "theirs", "success", app=lint, external_id="delivery:1")
    await run(local, "build", "success", external_id="01hx")
    assert await statuses.of(local.repository, local.sha) == {"theirs": "success", "build": "success"}


async def test_all_pages_are_read(local: Local, statuses: GitHubCommitStatus) -> None:
    for number in range(101):
        await run(local, f"run {number}", "success")
        await report(local, f"context {number}", "success")
    assert len(await statuses.of(local.repository, local.sha)) == 202


async def test_a_commit_of_which_nothing_is_said_has_nothing(local: Local, statuses: GitHubCommitStatus) -> None:
    assert await statuses.of(local.repository, local.sha) == {}


async def test_a_commit_that_github_does_not_know_yet_is_asked_for_later(
    local: Local, statuses: GitHubCommitStatus
) -> None:
    with pytest.raises(Transient, match="No commit found"):
        await statuses.of(local.repository, SHA)


async def test_without_the_permission_nothing_counts_as_passed(local: Local, statuses: GitHubCommitStatus) -> None:
    del local.app.permissions["statuses"]
    with pytest.raises((Refused, Transient), match="accept its permissions"):
        await statuses.of(local.repository, local.sha)


async def test_each_list_is_asked_for_as_github_describes_and_a_hundred_at_a_time(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(RUNS, Reply(200, {"check_runs": [{"id": 1, "name": "a", "status": "queued", "started_at": None}]}))
    endpoint.on(STATUS, Reply(200, {"statuses": []}))
    assert await GitHubCommitStatus(calls, APP).of(web_repository, SHA) == {"a": "queued"}
    asked = [each for each in endpoint.asked if each.method == "GET"]
    assert [each.query for each in asked] == [{"filter": "latest", "per_page": "100"}, {"per_page": "100"}]
    assert [openapi().request_errors("GET", each.path, each.query) for each in asked] == [[], []]
