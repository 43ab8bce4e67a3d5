import asyncio

import pytest
from msgspec.structs import replace

from app.github.clock import Clock
from app.github.people import PERMISSIONS, GitHubPeople, Person
from app.github.repository import RepositoryCalls
from checks.errors import Permanent, Transient
from checks.repository import Repository
from tests.app.github.endpoint import Endpoint, Reply, TestClock

ASK = "GET /repos/acme/web/collaborators/ana/permission"


@pytest.fixture
def people(calls: RepositoryCalls, endpoint: Endpoint, clock: Clock) -> GitHubPeople:
    endpoint.on("GET /repositories/42", Reply(200, {"id": 42, "full_name": "acme/web"}))
    return GitHubPeople(calls, clock)


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


@pytest.mark.parametrize(
    ("permission", "role", "held"),
    [
        ("admin", "admin", "read triage write maintain admin"),
        ("write", "maintain", "read triage write maintain"),
        ("write", "write", "read triage write"),
        ("write", "release engineer", "read triage write"),
        ("read", "triage", "read triage"),
        ("read", "read", "read"),
        ("read", "admin", "read"),
        ("none", "none", ""),
        (None, None, ""),
        (["admin"], {"admin": True}, ""),
    ],
)
async def test_a_permission_includes_those_below_it(
    people: GitHubPeople,
    endpoint: Endpoint,
    web_repository: Repository,
    permission: object,
    role: object,
    held: str,
) -> None:
    endpoint.on(ASK, Reply(200, {"permission": permission, "role_name": role}))
    told = [each for each in PERMISSIONS if await people.may(web_repository, "ana", each)]
    assert told == held.split()


async def test_a_permission_that_github_does_not_have_is_named(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository
) -> None:
    with pytest.raises(Permanent, match="no permission 'push' on GitHub, but read, triage, write, maintain, admin"):
        await people.may(web_repository, "ana", "push")
    assert (await people.may(web_repository, "", "read"), endpoint.asked) == (False, [])


async def test_whoever_took_over_a_login_may_not_what_its_owner_might(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK, told("admin", number=7))
    asked = [await people.may(web_repository, "ana", "write", by_id) for by_id in (7, 8, 0)]
    assert asked == [True, False, True]


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


ANA = Person(id=5, login="ana")


def told(permission: str, number: int = 5) -> Reply:
    return Reply(200, {"permission": permission, "role_name": permission, "user": {"id": number, "login": "ana"}})


@pytest.mark.parametrize(
    ("reply", "may"),
    [
        (told("admin"), True),
        (told("write"), True),
        (told("read"), True),
        (told("none"), False),
        (told("something new"), False),
        (told("admin", number=6), False),
        (Reply(200, {"permission": "admin", "role_name": "admin", "user": None}), False),
        (Reply(200, {"permission": "admin", "role_name": "admin"}), False),
        (Reply(403, {"message": "Forbidden"}), False),
        (Reply(404, {"message": "Not Found"}), False),
    ],
)
async def test_this_very_person_reads_with_any_right_that_is_one(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository, reply: Reply, may: bool
) -> None:
    endpoint.on(ASK, reply)
    assert await people.may_read(web_repository, ANA) is may


async def test_a_reader_is_asked_about_once_a_minute(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository, time: TestClock
) -> None:
    endpoint.on(ASK, told("read"), told("none"), told("read"))
    seen = []
    for seconds in (0.0, 59.0, 1.0, 59.0, 1.0):
        time.time += seconds
        seen.append(await people.may_read(web_repository, ANA))
    assert (seen, endpoint.lines) == ([True, True, False, False, True], [ASK] * 3)


async def test_what_is_remembered_of_a_reader_is_about_one_repository(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK, told("read"))
    endpoint.on("GET /repositories/43", Reply(200, {"id": 43, "full_name": "acme/api"}))
    endpoint.on("GET /repos/acme/api/collaborators/ana/permission", told("none"))
    other = replace(web_repository, id=43, full_name="acme/api")
    assert [await people.may_read(each, ANA) for each in (web_repository, other)] == [True, False]


async def test_trouble_is_no_answer_to_a_reader_and_is_not_remembered(
    people: GitHubPeople, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK, Reply(200, []), told("read"))
    with pytest.raises(Transient):
        await people.may_read(web_repository, ANA)
    assert await people.may_read(web_repository, ANA) is True
