"""What the gateway asks is what GitHub describes: every request of every adapter against the published description."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from app.github.checks import GitHubChecks
from app.github.client import Client
from app.github.comments import Commented, GitHubComments
from app.github.configuration import GitHubConfiguration
from app.github.deployments import GitHubDeployments
from app.github.environments import GitHubEnvironments
from app.github.people import GitHubPeople
from app.github.pull_requests import GitHubPullRequests
from app.github.repository import RepositoryCalls
from app.github.source import GitHubSource
from app.github.teams import GitHubTeams
from checks.annotation import Annotation
from checks.button import Action, Button
from checks.check_run import CheckRun
from checks.errors import Permanent, Transient
from checks.ports import Shown
from checks.repository import Repository
from deploy.announcement import Announced, Announcement, State
from tests.app.github.conftest import APP
from tests.app.github.endpoint import CheckRuns, Endpoint
from tests.published.openapi import openapi

SHA = "4f2a91c" + "0" * 33
AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
WEB = Repository(id=42, full_name="acme/web", installation=7)
ENDED = CheckRun(
    external_id="b1",
    name="Interlock",
    head_sha=SHA,
    status="completed",
    conclusion="timed_out",
    title="Timed out",
    summary="**60 min** were not enough",
    text="log",
    details_url="https://ci.example.org/b1",
    annotations=(
        Annotation(path="a.py", start_line=1, end_line=2, title="t", message="m", level="warning", raw_details="r"),
        *(Annotation(path="a.py", start_line=1, end_line=2, title="", message="m") for _ in range(60)),
    ),
    actions=(Action(button=Button.RERUN, label="Re-run", description="Build this commit again"),),
    started_at=AT,
    completed_at=AT,
)

LIVE = Announcement(
    deployment="d1",
    sha=SHA,
    environment="prod/eu",
    production=True,
    state=State.SUCCESS,
    why="Live and verified",
    environment_url="https://shop.example.org",
    log_url="https://ci.example.org/d1",
)


async def token_to_hand_on(client: Client, calls: RepositoryCalls) -> None:
    await client.tokens.scoped(WEB)


async def permission(client: Client, calls: RepositoryCalls) -> None:
    await GitHubPeople(calls).may_write(WEB, "dependabot[bot]")


async def buildspec(client: Client, calls: RepositoryCalls) -> None:
    await GitHubSource(calls).buildspec(WEB, SHA)


async def file(client: Client, calls: RepositoryCalls) -> None:
    await GitHubSource(calls).file(WEB, SHA, "tests/acceptance.yml")


async def written_down(client: Client, calls: RepositoryCalls) -> None:
    await GitHubConfiguration(calls).text(WEB, SHA)


async def written_by_the_organisation(client: Client, calls: RepositoryCalls) -> None:
    await GitHubConfiguration(calls).defaults(WEB)


async def message(client: Client, calls: RepositoryCalls) -> None:
    await GitHubSource(calls).message(WEB, SHA)


async def new_check(client: Client, calls: RepositoryCalls) -> None:
    await GitHubChecks(calls, APP).show(WEB, ENDED, None, repeated=False)


async def check_to_adopt(client: Client, calls: RepositoryCalls) -> None:
    await GitHubChecks(calls, APP).show(WEB, ENDED, None, repeated=True)


async def changed_check(client: Client, calls: RepositoryCalls) -> None:
    known = Shown(build="b1", check_run=100, digest="")
    await GitHubChecks(calls, APP).show(WEB, ENDED, known, repeated=True)


async def further_annotations(client: Client, calls: RepositoryCalls) -> None:
    known = Shown(build="b1", check_run=100, digest="", annotations=50)
    await GitHubChecks(calls, APP).annotate(WEB, ENDED, known, repeated=True)


async def new_deployment(client: Client, calls: RepositoryCalls) -> None:
    await GitHubDeployments(calls, APP).show(WEB, LIVE, None, repeated=False)


async def deployment_to_adopt(client: Client, calls: RepositoryCalls) -> None:
    await GitHubDeployments(calls, APP).show(WEB, LIVE, None, repeated=True)


async def status_to_look_for(client: Client, calls: RepositoryCalls) -> None:
    await GitHubDeployments(calls, APP).show(WEB, LIVE, Announced(deployment="d1", number=9), repeated=True)


async def new_status(client: Client, calls: RepositoryCalls) -> None:
    await GitHubDeployments(calls, APP).show(WEB, LIVE, Announced(deployment="d1", number=9), repeated=False)


async def rules(client: Client, calls: RepositoryCalls) -> None:
    await GitHubEnvironments(calls).rules(WEB, "prod/eu")


async def protected(client: Client, calls: RepositoryCalls) -> None:
    await GitHubEnvironments(calls).is_protected(WEB, "release/1")


async def any_protected(client: Client, calls: RepositoryCalls) -> None:
    await GitHubEnvironments(calls).is_any_protected(WEB)


async def team(client: Client, calls: RepositoryCalls) -> None:
    await GitHubTeams(client).is_member("acme", "release-crew", "ana")


async def pulls_of_commit(client: Client, calls: RepositoryCalls) -> None:
    await GitHubPullRequests(calls).of_commit(WEB, SHA)


async def new_comment(client: Client, calls: RepositoryCalls) -> None:
    await GitHubComments(calls, APP).show(WEB, 1, "where", "Staging", None, repeated=False)


async def comment_to_adopt(client: Client, calls: RepositoryCalls) -> None:
    await GitHubComments(calls, APP).show(WEB, 1, "where", "Staging", None, repeated=True)


async def changed_comment(client: Client, calls: RepositoryCalls) -> None:
    known = Commented(number=5, text="Nowhere")
    await GitHubComments(calls, APP).show(WEB, 1, "where", "Staging", known, repeated=False)


@pytest.mark.parametrize(
    "ask",
    [
        token_to_hand_on,
        permission,
        buildspec,
        file,
        written_down,
        written_by_the_organisation,
        message,
        new_check,
        check_to_adopt,
        changed_check,
        further_annotations,
        new_deployment,
        deployment_to_adopt,
        status_to_look_for,
        new_status,
        rules,
        protected,
        any_protected,
        team,
        pulls_of_commit,
        new_comment,
        comment_to_adopt,
        changed_comment,
    ],
)
async def test_every_request_is_one_that_github_describes(
    ask: Callable[[Client, RepositoryCalls], Awaitable[None]],
    client: Client,
    calls: RepositoryCalls,
    endpoint: Endpoint,
    runs: CheckRuns,
) -> None:
    runs.add(head_sha=SHA, name="Interlock", external_id="b0")
    with suppress(Transient, Permanent):  # the endpoint knows little; what counts is what it was asked
        await ask(client, calls)
    described = [each for each in endpoint.asked if not each.path.startswith("/repositories/")]
    assert described
    assert [
        error for each in described for error in openapi().request_errors(each.method, each.path, each.query, each.body)
    ] == []
