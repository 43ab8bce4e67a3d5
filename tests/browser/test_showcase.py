"""What is live, in a browser: both environments beside each other, followed to the next version and back."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from app.demo.showcase import Showcase
from tests.app.demo.shown import release

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser lives in the session's loop


@pytest_asyncio.fixture(loop_scope="session")
async def shown(tmp_path: Path) -> AsyncIterator[Showcase]:
    release(tmp_path / "staging", "4f2a91c")
    async with Showcase({name: tmp_path / name for name in ("staging", "production")}) as opened:
        yield opened


async def test_a_version_that_is_not_well_is_seen_to_come_and_to_go(
    shown: Showcase, page: Page, tmp_path: Path
) -> None:
    await page.goto(shown.url)
    staging = page.get_by_role("region", name="staging")
    inside = page.frame_locator("iframe[title^=staging]")
    await expect(staging.get_by_text("Well", exact=True)).to_be_visible()
    await expect(page.get_by_role("region", name="production")).to_contain_text("Nothing is live here yet.")

    release(tmp_path / "staging", "9be01d2", status="out of order")
    await expect(staging.get_by_text("out of order")).to_be_visible()
    await expect(inside.get_by_text("9be01d2")).to_be_visible()
    await expect(page).to_have_title("staging 9be01d2 · production empty")

    release(tmp_path / "staging", "4f2a91c")
    await expect(staging.get_by_text("Well", exact=True)).to_be_visible()
    await expect(inside.get_by_text("4f2a91c")).to_be_visible()
    seen = [re.compile(rf"^{version} \d\d:\d\d:\d\d UTC$") for version in ("4f2a91c", "9be01d2", "4f2a91c")]
    await expect(staging.get_by_role("listitem")).to_have_text(seen)


async def test_nothing_scrolls_sideways_on_a_phone(shown: Showcase, phone: Page) -> None:
    wide = []
    for path in ("/", "/staging/"):
        await phone.goto(shown.url + path)
        if await phone.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    assert wide == []


async def test_a_page_that_a_build_made_does_nothing(shown: Showcase, browser: Browser, tmp_path: Path) -> None:
    folder = release(tmp_path / "staging", "4f2a91c")
    (folder / "index.html").write_text(
        "<!doctype html><title>Still</title><p>here</p><script>document.title = 'ran'</script>"
    )
    lenient = await browser.new_page()  # the refusal is on its console
    await lenient.goto(f"{shown.url}/staging/")
    await expect(lenient.get_by_text("here")).to_be_visible()
    assert await lenient.title() == "Still"
    await lenient.close()


async def test_without_scripts_the_page_is_complete(shown: Showcase, plain: Page) -> None:
    await plain.goto(shown.url)
    await expect(plain.frame_locator("iframe").get_by_text("Tide clock")).to_be_visible()
