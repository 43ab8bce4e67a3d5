"""The pages of what is live: those of the current release, nothing beside it, and nothing that does anything."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse, ClientSession

from app.demo.showcase import INERT, Showcase
from tests.app.demo.shown import release
from tests.flows.town import eventually


@pytest.fixture
async def shown(tmp_path: Path) -> AsyncIterator[Showcase]:
    (tmp_path / "secret.txt").write_text("geheim")
    async with Showcase({name: tmp_path / name for name in ("staging", "production")}) as opened:
        yield opened


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def said(answer: ClientResponse) -> tuple[int, str]:
    return answer.status, await answer.text()


async def versions(shown: Showcase, *wanted: str) -> None:
    await eventually(lambda: [each.version for each in shown.sights["staging"]] == [*wanted])


async def test_an_environment_shows_the_release_that_is_current(
    shown: Showcase, http: ClientSession, tmp_path: Path
) -> None:
    release(tmp_path / "staging", "4f2a91c")
    async with http.get(f"{shown.url}/staging") as page, http.get(f"{shown.url}/staging/health.json") as health:
        assert (page.status, page.url.path, "<code>4f2a91c</code>" in await page.text()) == (200, "/staging/", True)
        assert json.loads(await health.text()) == {"status": "ok", "version": "4f2a91c"}
        assert {name: page.headers[name] for name in INERT} == INERT
    await versions(shown, "4f2a91c")
    release(tmp_path / "staging", "9be01d2", status="out of order")
    await versions(shown, "9be01d2", "4f2a91c")
    async with http.get(f"{shown.url}/staging/") as page:
        assert "<code>9be01d2</code>" in await page.text()


async def test_what_is_not_live_says_so(shown: Showcase, http: ClientSession, tmp_path: Path) -> None:
    release(tmp_path / "staging", "4f2a91c")
    await versions(shown, "4f2a91c")
    async with http.get(f"{shown.url}/staging/nothing") as missing, http.get(f"{shown.url}/production/") as empty:
        assert await said(missing) == (404, "staging has no such page.\n")
        assert await said(empty) == (404, "Nothing is live in production yet.\n")


@pytest.mark.parametrize("path", ["link.txt", "..%2F..%2Fsecret.txt", "%2Fetc%2Fpasswd", "folder", "%00", "a" * 5000])
async def test_nothing_beside_the_release_is_shown(
    shown: Showcase, http: ClientSession, tmp_path: Path, path: str
) -> None:
    folder = release(tmp_path / "staging", "4f2a91c")
    (folder / "folder").mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with http.get(f"{shown.url}/staging/") as page:
        assert page.status == 200
    async with http.get(f"{shown.url}/staging/{path}") as answer:
        assert (answer.status, "geheim" in await answer.text()) == (404, False)


async def test_a_release_that_says_nothing_of_itself_is_shown_all_the_same(
    shown: Showcase, http: ClientSession, tmp_path: Path
) -> None:
    folder = release(tmp_path / "staging", "4f2a91c")
    (folder / "health.json").write_text("[<script>")
    await versions(shown, "")
    async with http.get(f"{shown.url}/") as page:
        assert "Says nothing of its health" in await page.text()


async def test_a_site_of_another_name_is_a_stranger(shown: Showcase, http: ClientSession) -> None:
    async with http.get(f"{shown.url}/", headers={"Host": "evil.example.org"}) as answer:
        assert (answer.status, await answer.text()) == (421, f"These pages are at {shown.url}.\n")
