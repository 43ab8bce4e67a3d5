"""Each of our deployments is one on GitHub, whatever is lost on the way, and nobody else's is taken for it."""

from typing import Any

import pytest
from msgspec.structs import replace

from app.demo.github.deploying import Author
from app.demo.github.deployment import Deployment
from app.github.deployments import GitHubDeployments, is_told
from app.github.repository import RepositoryCalls
from checks.errors import Permanent, Transient
from checks.repository import Repository
from deploy.announcement import Announced, Announcement, State
from tests.app.github.conftest import APP
from tests.app.github.endpoint import Endpoint, Reply
from tests.app.github.local import Local

SHA = "4f2a91c" + "0" * 33
DEPLOYMENTS = "/repos/acme/web/deployments"


def wanted(local: Local, state: State = State.QUEUED, **facts: Any) -> Announcement:
    plain = Announcement(
        deployment="d1",
        sha=local.sha,
        environment="production",
        production=True,
        state=state,
        why="Waits for @ana to approve",
        log_url="https://ci.example.org/deployments/d1",
    )
    return replace(plain, **facts)


async def show(
    local: Local, announcement: Announcement, known: Announced | None, *, repeated: bool = False
) -> Announced:
    """All of it: until nothing is left to be told."""
    deployments = GitHubDeployments(local.calls, local.app.id)
    while not is_told(announcement, known):
        known = await deployments.show(local.repository, announcement, known, repeated=repeated)
    assert known
    return known


def there(local: Local) -> list[Deployment]:
    """The oldest first."""
    return list(local.github.deployments.values())


def said(one: Deployment) -> list[tuple[str, str]]:
    return [(each.state, each.description) for each in one.statuses]


async def test_a_deployment_appears_once_with_our_id_and_lives_through_its_states(local: Local) -> None:
    known = await show(local, wanted(local), None)
    known = await show(local, wanted(local, State.IN_PROGRESS, why="Deploying 4f2a91c"), known)
    live = wanted(local, State.SUCCESS, why="Live and verified", environment_url="https://shop.example.org")
    known = await show(local, live, known)
    (one,) = there(local)
    assert (one.id, one.sha, one.environment, one.production, one.payload) == (
        known.number,
        local.sha,
        "production",
        True,
        {"interlock": "d1"},
    )
    assert said(one) == [
        ("queued", "Waits for @ana to approve"),
        ("in_progress", "Deploying 4f2a91c"),
        ("success", "Live and verified"),
    ]
    newest = one.statuses[-1]
    assert (newest.environment_url, newest.log_url) == (
        "https://shop.example.org",
        "https://ci.example.org/deployments/d1",
    )
    assert len(local.asked()) == 4


async def test_each_showing_has_one_effect_at_most(local: Local) -> None:
    deployments, known = GitHubDeployments(local.calls, local.app.id), None
    written = []
    for _ in range(3):
        known = await deployments.show(local.repository, wanted(local), known, repeated=False)
        written.append(len(local.asked("POST")))
    assert written == [1, 2, 2]


async def test_checks_that_are_not_green_are_not_githubs_matter(local: Local) -> None:
    body = {"name": "Interlock", "head_sha": local.sha, "status": "in_progress"}
    await local.github.create_run(local.hosted, local.app, body)
    await show(local, wanted(local), None)
    assert len(there(local)) == 1


async def test_what_looks_the_same_is_not_told_again(local: Local) -> None:
    tail = " and so on" * 30
    known = await show(local, wanted(local, why="Waits" + tail), None)
    before = len(local.asked())
    assert await show(local, wanted(local, why="Waits" + tail + " and on"), known) == known
    assert len(local.asked()) == before


async def test_a_long_reason_is_cut_after_a_word(local: Local) -> None:
    await show(local, wanted(local, why="Waits for the " + "promotion " * 20), None)
    (one,) = there(local)
    assert said(one) == [("queued", f"Waits for the {' '.join(['promotion'] * 12)}…")]


async def test_a_deployment_whose_creation_was_not_heard_of_is_adopted(local: Local) -> None:
    local.github.faults.lose_answer(method="POST", path=r"/deployments$")
    with pytest.raises(Transient):
        await show(local, wanted(local), None)
    known = await show(local, wanted(local), None, repeated=True)
    assert [(each.id, said(each)) for each in there(local)] == [
        (known.number, [("queued", "Waits for @ana to approve")])
    ]


async def test_a_status_whose_answer_was_lost_is_not_said_twice(local: Local) -> None:
    known = await GitHubDeployments(local.calls, local.app.id).show(
        local.repository, wanted(local), None, repeated=False
    )
    local.github.faults.lose_answer(method="POST", path=r"/statuses$")
    with pytest.raises(Transient):
        await show(local, wanted(local), known)
    for again in (known, None):
        await show(local, wanted(local), again, repeated=True)
    assert [said(each) for each in there(local)] == [[("queued", "Waits for @ana to approve")]]


async def test_a_deployment_of_somebody_else_with_our_id_is_not_ours(local: Local) -> None:
    forged = {
        "ref": local.sha,
        "environment": "production",
        "payload": {"interlock": "d1"},
        "auto_merge": False,
        "required_contexts": [],
    }
    theirs = await local.github.create_deployment(local.hosted, Author(account=local.github.user("bo")), forged)
    known = await show(local, wanted(local), None, repeated=True)
    assert (known.number == theirs.id, said(theirs), len(there(local))) == (False, [], 2)


async def test_the_same_commit_twice_in_an_environment_is_two_deployments(local: Local) -> None:
    first = await show(local, wanted(local), None)
    second = await show(local, wanted(local, deployment="d2"), None, repeated=True)
    again = await show(local, wanted(local, deployment="d2"), None, repeated=True)
    assert (again, [each.id for each in there(local)]) == (second, [first.number, second.number])


@pytest.mark.parametrize("environment", ["production", "staging"])
async def test_what_was_superseded_is_retired_by_us_alone(local: Local, environment: str) -> None:
    where = {"environment": environment, "production": environment == "production"}
    old = await show(local, wanted(local, State.SUCCESS, **where), None)
    await show(local, wanted(local, State.SUCCESS, deployment="d2", **where), None)
    assert [each.state for each in there(local)] == ["success", "success"]
    await show(local, wanted(local, State.INACTIVE, why="Replaced by 9be01d2", **where), old)
    assert [each.state for each in there(local)] == ["inactive", "success"]


async def test_a_deployment_that_takes_no_more_statuses_is_left_in_peace(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.demo.github.deployment_rules.MOST_STATUSES", 1)
    known = await show(local, wanted(local), None)
    known = await show(local, wanted(local, State.SUCCESS), known)
    assert is_told(wanted(local, State.SUCCESS), known)
    assert [each.state for each in there(local)] == ["queued"]


async def test_a_deleted_deployment_is_replaced_while_it_has_something_to_say(local: Local) -> None:
    known = await show(local, wanted(local), None)
    local.github.deployments.clear()
    assert await show(local, wanted(local, State.INACTIVE), known)
    assert there(local) == []
    known = await show(local, wanted(local, State.FAILURE, why="The health check failed"), known)
    assert [(each.id, said(each)) for each in there(local)] == [
        (known.number, [("failure", "The health check failed")])
    ]


async def test_a_deleted_deployment_whose_replacement_was_not_heard_of_is_not_replaced_twice(local: Local) -> None:
    known = await show(local, wanted(local), None)
    local.github.deployments.clear()
    local.github.faults.lose_answer(method="POST", path=r"/deployments$")
    failed = wanted(local, State.FAILURE, why="The health check failed")
    with pytest.raises(Transient):
        await show(local, failed, known)
    known = await show(local, failed, known, repeated=True)
    assert [(each.id, said(each)) for each in there(local)] == [
        (known.number, [("failure", "The health check failed")])
    ]


async def test_an_address_that_is_no_web_address_is_left_out(local: Local) -> None:
    await show(local, wanted(local, environment_url="javascript:alert(1)", log_url=""), None)
    assert [(each.environment_url, each.log_url) for each in there(local)[0].statuses] == [("", "")]


async def test_a_commit_that_github_does_not_know_yet_is_tried_again(local: Local) -> None:
    with pytest.raises(Transient, match=f"No ref found for: {SHA}"):
        await show(local, wanted(local, sha=SHA), None)


async def test_a_repository_that_was_renamed_is_followed(local: Local) -> None:
    known = await show(local, wanted(local), None)
    await local.github.rename_repository(local.hosted, "shop")
    await show(local, wanted(local, State.SUCCESS, why="Live"), known, repeated=True)
    assert [said(each)[-1] for each in there(local)] == [("success", "Live")]


async def test_without_the_permission_the_refusal_says_what_to_do(local: Local) -> None:
    local.app.permissions["deployments"] = "read"
    with pytest.raises((Permanent, Transient), match="accept its permissions"):
        await show(local, wanted(local), None)


async def test_the_secondary_rate_limit_is_waited_for_and_nothing_doubles(local: Local) -> None:
    local.github.faults.limit(429, retry_after=1, path=r"/deployments$")
    await show(local, wanted(local), None)
    assert [said(each) for each in there(local)] == [[("queued", "Waits for @ana to approve")]]


PLAIN = Announcement(deployment="d1", sha=SHA, environment="staging", production=False, state=State.QUEUED)
FOUND = {"id": 7, "payload": {"interlock": "d1"}, "performed_via_github_app": {"id": APP}}


@pytest.mark.parametrize(
    ("listed", "number"),
    [
        ([FOUND], 7),
        ([FOUND | {"payload": '{"interlock": "d1"}'}], 7),
        ([FOUND | {"id": 9}, FOUND, FOUND | {"id": 8}], 7),
        ([None, 3, "x", {}, FOUND | {"payload": None}, FOUND | {"payload": "{"}, FOUND | {"payload": [1]}], 100),
        ([FOUND | {"payload": {"interlock": ["d1"]}}, FOUND | {"payload": "[" * 100_000}], 100),
        ([FOUND | {"performed_via_github_app": via} for via in (None, "x", {}, {"id": str(APP)}, {"id": 5})], 100),
    ],
)
async def test_only_what_is_certainly_ours_is_adopted(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, listed: list[Any], number: int
) -> None:
    endpoint.on(f"GET {DEPLOYMENTS}", Reply(200, listed))
    endpoint.on(f"POST {DEPLOYMENTS}", Reply(201, {"id": 100}))
    known = await GitHubDeployments(calls, APP).show(web_repository, PLAIN, None, repeated=True)
    assert known == Announced(deployment="d1", number=number)


@pytest.mark.parametrize("data", [{}, [], None, {"id": None}, {"id": "x"}])
async def test_a_deployment_without_a_number_is_asked_for_again_later(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, data: Any
) -> None:
    endpoint.on(f"POST {DEPLOYMENTS}", Reply(201, data))
    with pytest.raises(Transient, match="without its number"):
        await GitHubDeployments(calls, APP).show(web_repository, PLAIN, None, repeated=False)


@pytest.mark.parametrize("data", [{}, "x"])
async def test_statuses_that_are_no_list_are_asked_for_again_later(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, data: Any
) -> None:
    endpoint.on(f"GET {DEPLOYMENTS}/7/statuses", Reply(200, data))
    known = Announced(deployment="d1", number=7)
    with pytest.raises(Transient, match="did not list the statuses"):
        await GitHubDeployments(calls, APP).show(web_repository, PLAIN, known, repeated=True)


async def test_a_creation_whose_fate_is_unknown_is_not_sent_again(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(f"POST {DEPLOYMENTS}", Reply(502, raw=b"<html>Bad gateway</html>"))
    with pytest.raises(Transient):
        await GitHubDeployments(calls, APP).show(web_repository, PLAIN, None, repeated=False)
    assert endpoint.lines == [f"POST {DEPLOYMENTS}"]
