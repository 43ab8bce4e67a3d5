"""The local Slack is away, slow, busy or loses its answers, and says so as Slack does."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

from app.demo.slack.server import LocalSlack
from tests.app.demo.slack.conftest import Clock


async def post(bot: AsyncWebClient, text: str, channel: str = "C0DEPLOYS") -> str:
    """The error, or nothing."""
    try:
        await bot.chat_postMessage(channel=channel, text=text)
    except SlackApiError as error:
        return str(error.response.data.get("error", error.response.status_code))
    return ""


async def test_a_strict_slack_takes_a_burst_and_then_a_message_a_second(
    slack: LocalSlack, bot: AsyncWebClient, clock: Clock
) -> None:
    slack.add_channel("acme", "other", key="C0OTHER")
    slack.limits.strict = True
    assert [await post(bot, str(number)) for number in range(5)] == ["", "", "", "", "ratelimited"]
    assert await post(bot, "elsewhere", "C0OTHER") == ""
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel="C0DEPLOYS", text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    clock.ahead += 1
    assert [await post(bot, "later"), await post(bot, "too soon")] == ["", "ratelimited"]


async def test_other_methods_have_the_rate_of_their_tier(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.limits.strict = True
    for _ in range(4):
        await bot.conversations_list()
    with pytest.raises(SlackApiError) as caught:
        await bot.conversations_list()
    assert caught.value.response.headers["Retry-After"] == "3"
    assert slack.requests["conversations.list"] == 5


async def test_a_limit_may_be_asked_for(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.faults.limit(7, method="chat.postMessage")
    assert [await post(bot, "one"), await post(bot, "two")] == ["ratelimited", ""]


async def test_an_answer_is_lost_after_the_work_is_done_so_a_client_that_repeats_it_doubles_it(
    slack: LocalSlack, bot: AsyncWebClient
) -> None:
    slack.faults.lose_answer(method="chat.postMessage")
    at_once = FixedValueRetryIntervalCalculator(0)
    bot.retry_handlers[:] = [AsyncConnectionErrorRetryHandler(interval_calculator=at_once)]
    await bot.chat_postMessage(channel="C0DEPLOYS", text="once")
    assert [each.text for each in slack.messages("deploys")] == ["once", "once"]


async def test_a_connection_that_is_cut_has_done_nothing(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.faults.cut()
    bot.retry_handlers.clear()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.chat_postMessage(channel="C0DEPLOYS", text="once")
    assert slack.messages("deploys") == []


async def test_a_slack_that_is_away_answers_503_until_it_is_back(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.faults.away()
    assert await post(bot, "one") == "503"
    slack.faults.back()
    assert await post(bot, "two") == ""
    assert [each.text for each in slack.messages("deploys")] == ["two"]


async def test_a_closed_door_refuses_connections_and_opens_where_it_was(slack: LocalSlack, bot: AsyncWebClient) -> None:
    await post(bot, "one")
    bot.retry_handlers.clear()
    async with aiohttp.ClientSession() as kept, kept.get(f"{slack.api_url}api.test") as answer:
        await answer.read()
        await slack.close_door()
        with pytest.raises(aiohttp.ClientError):
            await kept.get(f"{slack.api_url}api.test")
    with pytest.raises(aiohttp.ClientConnectorError):
        await bot.auth_test()
    await slack.open_door()
    assert await post(bot, "two") == ""
    assert [each.text for each in slack.messages("deploys")] == ["one", "two"]


async def test_a_slow_slack_does_its_work_later(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.faults.slow(0.05, method="chat.postMessage")
    began = asyncio.get_running_loop().time()
    await post(bot, "one")
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_any_word_may_be_asked_for(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.faults.refuse("internal_error", times=2)
    assert [await post(bot, str(number)) for number in range(3)] == ["internal_error", "internal_error", ""]
    slack.faults.fail(500)
    slack.faults.clear()
    assert await post(bot, "x") == ""


async def test_what_was_refused_is_counted_too(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.faults.limit(method="chat.postMessage")
    await post(bot, "one")
    await post(bot, "two")
    assert [(each.method, each.error) for each in slack.asked] == [
        ("chat.postMessage", "status 429"),
        ("chat.postMessage", ""),
    ]
