"""A person authorises the App: who they are is asked once, and every refusal is a sentence without secrets."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web

from app.github.authorization import Authorization, site_of
from app.github.people import Person
from app.github.secret import Secret
from checks.errors import Permanent, Transient

BACK = "https://ci.example/sign-in/back"
VERIFIER = "v" * 43


@pytest.mark.parametrize(
    ("api", "site"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://github.example.org/api/v3", "https://github.example.org"),
        ("https://github.example.org:8443/api/v3/", "https://github.example.org:8443"),
        ("https://api.example.org/api/v3", "https://api.example.org"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("http://127.0.0.1:7080/api/v3", "http://127.0.0.1:7080"),
    ],
)
def test_people_are_sent_to_the_github_whose_api_is_asked(api: str, site: str) -> None:
    address = Authorization(api, "Iv1", Secret("s"), lambda *_: None).address(state="x y", challenge="c", back=BACK)
    assert address.partition("?")[0] == f"{site}/login/oauth/authorize"
    assert str(site_of(api)).rstrip("/") == site


def test_the_address_holds_what_github_wants_and_no_secret() -> None:
    authorization = Authorization("https://api.github.com", "Iv1", Secret("hush"), lambda *_: None)
    asked = dict(parse_qsl(urlsplit(authorization.address(state="x&y", challenge="c", back=BACK)).query))
    assert asked == {
        "client_id": "Iv1",
        "redirect_uri": BACK,
        "state": "x&y",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "allow_signup": "false",
    }


@dataclass
class Scripted:
    """A GitHub that answers sign-ins as it is told, and keeps what it was sent."""

    token: web.Response = field(default_factory=lambda: web.json_response({"access_token": "ghu_hush"}))
    user: web.Response = field(default_factory=lambda: web.json_response({"id": 5, "login": "ana", "name": None}))
    revoked: web.Response = field(default_factory=lambda: web.Response(status=204))
    asked: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)
    counted: list[tuple[str, str, int]] = field(default_factory=list)

    def answer(self, name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            sent = await (request.json() if request.content_type == "application/json" else request.post())
            self.asked.append((request.method, request.path, request.headers.get("Authorization", ""), dict(sent)))
            made: web.Response = getattr(self, name)
            return made

        return handle

    async def person(self) -> Person:
        return await self.authorization.person(code="c0de", verifier=VERIFIER, back=BACK)

    authorization: Authorization = field(init=False)


@asynccontextmanager
async def scripted() -> AsyncIterator[Scripted]:
    made = Scripted()
    site = web.Application()
    site.router.add_post("/login/oauth/access_token", made.answer("token"))
    site.router.add_get("/api/v3/user", made.answer("user"))
    site.router.add_delete("/api/v3/applications/Iv1/token", made.answer("revoked"))
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v3"
    count = made.counted
    async with Authorization(url, "Iv1", Secret("s3cret"), lambda *one: count.append(one), 2.0) as authorization:
        made.authorization = authorization
        yield made
    await runner.cleanup()


@pytest.fixture
async def github() -> AsyncIterator[Scripted]:
    async with scripted() as opened:
        yield opened


async def test_a_code_becomes_a_person_and_the_token_ends(github: Scripted) -> None:
    assert await github.person() == Person(id=5, login="ana")
    form = {"client_id": "Iv1", "client_secret": "s3cret", "code": "c0de", "redirect_uri": BACK}
    assert github.asked == [
        ("POST", "/login/oauth/access_token", "", form | {"code_verifier": VERIFIER}),
        ("GET", "/api/v3/user", "Bearer ghu_hush", {}),
        ("DELETE", "/api/v3/applications/Iv1/token", "Basic SXYxOnMzY3JldA==", {"access_token": "ghu_hush"}),
    ]
    assert github.counted == [
        ("POST", "/login/oauth/access_token", 200),
        ("GET", "/user", 200),
        ("DELETE", "/applications/{client_id}/token", 204),
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("bad_verification_code", "was used already or is too old"),
        ("incorrect_client_credentials", "does not accept GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET"),
        ("redirect_uri_mismatch", f"enters {BACK} as a callback URL"),
        ("unverified_user_email", "verify your primary email"),
        ("some_new_reason", "refused the sign-in (some_new_reason)"),
        ("<script>hush</script>", "refused the sign-in (without a reason)"),
    ],
)
async def test_each_refusal_of_github_says_what_to_do(github: Scripted, error: str, words: str) -> None:
    github.token = web.json_response({"error": error, "error_description": "ghu_hush"})
    with pytest.raises(Permanent, match=re.escape(words)):
        await github.person()


@pytest.mark.parametrize(
    ("which", "answer"),
    [
        ("token", web.Response(status=502, text="<html>ghu_hush")),
        ("token", web.json_response({"access_token": ""})),
        ("token", web.json_response(["ghu_hush"])),
        ("token", web.Response(status=302, headers={"Location": "https://evil.example/"})),
        ("user", web.Response(status=500)),
        ("user", web.json_response({"id": "5", "login": "ana"})),
        ("user", web.json_response({"login": "ana"})),
        ("user", web.json_response({"id": 5, "login": "ana"}, status=401)),
    ],
)
async def test_an_answer_that_is_none_is_trouble_and_shows_nothing(which: str, answer: web.Response) -> None:
    async with scripted() as github:
        setattr(github, which, answer)
        with pytest.raises(Transient) as trouble:
            await github.person()
    shown = repr(trouble.value) + repr(trouble.value.__context__)
    assert [bad for bad in ("hush", "s3cret", "c0de") if bad in shown] == []


async def test_a_token_is_revoked_also_when_nobody_could_be_named(github: Scripted) -> None:
    github.user = web.Response(status=500)
    with pytest.raises(Transient):
        await github.person()
    assert github.asked[-1][0] == "DELETE"


async def test_a_token_that_cannot_be_revoked_does_not_spoil_the_sign_in(github: Scripted) -> None:
    github.revoked = web.Response(status=500)
    assert await github.person() == Person(id=5, login="ana")


async def test_a_github_that_is_away_is_trouble() -> None:
    async with Authorization("http://127.0.0.1:9/api/v3", "Iv1", Secret("s3cret"), lambda *_: None) as authorization:
        with pytest.raises(Transient, match="cannot be reached for POST /login/oauth/access_token"):
            await authorization.person(code="c", verifier=VERIFIER, back=BACK)


def test_nothing_of_it_prints_its_secret() -> None:
    authorization = Authorization("https://api.github.com", "Iv1", Secret("hush"), lambda *_: None)
    assert "hush" not in repr(vars(authorization))
