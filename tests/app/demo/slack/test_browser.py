"""The local Slack in a browser: by keyboard, on a phone, without scripts, and as others make it change."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from app.demo.slack.server import LocalSlack
from tests.app.demo.slack.doorway import Doorway, open_doorway
from tests.app.demo.slack.test_people import BUTTONS, MODAL

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser lives in the session's loop


class Room:
    """A local Slack with a message that has buttons, and an App that hears."""

    def __init__(self, slack: LocalSlack, door: Doorway) -> None:
        self.slack = slack
        self.door = door
        self.bot = AsyncWebClient(token=slack.bot_token("acme"), base_url=slack.api_url)

    async def open_modal(self) -> None:
        await self.bot.views_open(trigger_id=self.door.told[-1]["trigger_id"], view=MODAL)


@pytest_asyncio.fixture(loop_scope="session")
async def room() -> AsyncIterator[Room]:
    async with LocalSlack() as slack:
        slack.add_workspace("acme", key="T0ACME")
        slack.add_user("acme", "ana", key="U0ANA")
        slack.add_user("acme", "bo", key="U0BO")
        slack.add_channel("acme", "deploys", key="C0DEPLOYS")
        async with open_doorway(slack) as door:
            made = Room(slack, door)
            await made.bot.chat_postMessage(channel="#deploys", text="1.8.0 waits", blocks=BUTTONS)
            yield made


async def test_a_command_a_modal_and_its_answer_by_keyboard_alone(room: Room, page: Page) -> None:
    await page.goto(room.slack.url)
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("/deploy web")
    await page.keyboard.press("Enter")
    await room.slack.until(lambda: bool(room.door.told))
    await room.open_modal()
    await expect(page.get_by_role("dialog", name="Why?")).to_be_visible()
    await page.keyboard.type("no")
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog:modal").get_by_text("At least 3 characters, please.")).to_be_visible()
    await page.keyboard.type("ne left")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    values = room.door.told[-1]["view"]["state"]["values"]
    assert values["why"]["text"]["value"] == "none left"
    assert values["where"]["place"]["selected_option"]["value"] == "staging"


async def test_escape_puts_a_modal_away(room: Room, page: Page) -> None:
    await page.goto(room.slack.url)
    await room.slack.command("acme", "ana", "deploys", "/deploy")
    await room.open_modal()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert room.door.told[-1]["type"] == "view_closed"


async def test_a_button_that_asks_first_is_refused_and_then_pressed(room: Room, page: Page) -> None:
    await page.goto(room.slack.url)
    question = page.locator(".ask > summary")
    await question.click()
    await page.get_by_role("link", name="Leave it").click()
    await expect(question).to_be_focused()
    await expect(page.get_by_text("Rolls back production to 1.7.3")).to_be_hidden()
    assert room.door.told == []
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Roll back", exact=True).click()
    await room.slack.until(lambda: bool(room.door.told))
    assert room.door.told[0]["actions"][0]["action_id"] == "back"


async def test_the_page_follows_what_happens_and_keeps_what_is_being_typed(room: Room, page: Page) -> None:
    await page.goto(room.slack.url)
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("half a sen")
    for number in range(30):
        await room.bot.chat_postMessage(channel="#deploys", text=f"message {number}")
    await expect(page.get_by_text("message 29")).to_be_in_viewport()
    await page.keyboard.type("tence")
    await expect(page.get_by_role("combobox")).to_have_value("half a sentence")


async def test_a_thread_is_answered_in_place(room: Room, page: Page) -> None:
    await page.goto(room.slack.url)
    await page.get_by_text("Answer in a thread").click()
    await page.get_by_role("textbox", name="Your answer").fill("done")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("1 answer")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Your answer")).to_be_focused()


async def test_nothing_scrolls_sideways_on_a_phone(room: Room, phone: Page) -> None:
    await room.bot.chat_postMessage(channel="#deploys", text="x" * 400 + " ```" + "y" * 400 + "```")
    await phone.goto(room.slack.url)
    assert not await phone.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_without_scripts_everything_can_be_done(room: Room, plain: Page) -> None:
    await plain.goto(room.slack.url)
    await plain.get_by_role("combobox").fill("/deploy web")
    await plain.get_by_role("button", name="Send", exact=True).click()
    await room.open_modal()
    await plain.reload()
    await plain.get_by_label("Reason").fill("late")
    await plain.locator("dialog").get_by_role("button", name="Send").click()
    await expect(plain.locator("dialog")).to_have_count(0)
    await plain.get_by_role("button", name="Approve").click()
    assert [each.get("type", "command") for each in room.door.told] == ["command", "view_submission", "block_actions"]
    await plain.locator("#people summary").click()
    await plain.get_by_role("button", name="bo").click()
    await expect(plain.locator("#people summary")).to_have_text("You are bo")
