"""A door `/github` that is open during one test."""

from collections.abc import AsyncIterator

import pytest

from tests.app.web.github import Sender, opened


@pytest.fixture
async def door(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Sender]:
    async with opened() as sender:
        yield sender
    assert [record.getMessage() for record in caplog.get_records("call") if record.exc_info] == []
