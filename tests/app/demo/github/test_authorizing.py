"""People authorise an App as they do on GitHub: a code for one exchange, and a token that says who they are."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest

from app.demo.github.auth import password
from app.demo.github.refusal import Refusal
from tests.app.demo.github.world import World

BACK = "https://ci.example/sign-in/back"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@dataclass
class Consent:
    world: World

    def address(self, **more: str) -> str:
        asked = {"client_id": self.world.app.client_id, "state": "s&t", "code_challenge": CHALLENGE} | more
        return f"{self.world.github.url}/login/oauth/authorize?{urlencode(asked)}"

    async def answer(self, word: str = "yes", login: str = "bo", **more: str) -> tuple[int, str, dict[str, str]]:
        """The status, and where it leads with which query."""
        headers = {"Origin": self.world.github.url, "Cookie": f"person={login}"}
        async with self.world.session.post(
            self.address(**more), data={"authorize": word}, headers=headers, allow_redirects=False
        ) as answer:
            to = urlsplit(answer.headers.get("Location", ""))
            return answer.status, to._replace(query="").geturl(), dict(parse_qsl(to.query))

    async def code(self) -> str:
        return (await self.answer())[2]["code"]

    async def exchange(self, accept: str = "application/json", **changed: str) -> aiohttp.ClientResponse:
        app = self.world.app
        form = {"client_id": app.client_id, "client_secret": app.client_secret, "code_verifier": VERIFIER} | changed
        url = f"{self.world.github.url}/login/oauth/access_token"
        answer = await self.world.session.post(url, data=form, headers={"Accept": accept})
        await answer.read()
        return answer

    async def token(self) -> str:
        return str((await (await self.exchange(code=await self.code())).json())["access_token"])

    async def error(self, **changed: str) -> str:
        answer = await self.exchange(**changed)
        assert answer.status == 200
        return str((await answer.json())["error"])


@pytest.fixture
def consent(world: World) -> Consent:
    world.app.callback_urls = (BACK, "https://ci.example/other")
    return Consent(world)


async def test_who_says_yes_is_sent_back_with_a_code_that_becomes_a_token(consent: Consent) -> None:
    status, to, query = await consent.answer()
    assert (status, to, query["state"]) == (302, BACK, "s&t")
    told = await (await consent.exchange(code=query["code"], redirect_uri=BACK)).json()
    assert (told.pop("access_token")[:4], told) == ("ghu_", {"scope": "", "token_type": "bearer"})


async def test_the_token_says_who_it_was(consent: Consent) -> None:
    found = await consent.world.ask("GET", "/user", await consent.token())
    assert (found["login"], found["id"]) == ("bo", consent.world.github.user("bo").id)


async def test_without_another_wish_the_token_comes_as_a_form(consent: Consent) -> None:
    answer = await consent.exchange("*/*", code=await consent.code())
    assert answer.content_type == "application/x-www-form-urlencoded"
    assert [name for name, _ in parse_qsl(await answer.text())] == ["access_token", "token_type"]


async def test_a_code_counts_once_and_for_ten_minutes(consent: Consent) -> None:
    code = await consent.code()
    assert (await consent.exchange(code=code)).status == 200
    assert await consent.error(code=code) == "bad_verification_code"
    late, clock = await consent.code(), consent.world.github.clock
    consent.world.github.clock = lambda: clock() + timedelta(minutes=10)
    assert await consent.error(code=late) == "bad_verification_code"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code": "guess"}, "bad_verification_code"),
        ({"code_verifier": "w" * 43}, "bad_verification_code"),
        ({"code_verifier": ""}, "bad_verification_code"),
        ({"client_secret": "guess"}, "incorrect_client_credentials"),
        ({"client_id": "guess"}, "incorrect_client_credentials"),
        ({"redirect_uri": "https://ci.example/other"}, "redirect_uri_mismatch"),
    ],
)
async def test_each_thing_that_is_wrong_has_githubs_word(consent: Consent, changed: dict[str, str], error: str) -> None:
    assert await consent.error(**{"code": await consent.code()} | changed) == error


async def test_who_says_no_is_sent_back_without_a_code(consent: Consent) -> None:
    status, to, query = await consent.answer("no")
    assert (status, to, query["error"], query["state"]) == (302, BACK, "access_denied", "s&t")


async def test_nobody_is_sent_where_the_app_was_not_registered_to_be(consent: Consent) -> None:
    evil = consent.address(redirect_uri="https://evil.example/")
    async with consent.world.session.get(evil, allow_redirects=False) as answer:
        to = answer.headers["Location"]
        assert (answer.status, to.startswith(f"{BACK}?error=redirect_uri_mismatch&")) == (302, True)
    assert (await consent.answer(redirect_uri="https://evil.example/"))[:2] == (400, "")
    async with consent.world.session.get(consent.address(client_id="guess")) as answer:
        assert answer.status == 404


async def test_another_site_cannot_say_yes_for_somebody(consent: Consent) -> None:
    async with consent.world.session.post(
        consent.address(), data={"authorize": "yes"}, headers={"Origin": "https://evil.example"}, allow_redirects=False
    ) as answer:
        assert answer.status == 403


async def test_the_page_may_send_its_form_to_the_app_and_to_nobody_else(consent: Consent) -> None:
    async with consent.world.session.get(consent.address()) as answer:
        policy, page = answer.headers["Content-Security-Policy"], await answer.text()
    assert "form-action 'self' https://ci.example;" in policy
    assert "Authorize as ana" in page


async def test_the_token_opens_no_repository(consent: Consent) -> None:
    await consent.world.ask("GET", "/user", "", status=401)
    await consent.world.ask("GET", "/user", await consent.world.token(), status=403)
    async with await consent.world.raw("GET", "/repos/acme/web", await consent.token()) as answer:
        assert answer.status == 403


async def test_the_app_revokes_its_token_with_the_clients_secret(consent: Consent) -> None:
    world, token = consent.world, await consent.token()
    place = f"/applications/{world.app.client_id}/token"
    client = aiohttp.encode_basic_auth(world.app.client_id, world.app.client_secret)
    for authorization in (f"Bearer {token}", client.replace("Basic ", "Basic AAAA"), ""):
        async with await world.raw(
            "DELETE", place, "", {"access_token": token}, {"Authorization": authorization}
        ) as no:
            assert no.status in {401, 404}
    async with await world.raw("DELETE", place, "", {"access_token": token}, {"Authorization": client}) as answer:
        assert answer.status == 204
    await world.ask("GET", "/user", token, status=401)


async def test_a_token_ends_after_eight_hours(consent: Consent) -> None:
    token, clock = await consent.token(), consent.world.github.clock
    consent.world.github.clock = lambda: clock() + timedelta(hours=8, seconds=1)
    await consent.world.ask("GET", "/user", token, status=401)


def test_what_is_not_base64_is_no_password() -> None:
    with pytest.raises(Refusal, match="Bad credentials"):
        password("é")


async def test_a_change_of_visibility_is_told(world: World) -> None:
    await world.heard()
    await world.github.change_visibility(world.web, private=True)
    await world.github.change_visibility(world.web, private=False)
    hooks = await world.webhooks()
    assert [(each.payload["action"], each.payload["repository"]["private"]) for each in hooks] == [
        ("privatized", True),
        ("publicized", False),
    ]
