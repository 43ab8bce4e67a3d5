"""`python -m app.demo.slack` starts it alone and says how to reach it."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE

from slack_sdk.web.async_client import AsyncWebClient


async def test_it_prints_what_an_app_needs_and_stops_when_asked() -> None:
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.demo.slack", "--app", "http://127.0.0.1:9/slack", stdout=PIPE
    )
    assert started.stdout is not None
    lines = [(await started.stdout.readline()).decode().strip() for _ in range(5)]
    settings = {name: value.strip("'") for name, value in (each[7:].split("=", 1) for each in lines[:4])}
    assert set(settings) == {"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CHANNEL"}
    bot = AsyncWebClient(token=settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_URL"])
    assert (await bot.chat_postMessage(channel=settings["SLACK_CHANNEL"], text="hello"))["ok"]
    assert settings["SLACK_API_URL"] == f"{lines[4]}/api/"
    started.send_signal(signal.SIGINT)
    assert await started.wait() == 0
