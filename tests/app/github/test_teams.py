"""Who is in a team is what GitHub says at this moment."""

from typing import Any

import pytest

from app.github.client import Client
from app.github.errors import NotInstalled
from app.github.teams import GitHubTeams
from checks.errors import Permanent, Transient
from tests.app.github.endpoint import Endpoint, Reply
from tests.app.github.local import Local

INSTALLED = "GET /orgs/acme/installation"
ASK = "GET /orgs/acme/teams/crew/memberships/bo"


@pytest.fixture
def teams(local: Local) -> GitHubTeams:
    local.github.create_team("acme", "Crew", ["bo"]).invited.add("eve")
    return GitHubTeams(local.client)


@pytest.mark.parametrize(
    ("organisation", "team", "login", "is_member"),
    [
        ("acme", "crew", "bo", True),
        ("ACME", "Crew", "Bo", True),
        ("acme", "crew", "eve", False),
        ("acme", "crew", "ana", False),
        ("acme", "crew", "nobody", False),
        ("acme", "none", "bo", False),
        ("nowhere", "crew", "bo", False),
        ("acme", "", "bo", False),
        ("acme", "crew", "", False),
        ("", "crew", "bo", False),
    ],
)
async def test_only_who_has_joined_is_a_member(
    teams: GitHubTeams, organisation: str, team: str, login: str, is_member: bool
) -> None:
    assert await teams.is_member(organisation, team, login) is is_member


async def test_who_left_a_moment_ago_is_gone(local: Local, teams: GitHubTeams) -> None:
    assert await teams.is_member("acme", "crew", "bo")
    local.github.team("acme", "crew").members.clear()
    assert not await teams.is_member("acme", "crew", "bo")
    assert [each for each in local.asked() if "/installation" in each] == ["GET /orgs/acme/installation"]


async def test_an_app_that_was_installed_again_goes_on(local: Local, teams: GitHubTeams) -> None:
    assert await teams.is_member("acme", "crew", "bo")
    [old] = local.github.installations.values()
    await local.github.uninstall(old)
    await local.github.install_app(local.app, "acme", by="ana")
    local.client.tokens.discard(await local.client.tokens.of(old.id))
    assert await teams.is_member("acme", "crew", "bo")


async def test_without_the_permission_nobody_is_said_to_be_no_member(local: Local, teams: GitHubTeams) -> None:
    del local.app.permissions["members"]
    with pytest.raises((Permanent, Transient), match="accept its permissions"):
        await teams.is_member("acme", "crew", "bo")


async def test_a_suspended_installation_says_so(client: Client, endpoint: Endpoint) -> None:
    endpoint.on(INSTALLED, Reply(200, {"id": 7}))
    endpoint.on("POST /app/installations/7/access_tokens", Reply(403, {"message": "suspended"}))
    with pytest.raises(NotInstalled, match="suspended"):
        await GitHubTeams(client).is_member("acme", "crew", "bo")


@pytest.mark.parametrize("told", [None, [], {}, {"id": "x"}])
async def test_an_installation_without_a_number_is_asked_for_again_later(
    client: Client, endpoint: Endpoint, told: Any
) -> None:
    endpoint.on(INSTALLED, Reply(200, told))
    with pytest.raises(Transient, match="without its number"):
        await GitHubTeams(client).is_member("acme", "crew", "bo")


@pytest.mark.parametrize("told", [None, [], {}, {"role": "member"}])
async def test_a_membership_without_a_state_is_asked_for_again_later(
    client: Client, endpoint: Endpoint, told: Any
) -> None:
    endpoint.on(INSTALLED, Reply(200, {"id": 7}))
    endpoint.on(ASK, Reply(200, told))
    with pytest.raises(Transient, match="whether bo is in the team acme/crew"):
        await GitHubTeams(client).is_member("acme", "crew", "bo")


@pytest.mark.parametrize("state", ["pending", "ACTIVE", None, True, ["active"]])
async def test_any_other_state_is_no_membership(client: Client, endpoint: Endpoint, state: object) -> None:
    endpoint.on(INSTALLED, Reply(200, {"id": 7}))
    endpoint.on(ASK, Reply(200, {"state": state}))
    assert await GitHubTeams(client).is_member("acme", "crew", "bo") is False
