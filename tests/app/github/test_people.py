import asyncio

import pytest

from app.github.people import GitHubPeople
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository
from tests.app.github.endpoint import Endpoint, Reply

ASK = "GET /repos/acme/web/collaborators/ana/permission"


@pytest.fixture
def people(calls: RepositoryCalls, endpoint: Endpoint) -> GitHubPeople:
    endpoint.on("GET /repositories/42", Reply(200, {"id": 42, "full_name": "acme/web"}))
    return GitHubPeople(calls)


@pytest.mark.parametrize(
    ("permission", "role", "may"),
    [
        ("admin", "admin", True),
        ("write", "write", True),
        ("write", "maintain", True),
        ("write", "release engineer", True),
        ("read", "maintain", True),
        ("read", "triage", False),
        ("read", "read", False),
        ("read", "write", False),
        ("none", "none", False),
        (None, None, False),
    ],
)
async def test_write_is_admin_maintain_or_write(
    people: GitHubPeople,
    endpoint: Endpoint,
    web_repository: Repository,
    permission: str | None,
    role: str | None,
    may: bool,
) -> None:
    endpoint.on(ASK, Reply(200, {"permission": permission, "role_name": role}))
    assert await people.may_write(web_repository, "ana") is may


async def test_somebody_unknown_may_not(people: GitHubPeople, web_repository: Repository) -> None:
    assert await people.may_write(web_repository, "nobody") is False


async def test_nobody_may_not_and_nothing_is_asked(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository
) -> None:
    assert await people.may_write(web_repository, "") is False
    assert endpoint.asked == []


async def test_a_bot_is_asked_by_its_whole_name(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository
) -> None:
    line = "GET /repos/acme/web/collaborators/dependabot%5Bbot%5D/permission"
    endpoint.on(line, Reply(200, {"permission": "write"}))
    assert await people.may_write(web_repository, "dependabot[bot]") is True


async def test_a_right_that_was_taken_away_is_gone_at_once(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK, Reply(200, {"permission": "write"}), Reply(200, {"permission": "read"}))
    assert [await people.may_write(web_repository, "ana") for _ in range(2)] == [True, False]


async def test_the_same_question_at_the_same_time_is_asked_once(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK, Reply(200, {"permission": "write"}))
    assert await asyncio.gather(*(people.may_write(web_repository, "ana") for _ in range(9))) == [True] * 9
    assert endpoint.lines == [ASK]


@pytest.mark.parametrize("reply", [Reply(502), Reply(200), Reply(200, []), Reply(200, {})])
async def test_trouble_is_no_answer(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository, reply: Reply
) -> None:
    endpoint.on(ASK, reply)
    with pytest.raises(Transient):
        await people.may_write(web_repository, "ana")
