"""A door `/github`, or a site of private builds, that is open during one test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.app.web.github import Sender, opened
from tests.app.web.private_site import Browser, PrivateSite, private_site


@pytest.fixture
async def door(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Sender]:
    async with opened() as sender:
        yield sender
    assert [record.getMessage() for record in caplog.get_records("call") if record.exc_info] == []


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PrivateSite]:
    async with private_site(tmp_path / "github") as opened:
        yield opened


@pytest.fixture
async def browser(site: PrivateSite) -> AsyncIterator[Browser]:
    opened = Browser(site)
    yield opened
    await opened.http.close()
