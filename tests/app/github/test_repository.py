import pytest

from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.repository import RepositoryCalls, clones_from
from checks.errors import Transient
from checks.repository import Repository
from tests.app.github.endpoint import Endpoint, Reply

READ = Request(method="GET", path="/repos/{owner}/{repo}/thing")
NOW = {"id": 42, "full_name": "acme/site", "default_branch": "trunk", "private": True}


async def test_a_renamed_repository_is_followed_and_its_new_name_used_from_then_on(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("GET /repos/acme/web/thing", Reply(301, None, {"Location": "/repositories/42/thing"}))
    endpoint.on("GET /repositories/42/thing", Reply(200, 1))
    endpoint.on("GET /repositories/42", Reply(200, NOW))
    endpoint.on("GET /repos/acme/site/thing", Reply(200, 2))
    assert [(await calls.send(web_repository, READ)).data for _ in range(2)] == [1, 2]
    assert endpoint.lines == [
        "GET /repos/acme/web/thing",
        "GET /repositories/42/thing",
        "GET /repositories/42",
        "GET /repos/acme/site/thing",
    ]


async def test_a_name_that_fails_is_looked_up_by_number(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("GET /repositories/42", Reply(200, NOW))
    endpoint.on("GET /repos/acme/site/thing", Reply(200, 2))
    assert (await calls.send(web_repository, READ)).data == 2


async def test_a_404_of_a_repository_that_kept_its_name_is_true(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("GET /repositories/42", Reply(200, {"id": 42, "full_name": "acme/web"}))
    with pytest.raises(NotFound, match="/repos/acme/web/thing"):
        await calls.send(web_repository, READ)


async def test_a_repository_that_is_gone_is_not_found(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    with pytest.raises(NotFound):
        await calls.send(web_repository, READ)
    assert endpoint.lines == ["GET /repos/acme/web/thing", "GET /repositories/42"]


async def test_a_name_heard_later_counts_more_than_one_learnt_earlier(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("GET /repositories/42", Reply(200, NOW))
    endpoint.on("GET /repos/acme/site/thing", Reply(200, 2))
    await calls.send(web_repository, READ)
    endpoint.on("GET /repos/acme/shop/thing", Reply(200, 3))
    later = Repository(id=42, full_name="acme/shop", installation=7)
    assert (await calls.send(later, READ)).data == 3


@pytest.mark.parametrize("strange", [None, [], {}, {"id": 42}])
async def test_a_strange_description_is_transient(calls: RepositoryCalls, endpoint: Endpoint, strange: object) -> None:
    endpoint.on("GET /repositories/42", Reply(200, strange))
    with pytest.raises(Transient):
        await calls.name_of(42, 7)


@pytest.mark.parametrize(
    ("clone_url", "api_url"),
    [
        ("https://github.com/acme/web.git", "https://api.github.com"),
        ("https://acme.ghe.com/acme/web.git", "https://api.acme.ghe.com"),
        ("https://git.example.org/acme/web.git", "https://git.example.org/api/v3"),
        ("http://127.0.0.1:8000/acme/web.git", "http://127.0.0.1:8000/api/v3"),
    ],
)
def test_a_repository_is_cloned_from_the_github_of_its_api(clone_url: str, api_url: str) -> None:
    assert clones_from(clone_url, api_url)


@pytest.mark.parametrize(
    "clone_url",
    [
        "",
        "https://github.com.example.org/acme/web.git",
        "https://example.org/github.com/web.git",
        "https://github.com@example.org/web.git",
        "https://github.com:8443/acme/web.git",
        "http://github.com/acme/web.git",
        "https://me:you@github.com/acme/web.git",
        "https://raw.github.com/acme/web.git",
        "ssh://git@github.com/acme/web.git",
        "git@github.com:acme/web.git",
        "file:///etc",
        "ext::sh -c id",
        "--upload-pack=id",
        "https://[github.com/acme",
    ],
)
def test_no_token_is_for_another_address(clone_url: str) -> None:
    assert not clones_from(clone_url, "https://api.github.com")
