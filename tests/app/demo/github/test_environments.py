"""Environments with their rules, teams with their members."""

import pytest

from app.demo.github.deployment import Protection
from tests.app.demo.github.world import World

PLACE = "/repos/acme/web/environments"


@pytest.fixture
async def token(world: World) -> str:
    world.app.permissions |= {"actions": "read", "deployments": "write", "members": "read"}
    return await world.token()


async def test_a_deployment_creates_the_environment_that_it_names_without_rules(world: World, token: str) -> None:
    await world.github.commit_files(world.web, "main", {"app.py": "1\n"}, "Begin", "ana")
    ungated = {"ref": "main", "auto_merge": False, "required_contexts": [], "environment": "Staging"}
    for name in ("Staging", "staging"):
        await world.ask("POST", "/repos/acme/web/deployments", token, ungated | {"environment": name}, 201)
    listed = await world.ask("GET", PLACE, token)
    assert (listed["total_count"], [each["name"] for each in listed["environments"]]) == (1, ["Staging"])
    assert await world.ask("GET", f"{PLACE}/staging", token) == listed["environments"][0]
    assert listed["environments"][0]["protection_rules"] == []
    assert listed["environments"][0]["deployment_branch_policy"] is None


async def test_an_environment_tells_its_rules(world: World, token: str) -> None:
    team = world.github.create_team("acme", "Release Crew", ["bo"])
    rules = Protection(
        reviewers=[world.github.user("ana"), team],
        prevent_self_review=True,
        wait_minutes=30,
        branches=["main", "release/*"],
        tags=["v*"],
        admins_may_bypass=False,
    )
    world.github.configure_environment(world.web, "prod/eu", rules)
    found = await world.ask("GET", f"{PLACE}/prod%2Feu", token)
    timer, reviews, policy = found["protection_rules"]
    assert (timer["type"], timer["wait_timer"]) == ("wait_timer", 30)
    assert (reviews["type"], reviews["prevent_self_review"]) == ("required_reviewers", True)
    named = [(each["type"], each["reviewer"].get("login") or each["reviewer"]["slug"]) for each in reviews["reviewers"]]
    assert named == [("User", "ana"), ("Team", "release-crew")]
    assert (policy["type"], found["can_admins_bypass"]) == ("branch_policy", False)
    assert found["deployment_branch_policy"] == {"protected_branches": False, "custom_branch_policies": True}
    patterns = await world.ask("GET", f"{PLACE}/prod%2Feu/deployment-branch-policies", token)
    assert [(each["type"], each["name"]) for each in patterns["branch_policies"]] == [
        ("branch", "main"),
        ("branch", "release/*"),
        ("tag", "v*"),
    ]


async def test_protected_branches_alone_have_no_patterns(world: World, token: str) -> None:
    world.github.configure_environment(world.web, "production", Protection(protected_branches=True))
    found = await world.ask("GET", f"{PLACE}/production", token)
    assert found["deployment_branch_policy"] == {"protected_branches": True, "custom_branch_policies": False}
    assert await world.ask("GET", f"{PLACE}/production/deployment-branch-policies", token) == {
        "total_count": 0,
        "branch_policies": [],
    }


async def test_a_protected_branch_says_so(world: World, token: str) -> None:
    for branch in ("main", "topic"):
        await world.github.commit_files(world.web, branch, {branch: "1\n"}, "Begin", "ana")
    place = "/repos/acme/web/branches"
    assert await world.ask("GET", f"{place}?protected=true&per_page=1", token) == []
    world.web.protected_branches.add("main")
    assert [each["name"] for each in await world.ask("GET", f"{place}?protected=true", token)] == ["main"]
    assert [each["name"] for each in await world.ask("GET", place, token)] == ["main", "topic"]
    assert [(await world.ask("GET", f"{place}/{each}", token))["protected"] for each in ("main", "topic")] == [
        True,
        False,
    ]


async def test_an_unknown_environment_is_404_and_reading_needs_the_permission(world: World, token: str) -> None:
    async with await world.raw("GET", f"{PLACE}/none", token) as answer:
        assert answer.status == 404
    del world.app.permissions["actions"]
    async with await world.raw("GET", PLACE, await world.token()) as answer:
        assert answer.status == 403


async def test_a_team_tells_its_members_and_whom_it_has_invited(world: World, token: str) -> None:
    team = world.github.create_team("acme", "Release Crew", ["bo", "ana"])
    team.invited.add("eve")
    place = "/orgs/acme/teams/release-crew/memberships"
    told = {login: await world.ask("GET", f"{place}/{login}", token) for login in ("bo", "ana", "Eve")}
    assert {login: (each["role"], each["state"]) for login, each in told.items()} == {
        "bo": ("member", "active"),
        "ana": ("maintainer", "active"),
        "Eve": ("member", "pending"),
    }


@pytest.mark.parametrize("place", ["acme/teams/none/memberships/bo", "acme/teams/crew/memberships/eve"])
async def test_who_is_no_member_and_what_is_no_team_are_404(world: World, token: str, place: str) -> None:
    world.github.create_team("acme", "Crew", ["bo"])
    async with await world.raw("GET", f"/orgs/{place}", token) as answer:
        assert answer.status == 404


async def test_an_app_finds_its_installation_by_the_organisation(world: World) -> None:
    found = await world.ask("GET", "/orgs/acme/installation", world.jwt())
    assert found["id"] == world.installation.id
