"""`links` and `unlink`, typed by somebody, against the API over real HTTP."""

import asyncio
import json
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from app.__main__ import main
from app.store.database import Database, driver_url
from tests.app.web.api.linked import LinkedSite, linked_site
from tests.app.web.api.site import TOKEN

Typed = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def here(migrated_sqlite: str, tmp_path: Path) -> AsyncIterator[LinkedSite]:
    shown = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # one output for both
    database = Database(f"sqlite:///{shutil.copy(str(driver_url(migrated_sqlite).database), tmp_path / 'l.sqlite3')}")
    async with linked_site(database) as made:
        yield made
    await database.close()
    structlog.configure(**shown)


@pytest.fixture
def typed(here: LinkedSite, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Exit status, what was printed, and what beside."""
    monkeypatch.setenv("INTERLOCK_URL", here.site.url)
    monkeypatch.setenv("API_TOKEN", TOKEN)

    async def run(*arguments: str) -> tuple[int, str, str]:
        ended = await asyncio.to_thread(CliRunner().invoke, main, [*arguments])
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return ended.exit_code, ended.stdout.strip(), ended.stderr.strip()

    return run


async def test_links_shows_who_is_who_in_columns(typed: Typed) -> None:
    status, said, beside = await typed("links")
    assert (status, said.splitlines(), beside) == (
        0,
        [
            "T1  U0ANA  Ana Lima  @ana       since 2026-11-21 14:00 UTC",
            "T1  U0SAM  Sam       @sam-hill  since 2026-11-21 14:00 UTC",
            "T2  W77    W77       @ana       since 2026-11-21 14:00 UTC",
        ],
        "",
    )


async def test_unlink_says_who_acts_as_whom_no_more(here: LinkedSite, typed: Typed) -> None:
    assert await typed("unlink", "T1", "U0ANA") == (0, "Ana Lima (U0ANA in T1) acts as @ana no more", "")
    assert await here.who() == [("T1", "U0SAM", "sam-hill"), ("T2", "W77", "ana")]


async def test_unlink_says_who_was_meant(here: LinkedSite, typed: Typed) -> None:
    before = await here.who()
    said = 'interlock: there is no user "@ana" in T1; did you mean "U0ANA"?'
    assert await typed("unlink", "T1", "@ana") == (1, "", said)
    assert await here.who() == before


async def test_where_nobody_is_linked_it_says_how_one_is(here: LinkedSite, typed: Typed) -> None:
    for workspace, user, _ in await here.who():
        await typed("unlink", workspace, user)
    said = "nobody is linked yet: whoever types /interlock link in Slack is told how"
    assert await typed("links") == (0, said, "")


async def test_what_the_api_says_can_be_had_as_it_is(here: LinkedSite, typed: Typed) -> None:
    whole = await typed("links", "--json")
    gone = await typed("unlink", "T2", "W77", "--json")
    assert [each["login"] for each in json.loads(whole[1])["links"]] == ["ana", "sam-hill", "ana"]
    assert json.loads(gone[1]) == json.loads(whole[1])["links"][2]
