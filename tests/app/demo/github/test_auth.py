"""Who may ask what: the App's signed token, installation tokens, people; each refusal in GitHub's words."""

import re
from datetime import timedelta

import jwt
import pytest

from app.demo.github.auth import TokenFormat, new_key_pair
from tests.app.demo.github.world import PRIVATE_KEY, World

EXPIRED = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
    "assertion expires"
)
EARLY = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"


async def test_the_app_knows_itself_by_its_jwt(world: World) -> None:
    found = await world.ask("GET", "/app", world.jwt())
    assert (found["id"], found["slug"], found["permissions"]["checks"]) == (world.app.id, "interlock", "write")
    one = await world.ask("GET", f"/app/installations/{world.installation.id}", world.jwt())
    # The description of the list wants each account to be a person and an enterprise at once, so it is not asked.
    async with await world.raw("GET", "/app/installations", world.jwt()) as answer:
        assert await answer.json() == [one]
    assert await world.ask("GET", "/repos/acme/web/installation", world.jwt()) == one


@pytest.mark.parametrize(
    ("ago", "ahead", "message"),
    [
        (600, -60, EXPIRED),
        (60, 660, "'Expiration time' claim ('exp') is too far in the future"),
        (-60, 300, EARLY),
    ],
)
async def test_the_times_of_a_jwt_are_checked(world: World, ago: int, ahead: int, message: str) -> None:
    async with await world.raw("GET", "/app", world.jwt(ago=ago, ahead=ahead)) as answer:
        assert (answer.status, (await answer.json())["message"]) == (401, message)


async def test_a_jwt_of_another_key_or_app_is_refused(world: World) -> None:
    async with await world.raw("GET", "/app", world.jwt(key=new_key_pair()[0])) as answer:
        assert (answer.status, (await answer.json())["message"]) == (401, "A JSON web token could not be decoded")
    stranger = jwt.encode({"iss": "1", "iat": 0, "exp": 0}, PRIVATE_KEY, algorithm="RS256")
    async with await world.raw("GET", "/app", stranger) as answer:
        assert (answer.status, (await answer.json())["message"]) == (404, "Integration not found")


async def test_an_app_may_not_ask_as_an_installation_nor_the_other_way_round(world: World) -> None:
    token = await world.token()
    found = await world.ask("GET", "/app/hook/deliveries", world.jwt())
    assert found
    for place, credentials in (("/app", token), ("/repos/acme/web", world.jwt()), ("/repos/acme/web", "ghs_wrong")):
        async with await world.raw("GET", place, credentials) as answer:
            assert answer.status == 401


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        (TokenFormat.OPAQUE, r"ghs_\w{36}"),
        (TokenFormat.STATELESS, r"ghs_\d+_[\w-]+\.[\w-]+\.[\w-]+"),
    ],
)
async def test_tokens_come_in_both_formats_and_both_work(world: World, form: TokenFormat, pattern: str) -> None:
    world.github.doorkeeper.token_format = form
    token = await world.token()
    assert re.fullmatch(pattern, token)
    assert len(token) == 40 if form is TokenFormat.OPAQUE else 510 < len(token) < 540
    assert (await world.ask("GET", "/repos/acme/web", token))["name"] == "web"


async def test_the_request_may_choose_the_format(world: World) -> None:
    place = f"/app/installations/{world.installation.id}/access_tokens"
    headers = {"X-GitHub-Stateless-S2S-Token": "enabled"}
    async with await world.raw("POST", place, world.jwt(), {}, headers) as answer:
        assert (await answer.json())["token"].count(".") == 2


async def test_tokens_expire_after_an_hour_or_at_once(world: World) -> None:
    token, clock = await world.token(), world.github.clock
    world.github.clock = lambda: clock() + timedelta(minutes=59)
    assert await world.ask("GET", "/repos/acme/web", token)
    world.github.clock = lambda: clock() + timedelta(minutes=61)
    await world.ask("GET", "/installation/repositories", token, status=401)
    fresh = await world.token()
    world.github.expire_tokens()
    await world.ask("GET", "/installation/repositories", fresh, status=401)


async def test_a_revoked_token_is_no_good(world: World) -> None:
    token = await world.token()
    await world.ask("DELETE", "/installation/token", token, status=204)
    await world.ask("GET", "/installation/repositories", token, status=401)


async def test_a_token_can_be_narrowed_but_not_widened(world: World) -> None:
    other = await world.github.create_repository("acme/other", private=True)
    narrow = await world.token({"repository_ids": [world.web.id], "permissions": {"contents": "read"}})
    listed = await world.ask("GET", "/installation/repositories", narrow)
    assert [each["name"] for each in listed["repositories"]] == ["web"]
    async with await world.raw("GET", f"/repos/{other.full_name}", narrow) as answer:
        assert answer.status == 404
    async with await world.raw("POST", "/repos/acme/web/check-runs", narrow, {"name": "x", "head_sha": "y"}) as answer:
        assert (answer.status, (await answer.json())["message"]) == (403, "Resource not accessible by integration")
    place = f"/app/installations/{world.installation.id}/access_tokens"
    await world.ask("POST", place, world.jwt(), {"permissions": {"contents": "write"}}, 422)
    await world.ask("POST", place, world.jwt(), {"repository_ids": [7]}, 422)


async def test_an_installation_reads_a_public_repository_elsewhere_but_does_not_write_there(world: World) -> None:
    await world.github.create_repository("eve/open")
    await world.github.create_repository("eve/closed", private=True)
    token = await world.token()
    async with await world.raw("GET", "/repos/eve/open", token) as answer:
        assert answer.status == 200
    async with await world.raw("GET", "/repos/eve/closed", token) as answer:
        assert answer.status == 404
    async with await world.raw("POST", "/repos/eve/open/check-runs", token, {"name": "x"}) as answer:
        assert answer.status == 403


async def test_suspension_and_removal_end_what_tokens_may(world: World) -> None:
    token = await world.token()
    await world.github.suspend(world.installation)
    await world.ask("GET", "/installation/repositories", token, status=403)
    place = f"/app/installations/{world.installation.id}/access_tokens"
    await world.ask("POST", place, world.jwt(), None, 403)
    await world.github.unsuspend(world.installation)
    await world.ask("GET", "/installation/repositories", token)
    await world.github.uninstall(world.installation)
    await world.ask("GET", "/installation/repositories", token, status=401)
    await world.ask("POST", place, world.jwt(), None, 404)


async def test_a_person_asks_with_their_own_token(world: World) -> None:
    found = await world.ask("GET", "/repos/acme/web", "token-of-bo")
    assert found["permissions"] == {"admin": False, "maintain": False, "push": True, "triage": True, "pull": True}


async def test_an_archived_repository_is_read_but_takes_no_check_run(world: World) -> None:
    sha = await world.github.commit_files(world.web, "main", {"a": "1"}, "Begin", "ana")
    token = await world.token()
    await world.github.archive_repository(world.web)
    async with await world.raw("POST", "/repos/acme/web/check-runs", token, {"name": "x", "head_sha": sha}) as answer:
        assert (answer.status, (await answer.json())["message"]) == (403, "Repository was archived so is read-only.")
    assert (await world.ask("GET", "/repos/acme/web", token))["archived"] is True
