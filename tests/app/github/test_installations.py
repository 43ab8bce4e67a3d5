import pytest

from app.github.client import Client
from app.github.errors import NotInstalled
from app.github.installations import Installation, Installations
from checks.errors import Transient
from checks.repository import Repository
from tests.app.github.endpoint import Endpoint, Reply


@pytest.fixture
def installations(client: Client) -> Installations:
    return Installations(client)


async def test_all_installations_are_listed_by_the_app_itself(installations: Installations, endpoint: Endpoint) -> None:
    following = {"Link": f'<{endpoint.url}/app/installations?page=2>; rel="next"'}
    endpoint.on(
        "GET /app/installations",
        Reply(200, [{"id": 7, "account": {"login": "acme"}, "suspended_at": None}], following),
        Reply(200, [{"id": 8, "account": None, "suspended_at": "2026-11-01T00:00:00Z"}]),
    )
    assert [each async for each in installations.all()] == [
        Installation(id=7, account="acme"),
        Installation(id=8, account="", suspended=True),
    ]
    assert (endpoint.minted, endpoint.asked[0].token.count(".")) == ([], 2)


async def test_the_repositories_of_an_installation_are_listed(installations: Installations, endpoint: Endpoint) -> None:
    listed = {"id": 42, "full_name": "acme/web", "default_branch": "trunk", "archived": True, "clone_url": "https://x"}
    endpoint.on("GET /installation/repositories", Reply(200, {"total_count": 1, "repositories": [listed]}))
    assert [each async for each in installations.repositories(7)] == [
        Repository(
            id=42,
            full_name="acme/web",
            installation=7,
            default_branch="trunk",
            archived=True,
            clone_url="https://x",
        )
    ]


async def test_a_suspended_installation_says_so(installations: Installations, endpoint: Endpoint) -> None:
    endpoint.on("POST /app/installations/7/access_tokens", Reply(403, {"message": "This installation is suspended"}))
    with pytest.raises(NotInstalled, match="suspended"):
        _ = [each async for each in installations.repositories(7)]


async def test_the_installation_of_a_repository_is_found_or_known_to_be_lost(
    installations: Installations, endpoint: Endpoint
) -> None:
    endpoint.on("GET /repos/acme/web/installation", Reply(200, {"id": 9}))
    assert await installations.of_repository("acme/web") == 9
    assert await installations.of_repository("acme/gone") is None


@pytest.mark.parametrize("strange", [[None], [1], [{}]])
async def test_strange_lists_are_transient(
    installations: Installations, endpoint: Endpoint, strange: list[object]
) -> None:
    endpoint.on("GET /app/installations", Reply(200, strange))
    with pytest.raises(Transient):
        _ = [each async for each in installations.all()]
