import pytest

from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
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
        await calls.look_up(42, 7)
