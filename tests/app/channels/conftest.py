"""A scripted Slack that is there during one test."""

from collections.abc import AsyncIterator

import pytest

from tests.app.slack.endpoint import Endpoint, slack


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with slack() as opened:
        yield opened
