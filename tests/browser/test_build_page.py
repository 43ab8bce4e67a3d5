"""The page of a build in a browser: its log from the end, from anywhere, live, found in, and inert."""

import pytest
from msgspec.structs import replace
from playwright.async_api import Page, expect

from checks.build import State
from tests.app.web.build_site import NOW, World

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser lives in the session's loop

HOSTILE = (
    b"<script>alert(1)</script><img src=x onerror=alert(2)>\x1b]8;;javascript:alert(3)\x07link\x1b[31mred\x1b[0m\n"
)


def numbered(count: int) -> bytes:
    return b"".join(b"line number %d of the log\n" % number for number in range(1, count + 1))


async def test_a_log_of_fifty_megabytes_opens_at_its_end_and_goes_anywhere(world: World, page: Page) -> None:
    await page.goto(world.add_failed("b", numbered(1_900_000)))
    await page.locator("#log").evaluate("log => log.scrollIntoView({block: 'end'})")
    await expect(page.get_by_text("line number 1900000 of the log")).to_be_in_viewport()
    assert await page.locator("#log .row").count() == 500
    await page.evaluate("document.getElementById('log').scrollTop = 0")
    await expect(page.locator("#L1899100")).to_be_attached()
    await page.goto(f"{page.url.partition('#')[0]}#L12")
    await page.reload()
    await expect(page.locator("#L12.here")).to_be_in_viewport()
    await page.get_by_label("Find in the whole log").fill("number 1234567 of")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("1 of 1")
    await expect(page.locator("#L1234567")).to_be_in_viewport()
    await expect(page.locator("#L1234567 mark")).to_have_text("number 1234567 of")


async def test_a_running_build_is_followed_to_its_end(world: World, page: Page) -> None:
    await page.goto(world.add("b", numbered(100), state=State.RUNNING, started_at=NOW))
    await expect(page.get_by_label("Follow")).to_be_checked()
    world.logs["run-b"] = numbered(2000)
    await expect(page.get_by_text("line number 2000 of the log")).to_be_in_viewport()
    await page.locator("#log").hover()
    await page.mouse.wheel(0, -2000)
    await expect(page.get_by_label("Follow")).not_to_be_checked()
    world.logs["run-b"] = numbered(2500)
    await expect(page.locator("#count")).to_have_text("2,500")
    await expect(page.get_by_text("line number 2500 of the log")).not_to_be_in_viewport()
    world.builds["b"] = replace(world.builds["b"], state=State.SUCCEEDED, finished_at=NOW)
    await expect(page.get_by_text("Passed", exact=True)).to_be_visible()


async def test_a_page_opened_before_the_build_began_shows_the_log_when_it_does(world: World, page: Page) -> None:
    await page.goto(world.add("b", state=State.QUEUED))
    await expect(page.get_by_text("The log begins when a runner takes the build.")).to_be_visible()
    world.add("b", numbered(3), state=State.RUNNING, started_at=NOW)
    await expect(page.get_by_text("line number 3 of the log")).to_be_visible()


async def test_nothing_that_a_build_wrote_runs(world: World, page: Page) -> None:
    await page.goto(world.add_failed("b", HOSTILE))
    await expect(page.locator("#L1")).to_contain_text("<script>alert(1)</script><img src=x onerror=alert(2)>linkred")
    assert await page.locator("#log script, #log img, #log a:not([href^='#'])").count() == 0


async def test_the_margin_links_to_its_line_and_phases_lead_into_the_log(world: World, page: Page) -> None:
    begin = b"[Container] 2026/11/21 14:00:03 Entering phase BUILD\n"
    await page.goto(world.add_failed("b", numbered(700) + begin + numbered(700)))
    await page.get_by_role("row", name="BUILD").get_by_role("link", name="BUILD").click()
    await expect(page.locator("#L701")).to_be_in_viewport()
    await page.get_by_label("Line 703", exact=True).click()
    assert page.url.endswith("#L703")
    await page.reload()
    await expect(page.locator("#L703.here")).to_be_in_viewport()


async def test_the_log_is_reached_and_read_by_keyboard_alone(world: World, page: Page) -> None:
    await page.goto(world.add_failed("b", numbered(900)))
    reached: list[str] = []
    while "log" not in reached and len(reached) < 40:
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.id"))
    assert (reached[-1], "find-text" in reached, "follow" in reached) == ("log", True, True)
    await page.keyboard.press("Home")
    await expect(page.locator("#L1")).to_be_attached()


async def test_it_does_not_scroll_sideways_on_a_phone(world: World, phone: Page) -> None:
    await phone.goto(world.add_failed("b", HOSTILE + b"x" * 5000 + b"\n"))
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_without_scripts_all_of_the_log_can_be_read_and_found_in(world: World, plain: Page) -> None:
    await plain.goto(world.add_failed("b", numbered(1200)))
    await plain.get_by_role("link", name="Lines before 701").click()
    await expect(plain.locator("#L201")).to_be_attached()
    await plain.get_by_label("Find in the whole log").fill("number 77 ")
    await plain.get_by_role("button", name="Find").click()
    await expect(plain.get_by_text("1 line contains “number 77 ”.")).to_be_visible()
