import asyncio
import re

import pytest

from app.github.client import Client
from app.github.errors import NotInstalled
from app.github.exchange import Request
from checks.errors import Permanent, Transient
from checks.repository import Repository
from tests.app.github.endpoint import STATELESS, TOKEN, Endpoint, Reply, TestClock

ASK = Request(method="GET", path="/repos/acme/web", installation=7)
MINT = "POST /app/installations/7/access_tokens"


@pytest.fixture(autouse=True)
def there(endpoint: Endpoint) -> None:
    endpoint.on("GET /repos/acme/web", Reply(200, {"id": 42}))


@pytest.mark.parametrize("token_format", [TOKEN, STATELESS])
async def test_tokens_of_both_forms_are_used_as_they_are(client: Client, endpoint: Endpoint, token_format: str) -> None:
    endpoint.token_format = token_format
    await client.send(ASK)
    assert endpoint.asked[-1].token == token_format.format(1)


async def test_a_crowd_makes_one_token(client: Client, endpoint: Endpoint) -> None:
    await asyncio.gather(*(client.send(ASK) for _ in range(30)))
    assert (len(endpoint.minted), len(endpoint.lines)) == (1, 30)


async def test_a_caller_that_gives_up_does_not_disturb_the_others(client: Client, endpoint: Endpoint) -> None:
    first, second = (asyncio.create_task(client.tokens.of(7)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).secret.reveal() == TOKEN.format(1)
    assert len(endpoint.minted) == 1


async def test_a_token_is_renewed_five_minutes_early(client: Client, endpoint: Endpoint, time: TestClock) -> None:
    await client.send(ASK)
    time.time += 3299
    await client.send(ASK)
    assert len(endpoint.minted) == 1
    time.time += 1
    await client.send(ASK)
    assert [each.token for each in endpoint.asked if each.line == "GET /repos/acme/web"] == [
        TOKEN.format(1),
        TOKEN.format(1),
        TOKEN.format(2),
    ]


@pytest.mark.parametrize("ahead", [-7200, 7200])
async def test_a_wrong_clock_does_not_change_how_long_a_token_lasts(
    client: Client, endpoint: Endpoint, time: TestClock, ahead: float
) -> None:
    endpoint.ahead = ahead
    token = await client.tokens.of(7)
    assert token.expires_at - time.now() == pytest.approx(3600, abs=1)


async def test_a_token_that_github_revoked_is_replaced_once(
    client: Client, endpoint: Endpoint, time: TestClock
) -> None:
    await client.send(ASK)
    time.time += 60
    endpoint.on("GET /repos/acme/web", Reply(401, {"message": "Bad credentials"}), Reply(200, {"id": 42}))
    assert (await client.send(ASK)).data == {"id": 42}
    assert (len(endpoint.minted), endpoint.asked[-1].token) == (2, TOKEN.format(2))


async def test_a_new_token_that_has_not_reached_all_of_github_is_tried_again(
    client: Client, endpoint: Endpoint, time: TestClock
) -> None:
    endpoint.on(
        "GET /repos/acme/web",
        Reply(401, {"message": "Bad credentials"}),
        Reply(403, {"message": "Resource not accessible by integration"}),
        Reply(200, {"id": 42}),
    )
    assert (await client.send(ASK)).data == {"id": 42}
    assert (len(endpoint.minted), time.slept) == (1, [1.0, 1.0])


async def test_a_token_that_is_never_accepted_ends(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("GET /repos/acme/web", Reply(401, {"message": "Bad credentials"}))
    with pytest.raises(Transient, match="does not accept the token of installation 7"):
        await client.send(ASK)
    assert (len(endpoint.minted), len(endpoint.lines)) == (1, 3)


async def test_a_right_that_the_app_does_not_have_is_permanent(
    client: Client, endpoint: Endpoint, time: TestClock
) -> None:
    await client.send(ASK)
    time.time += 60
    endpoint.on("GET /repos/acme/web", Reply(403, {"message": "Resource not accessible by integration"}))
    with pytest.raises(Permanent, match="accept its permissions"):
        await client.send(ASK)


async def test_a_token_to_hand_on_is_for_one_repository_and_reading(
    client: Client, endpoint: Endpoint, web_repository: Repository
) -> None:
    token = await client.tokens.scoped(web_repository)
    assert endpoint.asked[-1].body == {"repository_ids": [42], "permissions": {"contents": "read"}}
    assert await client.tokens.scoped(web_repository) is token
    assert await client.tokens.of(7) is not token


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(403, {"message": "This installation has been suspended"}), "This installation has been suspended"),
        (Reply(404, {"message": "Integration not found"}), "The App is not installed any more (installation 7)"),
    ],
)
async def test_an_installation_that_is_gone_is_permanent(
    client: Client, endpoint: Endpoint, reply: Reply, sentence: str
) -> None:
    endpoint.on(MINT, reply)
    with pytest.raises(NotInstalled, match=re.escape(sentence)) as gone:
        await client.send(ASK)
    assert (gone.value.installation, len(endpoint.minted)) == (7, 1)


async def test_a_failure_to_make_a_token_is_not_remembered(client: Client, endpoint: Endpoint) -> None:
    endpoint.on(MINT, *[Reply(502)] * 3, Reply(201, {"token": TOKEN.format(1), "expires_at": "2126-01-01T00:00:00Z"}))
    with pytest.raises(Transient):
        await client.send(ASK)
    assert (await client.send(ASK)).data == {"id": 42}


@pytest.mark.parametrize("strange", [None, [], {}, {"token": "ghs_x"}, {"token": "ghs_x", "expires_at": "soon"}])
async def test_a_strange_answer_instead_of_a_token_is_transient(
    client: Client, endpoint: Endpoint, strange: object
) -> None:
    endpoint.on(MINT, Reply(201, strange))
    with pytest.raises(Transient):
        await client.send(ASK)
