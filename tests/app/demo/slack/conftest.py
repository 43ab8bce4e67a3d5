"""A local Slack with one workspace, two people and three channels; the published client asks it."""

import time
from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from app.demo.slack.server import LocalSlack
from tests.browser.conftest import browser, page, phone, plain

__all__ = ["browser", "page", "phone", "plain"]


class Clock:
    """The real time, which a test may move on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[LocalSlack]:
    async with LocalSlack(clock=clock) as started:
        started.add_workspace("acme", key="T0ACME")
        started.add_user("acme", "ana", key="U0ANA")
        started.add_user("acme", "bo", key="U0BO")
        started.add_channel("acme", "deploys", key="C0DEPLOYS")
        started.add_channel("acme", "quiet", key="C0QUIET", bot=False)
        started.add_channel("acme", "secret", key="C0SECRET", private=True, bot=False)
        yield started


@pytest.fixture
def bot(slack: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token("acme"), base_url=slack.api_url)
