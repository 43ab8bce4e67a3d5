"""Deployments as GitHub keeps them: what is asked for, what is said of them, and who hears of it."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.demo.github import deployment_rules
from tests.app.demo.github.world import World

PLACE = "/repos/acme/web/deployments"
UNGATED = {"auto_merge": False, "required_contexts": []}


@pytest.fixture
async def sha(world: World) -> str:
    """The App may deploy and hears of deployments."""
    world.app.permissions |= {"deployments": "write"}
    world.app.events += ("deployment", "deployment_status")
    made = await world.github.commit_files(world.web, "main", {"app.py": "1\n"}, "Begin", "ana")
    await world.webhooks()
    return made


async def deploy(world: World, ref: str, status: int = 201, **more: Any) -> Any:
    return await world.ask("POST", PLACE, await world.token(), UNGATED | {"ref": ref} | more, status)


async def say(world: World, number: int, state: str, status: int = 201, **more: Any) -> Any:
    place = f"{PLACE}/{number}/statuses"
    return await world.ask("POST", place, await world.token(), {"state": state} | more, status)


async def states(world: World, number: int) -> Sequence[str]:
    """The newest first."""
    listed = await world.ask("GET", f"{PLACE}/{number}/statuses", await world.token())
    return [each["state"] for each in listed]


async def test_a_deployment_says_what_goes_where_and_through_which_app(world: World, sha: str) -> None:
    made = await deploy(world, "main", environment="staging", payload={"interlock": "d1"}, description="First")
    told = {name: made[name] for name in ("ref", "sha", "task", "environment", "payload", "description")}
    assert told == {
        "ref": "main",
        "sha": sha,
        "task": "deploy",
        "environment": "staging",
        "payload": {"interlock": "d1"},
        "description": "First",
    }
    assert (made["creator"]["login"], made["performed_via_github_app"]["id"]) == ("interlock[bot]", world.app.id)
    assert (made["production_environment"], made["transient_environment"]) == (False, False)
    assert await world.ask("GET", f"{PLACE}/{made['id']}", await world.token()) == made


async def test_what_a_person_deploys_came_through_no_app(world: World, sha: str) -> None:
    made = await world.ask("POST", PLACE, "token-of-bo", UNGATED | {"ref": sha}, 201)
    assert (made["creator"]["login"], made["performed_via_github_app"]) == ("bo", None)
    assert (made["environment"], made["production_environment"]) == ("production", True)


async def test_whoever_may_not_write_does_not_deploy(world: World, sha: str) -> None:
    async with await world.raw("POST", PLACE, "token-of-eve", UNGATED | {"ref": sha}) as answer:
        assert answer.status == 403


async def test_the_events_name_the_app_of_the_deployment_and_that_of_the_status(world: World, sha: str) -> None:
    made = await deploy(world, sha, environment="staging")
    await say(world, made["id"], "queued", description="Waits for a review")
    await world.ask("POST", f"{PLACE}/{made['id']}/statuses", "token-of-bo", {"state": "success"}, 201)
    hooks = [each.payload for each in await world.webhooks()]
    assert [(each["action"], (each.get("deployment_status") or {}).get("state")) for each in hooks] == [
        ("created", None),
        ("created", "queued"),
        ("created", "success"),
    ]
    ours, theirs = (each["deployment_status"]["performed_via_github_app"] for each in hooks[1:])
    assert (ours["id"], theirs, hooks[2]["sender"]["login"]) == (world.app.id, None, "bo")
    assert {each["deployment"]["performed_via_github_app"]["id"] for each in hooks} == {world.app.id}


async def test_the_list_is_newest_first_and_can_be_narrowed(world: World, sha: str) -> None:
    after = await world.github.commit_files(world.web, "main", {"app.py": "2\n"}, "Go on", "ana")
    first = (await deploy(world, sha, environment="staging"))["id"]
    second = (await deploy(world, after, environment="staging"))["id"]
    third = (await deploy(world, after, environment="production", task="deploy:migrations"))["id"]
    token = await world.token()

    async def listed(query: str) -> list[int]:
        return [each["id"] for each in await world.ask("GET", PLACE + query, token)]

    assert await listed("") == [third, second, first]
    assert await listed(f"?sha={after}&environment=staging") == [second]
    assert await listed(f"?ref={sha}") == [first]
    assert await listed("?task=deploy:migrations") == [third]
    assert await listed("?per_page=1&page=2") == [second]


async def test_a_success_retires_older_ones_that_are_neither_production_nor_transient(world: World, sha: str) -> None:
    for environment, more, expected in (
        ("staging", {}, ["inactive", "success"]),
        ("production", {}, ["success"]),
        ("preview", {"transient_environment": True}, ["success"]),
    ):
        older, newer = [(await deploy(world, sha, environment=environment, **more))["id"] for _ in range(2)]
        await say(world, older, "success")
        await say(world, newer, "success")
        assert (await states(world, older), await states(world, newer)) == (expected, ["success"])


async def test_nothing_is_retired_by_itself_where_that_is_not_wanted(world: World, sha: str) -> None:
    older, newer = [(await deploy(world, sha, environment="staging"))["id"] for _ in range(2)]
    await say(world, older, "success")
    await say(world, newer, "success", auto_inactive=False)
    assert await states(world, older) == ["success"]


async def test_nobody_hears_that_a_deployment_is_inactive(world: World, sha: str) -> None:
    number = (await deploy(world, sha))["id"]
    await say(world, number, "success")
    await say(world, number, "inactive")
    assert await world.heard() == [("deployment", "created"), ("deployment_status", "created")]
    assert await states(world, number) == ["inactive", "success"]


async def test_any_state_follows_any_other_and_keeps_its_links(world: World, sha: str) -> None:
    number = (await deploy(world, sha))["id"]
    for state in ("success", "queued", "error"):
        told = await say(
            world, number, state, environment_url="https://shop.example.org", log_url="https://ci.example.org/d1"
        )
    assert await states(world, number) == ["error", "queued", "success"]
    assert (told["environment_url"], told["log_url"], told["target_url"]) == (
        "https://shop.example.org",
        "https://ci.example.org/d1",
        "https://ci.example.org/d1",
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"description": "x" * 141}, "description is too long (maximum is 140 characters)"),
        ({"environment_url": "javascript:alert(1)"}, "environment_url must use http(s) scheme"),
        ({"log_url": "/builds/1"}, "log_url must use http(s) scheme"),
    ],
)
async def test_a_status_that_is_not_right_is_refused_and_changes_nothing(
    world: World, sha: str, said: dict[str, str], message: str
) -> None:
    number = (await deploy(world, sha))["id"]
    refused = await say(world, number, "success", 422, **said)
    assert [each["message"] for each in refused["errors"]] == [message]
    assert await states(world, number) == []


async def test_an_unknown_state_is_refused(world: World, sha: str) -> None:
    number = (await deploy(world, sha))["id"]
    place = f"{PLACE}/{number}/statuses"
    async with await world.raw("POST", place, await world.token(), {"state": "waiting"}) as answer:
        assert answer.status == 422


async def test_a_deployment_takes_only_so_many_statuses(world: World, sha: str) -> None:
    number = (await deploy(world, sha))["id"]
    for _ in range(deployment_rules.MOST_STATUSES):
        await say(world, number, "queued")
    refused = await say(world, number, "success", 422)
    assert refused["errors"][0]["message"] == "This deployment has reached the maximum number of statuses."


async def test_an_unknown_ref_is_refused(world: World, sha: str) -> None:
    refused = await deploy(world, "f" * 40, 422)
    assert refused["message"] == f"No ref found for: {'f' * 40}"


async def test_checks_that_have_not_succeeded_are_in_the_way_unless_none_are_asked_for(world: World, sha: str) -> None:
    token = await world.token()
    for name, said in (("lint", {"conclusion": "success"}), ("test", {"status": "in_progress"})):
        await world.ask("POST", "/repos/acme/web/check-runs", token, {"name": name, "head_sha": sha, **said}, 201)
    for contexts, missing in ((None, {"test": "pending"}), (["lint", "docs"], {"docs": "missing"})):
        asked = {"ref": sha, "auto_merge": False} | ({} if contexts is None else {"required_contexts": contexts})
        async with await world.raw("POST", PLACE, token, asked) as answer:
            assert answer.status == 409
            body = await answer.json()
        assert body["message"] == f"Conflict: Commit status checks failed for {sha}."
        assert {each["context"]: each["state"] for each in body["errors"][0]["contexts"]} == missing
    await deploy(world, sha, required_contexts=["lint"])
    await deploy(world, sha)


async def test_a_branch_that_is_behind_is_brought_up_to_date_instead_of_deployed(world: World, sha: str) -> None:
    github = world.github
    await github.commit_files(world.web, "topic", {"topic.py": "1\n"}, "Begin a topic", "bo")
    tip = await github.commit_files(world.web, "main", {"app.py": "2\n"}, "Go on", "ana")
    answer = await deploy(world, "topic", 202, auto_merge=True)
    assert answer == {"message": "Auto-merged main into topic on deployment."}
    merged = await github.git(world.web).resolve("refs/heads/topic")
    assert merged
    assert await github.git(world.web).contains(merged, tip)
    made = await deploy(world, "topic", auto_merge=True)
    assert made["sha"] == merged
    await github.commit_files(world.web, "topic", {"app.py": "3\n"}, "Differ", "bo")
    await github.commit_files(world.web, "main", {"app.py": "4\n"}, "Differ too", "ana")
    async with await world.raw("POST", PLACE, await world.token(), {"ref": "topic"}) as refused:
        assert (refused.status, (await refused.json())["message"]) == (409, "Conflict merging main into topic.")
