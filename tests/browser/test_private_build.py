"""A private repository from the push to the log: who can read it signs in and sees it, and nobody else does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from app.demo.github.account import Permission
from app.demo.github.repository import Repository
from app.demo.stage import stage
from tests.flows.town import PASSING, PATIENCE, Town, settle

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser lives in the session's loop

CLOSED = "Sign in with GitHub to see this build"
SECRET = PASSING.replace("echo fine", "echo the secret sauce")


@pytest_asyncio.fixture(loop_scope="session")
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with stage(tmp_path, owner="acme", settle=settle) as on:
        await on.github.install_app(on.registered, "acme", by="ana")
        yield Town(on.github, tmp_path / "people")


@pytest_asyncio.fixture(loop_scope="session")
async def vault(town: Town) -> Repository:
    """Nobody but its organisation's owner, ana, may read it."""
    return await town.github.create_repository("acme/vault", private=True)


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


async def build(town: Town, vault: Repository) -> str:
    """The address of a build that passed, as its check tells it."""
    check = await town.check(vault, await town.push(vault, {"buildspec.yml": SECRET}))
    assert (check.conclusion, check.details_url is None) == ("success", False)
    return check.details_url or ""


async def sign_in(visitor: Page, login: str) -> None:
    await visitor.get_by_role("link", name="Sign in").click()
    await visitor.locator("#people summary").click()
    await visitor.get_by_role("button", name=login, exact=True).click()
    await visitor.get_by_role("button", name=f"Authorize as {login}").click()


async def test_who_can_read_the_repository_signs_in_and_sees_its_log(
    town: Town, vault: Repository, visitor: Page
) -> None:
    url = await build(town, vault)
    closed = await visitor.goto(url)
    assert closed
    assert closed.status == 401
    await expect(visitor.get_by_role("heading", name=CLOSED)).to_be_visible()
    await sign_in(visitor, "ana")
    await expect(visitor.get_by_text("the secret sauce", exact=True)).to_be_visible()
    assert visitor.url == url
    await visitor.get_by_label("Find in the whole log").fill("secret sauce")
    await visitor.keyboard.press("Enter")
    await expect(visitor.get_by_role("status")).to_contain_text("1 of")
    await visitor.get_by_role("button", name="Sign out").click()
    await expect(visitor.get_by_role("heading", name=CLOSED)).to_be_visible()


async def test_who_cannot_read_it_sees_nothing_until_they_can(town: Town, vault: Repository, visitor: Page) -> None:
    url = await build(town, vault)
    await visitor.goto(url)
    await sign_in(visitor, "sam")
    await expect(visitor.get_by_role("heading", name="No build here for @sam")).to_be_visible()
    assert "vault" not in await visitor.content()
    await sign_in(visitor, "ana")
    await expect(visitor.get_by_text("the secret sauce", exact=True)).to_be_visible()


async def test_a_collaborator_follows_a_running_build_to_its_end(town: Town, vault: Repository, visitor: Page) -> None:
    await town.github.allow("bo", vault, Permission.READ)
    gate = town.directory / "gate"
    waits = SECRET + f"      - while [ ! -e {gate} ]; do sleep 0.05; done\n"
    check = await town.check(vault, await town.push(vault, {"buildspec.yml": waits}), "in_progress")
    await visitor.goto(check.details_url or "")
    await sign_in(visitor, "bo")
    await expect(visitor.get_by_text("the secret sauce", exact=True)).to_be_visible()
    gate.touch()
    await expect(visitor.get_by_text("Passed", exact=True)).to_be_visible()


async def test_what_becomes_public_is_everybodys_and_what_becomes_private_again_is_not(
    town: Town, vault: Repository, visitor: Page
) -> None:
    url = await build(town, vault)

    for private, heading in ((False, "Passed in"), (True, CLOSED)):
        await town.github.change_visibility(vault, private=private)
        await _until_it_says(visitor, url, heading)


async def test_it_works_without_scripts(town: Town, vault: Repository, plain: Page) -> None:
    await plain.goto(await build(town, vault))
    await sign_in(plain, "ana")
    await expect(plain.get_by_text("the secret sauce", exact=True)).to_be_visible()


async def _until_it_says(visitor: Page, url: str, heading: str) -> None:
    """The App hears of it by a webhook and acts on it a moment later."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await visitor.goto(url)
            if await visitor.get_by_role("heading", name=heading).count():
                return
