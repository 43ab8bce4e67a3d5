"""Builds of a private repository are for those who can read it now."""

from datetime import timedelta
from urllib.parse import quote

import aiohttp
import pytest
from msgspec.structs import replace

from app.demo.github.account import Permission
from app.github.people import Person
from app.web.session import Seal
from app.web.sign_in import Begun
from checks.build import State
from tests.app.web.build_site import NOW
from tests.app.web.private_site import SIGN_IN_FIRST, Browser, PrivateSite, title

TAILS = ("", "/log", "/lines", "/find?find=sauce", "/events")


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
