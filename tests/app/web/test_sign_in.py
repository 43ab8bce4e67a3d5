"""Whoever signs in is who GitHub says, in the browser where it began, and nobody comes in another way."""

import logging
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import aiohttp
import pytest
import structlog
from msgspec.structs import replace

from app.web.sign_in import local
from tests.app.web.build_site import build_site
from tests.app.web.private_site import Browser, PrivateSite, title

STALE = (400, "This sign-in does not count any more")


def query(url: str, **changed: str) -> str:
    """The same address with other values in its query."""
    return f"{url.partition('?')[0]}?{urlencode(dict(parse_qsl(urlsplit(url).query)) | changed)}"


async def test_a_sign_in_counts_once(site: PrivateSite, browser: Browser) -> None:
    address = await browser.begin()
    kept = {each.key: each.value for each in browser.http.cookie_jar}
    back = await browser.authorize(address, "ana")
    again = await browser.authorize(address, "ana")
    assert (await browser.get(back)).status == 303
    assert await title(await browser.get(back)) == STALE
    cookie = f"interlock-sign-in={kept['interlock-sign-in']}"
    async with (
        aiohttp.ClientSession() as other,
        other.get(again, headers={"Cookie": cookie}, allow_redirects=False) as answer,
    ):
        assert answer.status == 400


async def test_a_sign_in_lasts_ten_minutes(site: PrivateSite, browser: Browser) -> None:
    back = await browser.authorize(await browser.begin(), "ana")
    site.hands.passed += 601
    assert await title(await browser.get(back)) == STALE


async def test_a_sign_in_that_began_in_another_browser_does_not_count(site: PrivateSite, browser: Browser) -> None:
    other = Browser(site)
    theirs = await other.authorize(await other.begin(), "sam")
    assert await title(await browser.get(theirs)) == STALE
    await browser.begin()
    assert await title(await browser.get(theirs)) == STALE
    assert (await browser.get(site.link)).status == 401
    await other.http.close()


@pytest.mark.parametrize("state", ["", "x", "é"])
async def test_a_wrong_state_does_not_count(site: PrivateSite, browser: Browser, state: str) -> None:
    back = await browser.authorize(await browser.begin(), "ana")
    assert await title(await browser.get(query(back, state=state))) == STALE


async def test_a_code_of_another_sign_in_is_no_good(site: PrivateSite, browser: Browser) -> None:
    """Its challenge is another: whoever puts a stolen code into their own sign-in gets nothing."""
    other = Browser(site)
    stolen = parse_qs(urlsplit(await other.authorize(await other.begin(), "ana")).query)["code"][0]
    mine = await browser.authorize(await browser.begin(), "sam")
    refused = await browser.get(query(mine, code=stolen))
    assert (refused.status, "used already or is too old" in await refused.text()) == (403, True)
    assert (await browser.get(site.link)).status == 401
    await other.http.close()


async def test_who_says_no_to_github_is_not_signed_in(site: PrivateSite, browser: Browser) -> None:
    back = await browser.authorize(await browser.begin(), "ana", "no")
    refused = await browser.get(back)
    assert await title(refused) == (403, "You are not signed in")
    assert "was not allowed to say who you are" in await refused.text()


async def test_a_way_back_that_github_does_not_know_is_named(site: PrivateSite, browser: Browser) -> None:
    state = parse_qs(urlsplit(await browser.begin()).query)["state"][0]
    refused = await browser.get(f"/sign-in/back?error=redirect_uri_mismatch&state={state}")
    assert (refused.status, f"enters {site.world.url}/sign-in/back as a callback" in await refused.text()) == (
        403,
        True,
    )


async def test_a_github_that_is_ill_is_said_and_the_sign_in_can_be_tried_again(
    site: PrivateSite, browser: Browser
) -> None:
    back = await browser.authorize(await browser.begin(), "ana")
    site.github.faults.fail(502, method="GET", path="/user", times=1)
    assert await title(await browser.get(back)) == (503, "You are not signed in yet")
    assert (await browser.sign_in("ana")).status == 303


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/builds/\\evil",
        "/a\r\nSet-Cookie: x=y",
        "javascript:alert(1)",
        "builds/b",
        "/é",
        "",
        "/" + "x" * 2000,
    ],
)
async def test_nobody_is_led_elsewhere(site: PrivateSite, browser: Browser, to: str) -> None:
    signed_in = await browser.sign_in("ana", quote(to, safe=""))
    out = await browser.post(f"/sign-out?to={quote(to, safe='')}", {})
    assert [each.headers["Location"] for each in (signed_in, out)] == ["/sign-in", "/sign-in"]


def test_paths_of_this_site_stay_as_they_are() -> None:
    paths = ["/builds/b", "/builds/b?from=7&find=a%20b", "/builds/b/log", "/"]
    assert [local(each) for each in paths] == paths


async def test_no_token_code_or_secret_is_logged_or_kept(
    site: PrivateSite, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as said:
        back = await browser.authorize(await browser.begin(), "ana")
        code = parse_qs(urlsplit(back).query)["code"][0]
        kept = (await browser.get(back)).headers.getall("Set-Cookie")
        site.github.faults.fail(502, method="GET", path="/user", times=1)
        await browser.sign_in("ana")
    written = repr([*said, *caplog.messages, *kept])
    assert [bad for bad in (code, "ghu_", site.registered.client_secret) if bad in written] == []
    assert site.github.doorkeeper.user_tokens == {}, "each token is revoked once it told who somebody is"
    assert [each["event"] for each in said if each["event"] in {"signed_in", "sign_in_failed"}] == [
        "signed_in",
        "sign_in_failed",
    ]


async def test_where_nobody_can_sign_in_everybody_is_told_which_settings_are_missing() -> None:
    async with build_site() as world, aiohttp.ClientSession() as http:
        world.add("b", b"x\n")
        assert world.repository
        async with http.get(world.link("b")) as public:
            assert public.status == 200
        world.repository = replace(world.repository, private=True)
        told = []
        for url in (world.link("b"), world.link("gone"), f"{world.url}/sign-in", f"{world.url}/sign-in/back?code=x"):
            async with http.get(url) as answer:
                told.append((answer.status, await answer.text()))
    assert [status for status, _ in told] == [403] * 4
    assert len({text for _, text in told}) == 1
    assert "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are not set" in told[0][1]
