"""The code for the chat in a real browser: copied with a key, whole on a phone, and gone once it counts no more."""

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, expect

from app.github.authorization import Authorization
from app.github.people import Person as Visitor
from app.github.secret import Secret
from app.store.clock import now
from app.store.links import PAGE, LinkCode
from app.web import linking
from app.web.pages import Pages
from app.web.session import Seal
from app.web.sign_in import Visitors
from deploy.speech import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser lives in the session's loop

ANA = Visitor(id=7, login="ana")
TYPED = "/interlock link K7QX-42MD"


class Codes:
    """`lasts` is how long the code counts."""

    lasts = timedelta(minutes=10)

    async def issue(self, person: Person) -> LinkCode:
        return LinkCode(text="K7QX-42MD", until=now() + self.lasts)


@pytest.fixture
def codes() -> Codes:
    return Codes()


@pytest_asyncio.fixture(loop_scope="session")
async def address(codes: Codes) -> AsyncIterator[str]:
    app, pages = web.Application(), Pages()
    pages.register(app)
    async with Authorization("http://127.0.0.1:9", "id", Secret("secret"), lambda *_: None) as authorization:
        visitors = Visitors(Seal(["secret"]), "", authorization)
        linking.register(app, pages=pages, visitors=visitors, codes=codes)
        app.router.add_get("/in", _signs_in(visitors))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()


def _signs_in(visitors: Visitors) -> aiohttp.typedefs.Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        response = web.Response(status=303, headers={"Location": PAGE})
        visitors.session.write(response, ANA)
        return response

    return answer


async def test_the_code_is_copied_with_what_to_type_by_keyboard_alone(page: Page, address: str) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    await page.goto(f"{address}/in")
    await page.get_by_role("button", name="Copy").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Copied: paste it in Slack.")
    assert await page.evaluate("navigator.clipboard.readText()") == TYPED


async def test_one_click_selects_all_that_is_typed(page: Page, address: str) -> None:
    await page.goto(f"{address}/in")
    await page.get_by_text("K7QX-42MD").click()
    assert await page.evaluate("getSelection().toString()") == TYPED


async def test_without_scripts_the_code_is_there_and_nothing_that_does_not_work(plain: Page, address: str) -> None:
    await plain.goto(f"{address}/in")
    await expect(plain.get_by_text(TYPED)).to_be_visible()
    await expect(plain.get_by_role("button", name="Copy")).to_be_hidden()


async def test_a_phone_shows_the_whole_code_in_one_line(phone: Page, address: str) -> None:
    await phone.goto(f"{address}/in")
    width, code = await phone.evaluate("document.documentElement.scrollWidth"), phone.locator("#say strong")
    box = await code.bounding_box()
    assert box
    assert (width, box["x"] + box["width"] < 390, box["height"] < 60) == (390, True, True)


async def test_a_code_that_is_over_is_taken_away(page: Page, address: str, codes: Codes) -> None:
    codes.lasts = timedelta(milliseconds=100)
    await page.goto(f"{address}/in")
    await expect(page.get_by_role("alert")).to_have_text("This code counts no more.")
    await expect(page.get_by_text("K7QX-42MD")).to_be_hidden()
