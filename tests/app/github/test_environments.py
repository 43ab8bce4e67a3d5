"""The rules of an environment are read as GitHub tells them, and what cannot be read is not passed over."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from app.demo.github.deployment import Protection
from app.github.environments import GitHubEnvironments
from app.github.repository import RepositoryCalls
from checks.errors import Permanent, Transient
from checks.repository import Repository
from deploy.environment_rules import Branches, EnvironmentRules, Pattern, Reviewer
from tests.app.github.endpoint import Endpoint, Reply
from tests.app.github.local import Local

PLAIN = EnvironmentRules(environment="production", admins_may_bypass=True)
ASK = "GET /repos/acme/web/environments/production"


@pytest.fixture
def environments(local: Local) -> GitHubEnvironments:
    return GitHubEnvironments(local.calls)


async def test_an_environment_that_github_does_not_know_has_no_rules(
    local: Local, environments: GitHubEnvironments
) -> None:
    assert await environments.rules(local.repository, "production") is None


@pytest.mark.parametrize(
    ("protection", "rules"),
    [
        (Protection(), PLAIN),
        (Protection(wait_minutes=30), replace(PLAIN, wait=timedelta(minutes=30))),
        (Protection(admins_may_bypass=False), replace(PLAIN, admins_may_bypass=False)),
        (Protection(protected_branches=True), replace(PLAIN, branches=Branches.PROTECTED)),
        (Protection(branches=[]), replace(PLAIN, branches=Branches.NAMED)),
        (
            Protection(branches=["main", "release/*"], tags=["v*"]),
            replace(
                PLAIN,
                branches=Branches.NAMED,
                patterns=(Pattern(name="main"), Pattern(name="release/*"), Pattern(name="v*", is_tag=True)),
            ),
        ),
    ],
)
async def test_what_an_administrator_sets_is_what_is_read(
    local: Local, environments: GitHubEnvironments, protection: Protection, rules: EnvironmentRules
) -> None:
    local.github.configure_environment(local.hosted, "production", protection)
    assert await environments.rules(local.repository, "production") == rules


@pytest.mark.parametrize("alone", [True, False])
async def test_reviewers_are_people_and_teams(local: Local, environments: GitHubEnvironments, alone: bool) -> None:
    ana, crew = local.github.user("ana"), local.github.create_team("acme", "Release Crew", ["bo"])
    protection = Protection(reviewers=[ana, crew], prevent_self_review=alone)
    local.github.configure_environment(local.hosted, "production", protection)
    assert await environments.rules(local.repository, "production") == replace(
        PLAIN,
        reviewers=(Reviewer(id=ana.id, name="ana"), Reviewer(id=crew.id, name="release-crew", is_team=True)),
        prevent_self_review=alone,
    )


async def test_a_name_with_a_slash_is_one_name(local: Local, environments: GitHubEnvironments) -> None:
    local.github.configure_environment(local.hosted, "prod/eu", Protection(branches=["main"]))
    found = await environments.rules(local.repository, "prod/eu")
    assert found == replace(PLAIN, environment="prod/eu", branches=Branches.NAMED, patterns=(Pattern(name="main"),))


async def test_many_patterns_are_all_read(local: Local, environments: GitHubEnvironments) -> None:
    names = [f"release/{number}" for number in range(230)]
    local.github.configure_environment(local.hosted, "production", Protection(branches=names))
    found = await environments.rules(local.repository, "production")
    assert found
    assert [each.name for each in found.patterns] == names


async def test_what_has_not_changed_costs_nothing_and_what_has_is_seen_at_once(
    local: Local, environments: GitHubEnvironments
) -> None:
    local.github.configure_environment(local.hosted, "production", Protection(branches=["main"], wait_minutes=5))
    told = [await environments.rules(local.repository, "production") for _ in range(2)]
    assert told[0] == told[1]
    statuses = [each.status for each in local.github.asked if "/environments/" in each.path]
    assert statuses == [200, 200, 304, 304]
    local.github.configure_environment(local.hosted, "production", Protection(branches=["main", "next"]))
    found = await environments.rules(local.repository, "production")
    assert found == replace(PLAIN, branches=Branches.NAMED, patterns=(Pattern(name="main"), Pattern(name="next")))


async def test_a_new_token_is_told_everything_anew(local: Local, environments: GitHubEnvironments) -> None:
    local.github.configure_environment(local.hosted, "production", Protection(wait_minutes=5))
    first = await environments.rules(local.repository, "production")
    local.github.expire_tokens()
    local.client.tokens.discard(await local.client.tokens.of(local.repository.installation))
    assert await environments.rules(local.repository, "production") == first


async def test_the_rules_of_two_repositories_do_not_mix(local: Local, environments: GitHubEnvironments) -> None:
    other = await local.github.create_repository("acme/shop")
    local.github.configure_environment(local.hosted, "production", Protection(wait_minutes=5))
    local.github.configure_environment(other, "production", Protection())
    shop = replace(local.repository, id=other.id, full_name="acme/shop")
    waits = [(await environments.rules(each, "production")) for each in (local.repository, shop, local.repository)]
    assert [each.wait if each else None for each in waits] == [timedelta(minutes=5), timedelta(), timedelta(minutes=5)]
    assert [each.status for each in local.github.asked if "/environments/" in each.path] == [200, 200, 304]


async def test_whether_a_branch_is_protected_is_asked_of_github(local: Local, environments: GitHubEnvironments) -> None:
    assert await environments.is_any_protected(local.repository) is False
    local.hosted.protected_branches.add("main")
    await local.github.commit_files(local.hosted, "release/1", {"a": "1"}, "Release", "ana")
    told = [await environments.is_protected(local.repository, each) for each in ("main", "release/1", "none")]
    assert (told, await environments.is_any_protected(local.repository)) == ([True, False, False], True)


async def test_without_the_permission_no_rule_is_passed_over(local: Local, environments: GitHubEnvironments) -> None:
    del local.app.permissions["actions"]
    with pytest.raises((Permanent, Transient), match="accept its permissions"):
        await environments.rules(local.repository, "production")


@pytest.mark.parametrize(
    ("told", "rules"),
    [
        ({"name": "production"}, EnvironmentRules(environment="production")),
        (
            {"name": "production", "protection_rules": None, "can_admins_bypass": None},
            replace(PLAIN, admins_may_bypass=False),
        ),
        (
            {"name": "production", "protection_rules": [{"type": "wait_timer"}, {"type": "sigstore", "id": 3}]},
            EnvironmentRules(environment="production", unknown=("sigstore",)),
        ),
        (
            {
                "name": "production",
                "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": False},
            },
            EnvironmentRules(environment="production"),
        ),
    ],
)
async def test_what_github_leaves_out_demands_nothing_and_what_it_adds_is_named(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, told: Any, rules: EnvironmentRules
) -> None:
    endpoint.on(ASK, Reply(200, told))
    assert await GitHubEnvironments(calls).rules(web_repository, "production") == rules


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"name": "production", "protection_rules": {}},
        {"name": "production", "protection_rules": [{}]},
        {"name": "production", "protection_rules": [{"type": "wait_timer", "wait_timer": "soon"}]},
        {"name": "production", "protection_rules": [{"type": "required_reviewers", "reviewers": [{"type": "User"}]}]},
        {"name": "production", "protection_rules": [{"type": "required_reviewers", "reviewers": [None]}]},
        {"name": "production", "deployment_branch_policy": {"custom_branch_policies": True}},
    ],
)
async def test_a_rule_that_cannot_be_read_holds_everything_back(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, told: Any
) -> None:
    endpoint.on(ASK, Reply(200, told))
    with pytest.raises(Transient, match="cannot be read"):
        await GitHubEnvironments(calls).rules(web_repository, "production")


@pytest.mark.parametrize("told", [None, {}, {"branch_policies": []}, {"total_count": 1, "branch_policies": [{}]}])
async def test_patterns_that_cannot_be_read_hold_everything_back(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, told: Any
) -> None:
    policy = {"protected_branches": False, "custom_branch_policies": True}
    endpoint.on(ASK, Reply(200, {"name": "production", "deployment_branch_policy": policy}))
    endpoint.on(f"{ASK}/deployment-branch-policies", Reply(200, told))
    with pytest.raises(Transient, match="cannot be read"):
        await GitHubEnvironments(calls).rules(web_repository, "production")


@pytest.mark.parametrize("told", [None, [], {}, {"protected": None}, {"protected": "no"}])
async def test_a_branch_that_says_nothing_of_its_protection_is_asked_again_later(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, told: Any
) -> None:
    endpoint.on("GET /repos/acme/web/branches/main", Reply(200, told))
    with pytest.raises(Transient, match="whether the branch main is protected"):
        await GitHubEnvironments(calls).is_protected(web_repository, "main")
