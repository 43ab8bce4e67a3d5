"""The local GitHub in a browser: by mouse, by keyboard, on a phone, without scripts, and under attack."""

import json

import pytest
from playwright.async_api import Page, expect

from tests.app.demo.github.shop import CART, Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser lives in the session's loop

PAGES = (
    "",
    "/pulls",
    "/pull/1",
    "/pull/1/checks",
    "/pull/1/files",
    "/commits/tax",
    "/deployments",
    "/edit/tax/shop/cart.py",
    "/blob/main/shop/cart.py",
    "/../../apps/interlock",
    "/../../acme",
    "/../../",
)


async def test_a_press_on_rerun_emits_the_event_and_the_page_follows_the_check(shop: Shop, page: Page) -> None:
    await page.goto(shop.url("/pull/1/checks"))
    await page.get_by_role("button", name="Re-run", exact=True).click()
    await expect(page.get_by_role("navigation", name="Checks of this commit")).to_contain_text("Queued")
    await shop.github.settled()
    assert [(each.event, each.action) for each in shop.told] == [("check_run", "rerequested")]
    said = {"title": "Building: build, 4 s", "summary": "It builds."}
    await shop.github.update_run(shop.failed, {"status": "in_progress", "output": said})
    await expect(page.get_by_role("heading", name="Building: build, 4 s")).to_be_visible()
    await expect(page.get_by_role("button", name="Re-run", exact=True)).to_have_count(0)
    await shop.github.update_run(shop.failed, {"conclusion": "success", "output": said | {"title": "Passed in 9 s"}})
    await expect(page.get_by_role("heading", name="Passed in 9 s")).to_be_visible()
    await expect(page).to_have_title("Totals <script>alert(6)</script> · #1 · acme/shop")


async def test_somebody_with_write_access_approves_after_a_stranger_tried(shop: Shop, page: Page) -> None:
    await page.goto(shop.url("/pull/2/checks"))
    for person in ("stranger", "ana"):
        await page.locator("#people summary").click()
        await page.get_by_role("button", name=person).click()
        await expect(page.locator("#people summary")).to_contain_text(person)
        await page.get_by_role("button", name="Approve and run").click()
        await page.wait_for_load_state()
        await shop.github.settled()
    bodies = [json.loads(each.body) for each in shop.told]
    assert [(each["requested_action"]["identifier"], each["sender"]["login"]) for each in bodies] == [
        ("approve", "stranger"),
        ("approve", "ana"),
    ]


async def test_a_failing_line_is_mended_without_leaving_the_page(shop: Shop, page: Page) -> None:
    await page.goto(shop.url("/pull/1/files"))
    await expect(page.locator(".remarks")).to_contain_text("expected 119.0")
    await page.get_by_role("link", name="Edit", exact=True).click()
    await page.get_by_label("Edit shop/cart.py").fill(CART)
    await page.get_by_label("What changes, and why").fill("Add the tax again")
    await page.get_by_role("button", name="Commit as ana").click()
    await expect(page.get_by_role("link", name="Add the tax again")).to_be_visible()
    assert await shop.github.git(shop.repository).file("tax", "shop/cart.py") == CART.encode()


async def test_a_check_is_run_again_by_keyboard_alone(shop: Shop, page: Page) -> None:
    await page.goto(shop.url("/pull/1/checks"))
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    reached: list[str] = []
    while "rerun" not in reached and len(reached) < 40:
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert (reached[0], reached[-1], outline) == ("Conversation", "rerun", "2px")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("navigation", name="Checks of this commit")).to_contain_text("Queued")


async def test_what_a_person_opened_stays_open_when_the_page_is_replaced(shop: Shop, page: Page) -> None:
    await page.goto(shop.url("/pull/1/checks"))
    await page.get_by_text("Log", exact=True).click()
    said = {"title": "Now another title", "summary": shop.failed.output.summary}
    await shop.github.update_run(shop.failed, {"output": said})
    await expect(page.get_by_role("heading", name="Now another title")).to_be_visible()
    await expect(page.locator(".markdown details")).to_have_attribute("open", "")


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_that_others_wrote_runs(shop: Shop, page: Page, path: str) -> None:
    """The fixture fails on any dialog, error or refusal by the content security policy."""
    await page.goto(shop.url(path))
    assert await page.evaluate("document.querySelectorAll('script:not([src]), img, [onclick], [onerror]').length") == 0


async def test_no_page_scrolls_sideways_on_a_phone(shop: Shop, phone: Page) -> None:
    wide = []
    for path in PAGES:
        await phone.goto(shop.url(path))
        if await phone.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    assert wide == []


async def test_without_scripts_the_page_is_complete_and_its_buttons_work(shop: Shop, plain: Page) -> None:
    await plain.goto(shop.url("/pull/1/checks"))
    await expect(plain.get_by_role("cell", name="expected 119.0, got 100.0")).to_be_visible()
    await plain.get_by_role("button", name="Re-run", exact=True).click()
    await expect(plain.get_by_role("navigation", name="Checks of this commit")).to_contain_text("Queued")
    await shop.github.settled()
    assert [each.action for each in shop.told] == ["rerequested"]
