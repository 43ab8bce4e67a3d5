"""Builds of a private repository are for those who can read it now, and nobody else comes in another way."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import aiohttp
import pytest
import structlog
from msgspec.structs import replace

from app.demo.github.account import Permission
from app.github.people import Person
from app.web.session import Seal
from app.web.sign_in import Begun, local
from checks.build import State
from tests.app.web.build_site import NOW, build_site
from tests.app.web.private_site import Browser, PrivateSite, private_site

TAILS = ("", "/log", "/lines", "/find?find=sauce", "/events")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PrivateSite]:
    async with private_site(tmp_path / "github") as opened:
        yield opened


@pytest.fixture
async def browser(site: PrivateSite) -> AsyncIterator[Browser]:
    opened = Browser(site)
    yield opened
    await opened.http.close()


def query(url: str, **changed: str) -> str:
    """The same address with other values in its query."""
    return f"{url.partition('?')[0]}?{urlencode(dict(parse_qsl(urlsplit(url).query)) | changed)}"


async def title(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.text()).partition("<title>")[2].partition(" · Interlock</title>")[0]


SIGN_IN_FIRST = (401, "Sign in with GitHub to see this build")
STALE = (400, "This sign-in does not count any more")


async def test_who_can_read_the_repository_signs_in_and_is_back_at_the_page(
    site: PrivateSite, browser: Browser
) -> None:
    back = await browser.sign_in("ana", quote("/builds/b?from=1"))
    assert (back.status, back.headers["Location"]) == (303, "/builds/b?from=1")
    for tail in ("", "/log", "/lines"):
        answer = await browser.get(site.link + tail)
        assert (answer.status, "the secret sauce" in await answer.text()) == (200, True)
    assert "@ana" in await (await browser.get(site.link)).text()


@pytest.mark.parametrize("tail", TAILS)
async def test_a_stranger_hears_the_same_of_a_build_that_is_there_and_of_one_that_is_not(
    site: PrivateSite, browser: Browser, tail: str
) -> None:
    there, gone = await browser.get(f"/builds/b{tail}"), await browser.get(f"/builds/c{tail}")
    assert [await title(each) for each in (there, gone)] == [SIGN_IN_FIRST] * 2
    assert await there.text() == (await gone.text()).replace("%2Fbuilds%2Fc", "%2Fbuilds%2Fb")
    same = ("WWW-Authenticate", "Content-Length", "Cache-Control")
    assert [there.headers.get(name) for name in same] == [gone.headers.get(name) for name in same]


@pytest.mark.parametrize("tail", TAILS)
async def test_who_cannot_read_the_repository_hears_the_same_of_both_too(
    site: PrivateSite, browser: Browser, tail: str
) -> None:
    await browser.sign_in("sam")
    there, gone = await browser.get(f"/builds/b{tail}"), await browser.get(f"/builds/c{tail}")
    assert [await title(each) for each in (there, gone)] == [(404, "No build here for @sam")] * 2
    assert await there.text() == (await gone.text()).replace("%2Fbuilds%2Fc", "%2Fbuilds%2Fb")


async def test_a_right_counts_from_a_minute_after_it_was_given_until_a_minute_after_it_was_taken(
    site: PrivateSite, browser: Browser
) -> None:
    async def seen() -> int:
        return (await browser.get(site.link)).status

    await browser.sign_in("sam")
    assert await seen() == 404
    await site.github.allow("sam", site.repository, Permission.READ)
    statuses = [await seen()]
    site.hands.passed += 61
    statuses.append(await seen())
    await site.github.allow("sam", site.repository, Permission.NONE)
    statuses.append(await seen())
    site.hands.passed += 61
    statuses.append(await seen())
    assert (statuses, site.asked("sam")) == ([404, 200, 200, 404], 3)


async def test_a_page_that_is_open_ends_with_the_right_to_read_it(site: PrivateSite, browser: Browser) -> None:
    site.world.add("b", b"one\n", state=State.RUNNING, started_at=NOW)
    await browser.sign_in("ana")
    async with browser.http.get(f"{site.link}/events") as answer:
        assert await answer.content.readuntil(b"data: 1\n") == b"event: lines\ndata: 1\n"
        site.github.accounts["acme"].owners.clear()  # type: ignore[attr-defined]
        site.github.accounts["acme"].base_permission = Permission.NONE  # type: ignore[attr-defined]
        site.hands.passed += 61
        site.world.logs["run-b"] += b"two\n"
        rest = (await answer.content.read()).decode()
    assert ("event: end" in rest, "data: 2\n" in rest) == (True, False)


async def test_what_becomes_public_is_everybodys_and_what_becomes_private_is_not(
    site: PrivateSite, browser: Browser
) -> None:
    assert site.world.repository
    statuses = []
    for private in (False, True):
        site.world.repository = replace(site.world.repository, private=private)
        statuses.append((await browser.get(site.link)).status)
    site.world.repository = None  # nothing is known of it any more, so its build's own copy is no permission
    statuses.append((await browser.get(site.link)).status)
    assert statuses == [200, 401, 401]


async def test_while_github_cannot_be_asked_nobody_new_comes_in(site: PrivateSite, browser: Browser) -> None:
    await browser.sign_in("ana")
    assert (await browser.get(site.link)).status == 200
    site.hands.passed += 61
    site.github.limits.exhaust(3600)
    answer = await browser.get(site.link)
    assert await title(answer) == (503, "Interlock cannot tell who may see this build")
    assert (answer.headers["Retry-After"], "acme/secret" in await answer.text()) == ("60", False)


async def test_an_app_that_was_taken_away_shows_nothing_any_more(site: PrivateSite, browser: Browser) -> None:
    await browser.sign_in("ana")
    await site.github.uninstall(site.installation)
    assert (await browser.get(site.link)).status == 404


async def test_whoever_takes_over_a_login_does_not_take_over_its_session(site: PrivateSite, browser: Browser) -> None:
    ana = site.github.user("ana")
    await browser.sign_in("ana")
    ana.id += 1  # somebody else of the same name, as far as numbers go
    assert (await browser.get(site.link)).status == 404


async def test_signing_out_ends_the_session(site: PrivateSite, browser: Browser) -> None:
    await browser.sign_in("ana")
    out = await browser.post("/sign-out?to=/builds/b", {})
    assert (out.status, out.headers["Location"]) == (303, "/builds/b")
    assert await title(await browser.get(site.link)) == SIGN_IN_FIRST


async def test_another_site_cannot_sign_anybody_out(site: PrivateSite) -> None:
    """A browser sends its form without the cookie, which then stays."""
    async with (
        aiohttp.ClientSession() as bare,
        bare.post(f"{site.world.url}/sign-out?to=https://evil.example", allow_redirects=False) as out,
    ):
        assert (out.headers["Location"], "Set-Cookie" in out.headers) == ("/sign-in", False)


async def test_a_session_ends_after_twelve_hours(site: PrivateSite, browser: Browser) -> None:
    await browser.sign_in("ana")
    site.hands.passed += 12 * 3600 - 1
    assert (await browser.get(site.link)).status == 200
    site.hands.passed += 1
    assert (await browser.get(site.link)).status == 401


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(site: PrivateSite, browser: Browser) -> None:
    begun = await browser.get("/sign-in?to=/builds/b")
    ended = await browser.get(await browser.authorize(begun.headers["Location"], "ana"))
    kept = [*begun.headers.getall("Set-Cookie"), *ended.headers.getall("Set-Cookie")]
    attributes = [
        (each.partition("=")[0], "HttpOnly" in each, "SameSite=Lax" in each, "Path=/" in each) for each in kept
    ]
    assert attributes == [(name, True, True, True) for name in ("interlock-sign-in", "interlock", "interlock-sign-in")]


async def test_a_forged_session_opens_nothing(site: PrivateSite) -> None:
    ana = Person(id=site.github.user("ana").id, login="ana")
    day = timedelta(days=1)
    begun = Begun(state="s", verifier="v", to="/")
    good = site.seal.close(ana, day)
    body, _, signature = good.rpartition(".")
    other = site.seal.close(Person(id=1, login="sam"), day).rpartition(".")[0]
    tries = [
        Seal(["guess"]).close(ana, day),
        f"{other}.{signature}",
        f"{body}.",
        body,
        "",
        site.seal.close(begun, day),
        site.seal.close(ana, -day),
    ]
    async with aiohttp.ClientSession() as http:
        statuses = []
        for value in [*tries, good]:
            async with http.get(site.link, headers={"Cookie": f"interlock={value}"}) as answer:
                statuses.append(answer.status)
    assert statuses == [401] * len(tries) + [200]


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
