"""The App is killed around what it says in Slack and what it hears there: nothing is lost, nothing is said twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from app.demo.slack.message import Message
from app.demo.slack.server import LocalSlack
from app.routes import tasks_for
from app.store.database import Database
from app.store.events import EventLog, read_log
from app.store.links import StoredLinks
from app.store.tables import configurations
from checks.events import Event
from checks.message import Tone
from deploy.events import CommandGiven, CommandObeyed, CommandRefused
from deploy.speech import Person, Speaker
from tests.flows.app_process import AppProcess, place
from tests.flows.town import PATIENCE, Town

PIPELINE = """\
services:
  web:
    environments:
      production:
        target: {type: local, artifact: WEB}
"""
POST, ANSWER = "chat.postMessage", "response_url"


@dataclass
class Lives:
    town: Town
    slack: LocalSlack
    app: AppProcess
    database: Database

    async def restart(self) -> None:
        """After SIGKILL; GitHub and Slack are well again."""
        await self.app.kill()
        self.town.github.faults.clear()
        self.slack.faults.clear()
        await self.app.start()

    async def plans(self, words: str) -> Message:
        """Somebody says it, and reads what would be done."""
        before = len(self.answers)
        assert (await self.slack.command("acme", "ana", "ops", "/interlock", words)).is_good
        await self.slack.until(lambda: len(self.answers) > before)
        return self.answers[-1]

    async def means(self, plan: Message) -> None:
        """The first button of the plan."""
        _, button = plan.elements()[0]
        assert (await self.slack.press(plan.ts, user="ana", action_id=button["action_id"], confirm=True)).is_good

    async def commands(self, words: str) -> None:
        await self.means(await self.plans(words))

    async def is_answered(self, plan: Message) -> None:
        """What was done stands in place of the plan, and nothing is left to press."""
        await self.slack.until(lambda: not plan.elements())

    async def reads(self, *wanted: str) -> None:
        """How each message of the channel begins, the oldest first."""
        await self.slack.until(lambda: self.channel == [*wanted])

    @property
    def channel(self) -> list[str]:
        return [each.text[:1] for each in self.slack.messages("ops") if not each.is_reply]

    @property
    def thread(self) -> list[str]:
        return [each.text[:1] for each in self.slack.messages("ops") if each.is_reply]

    @property
    def answers(self) -> Sequence[Message]:
        return self.slack.ephemeral("ana")

    async def story(self) -> list[type[Event]]:
        """What became of commands."""
        async with self.database.read() as connection:
            told = [type(each.event) for each in await read_log(connection)]
        return [each for each in told if each in (CommandGiven, CommandObeyed, CommandRefused)]

    async def is_configured(self) -> bool:
        async with self.database.read() as connection:
            return (await connection.execute(select(configurations.c.repository_id))).scalar() is not None


@pytest.fixture
async def lives(tmp_path: Path) -> AsyncIterator[Lives]:
    url = f"sqlite:///{tmp_path}/interlock/interlock.sqlite3"
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(place(tmp_path, url))
        slack = await stack.enter_async_context(LocalSlack())
        slack.add_workspace("acme")
        slack.add_user("acme", "ana")
        slack.add_channel("acme", "ops")
        slack.listen(f"{at.url}/slack")
        app = AppProcess("serve", {**at.environment, **slack.settings(), "SLACK_CHANNEL": "#ops"}, at.url)
        stack.push_async_callback(app.kill)
        await app.start()
        database = Database(url)
        stack.push_async_callback(database.close)
        lives = Lives(at.town, slack, app, database)
        await _introduce(lives, at.environment["GITHUB_WEBHOOK_SECRET"])
        at.town.github.release_webhooks()
        web = await at.town.repository(files={"README.md": "web"})
        await at.town.push(web, {".github/interlock.yml": PIPELINE})
        await _until_configured(lives)
        yield lives


async def _introduce(lives: Lives, secret: str) -> None:
    """Ana has said before who she is on GitHub."""
    links = StoredLinks(lives.database, EventLog(tasks_for), public_url="http://127.0.0.1", secrets=[secret])
    code = await links.issue(Person(id=lives.town.github.account("ana").id, login="ana"))
    workspace, user = lives.slack.workspace("acme"), lives.slack.user("acme", "ana")
    await links.link(Speaker(workspace=workspace.id, user=user.id, name="ana"), code.text)


async def _until_configured(lives: Lives) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if await lives.is_configured():
                return
            await asyncio.sleep(0.02)


async def test_what_the_killed_app_posted_and_remarked_stands_there_once_and_says_what_became_of_it(
    lives: Lives,
) -> None:
    lives.slack.faults.lose_answer(method=POST)
    await lives.commands("hold web production because audit")
    await lives.reads(Tone.HELD)
    await lives.restart()

    plan = await lives.plans("lift web production because done")
    lives.slack.faults.lose_answer(method=POST)
    await lives.means(plan)
    await lives.slack.until(lambda: lives.thread == [Tone.GOOD])
    await lives.restart()

    await lives.commands("hold web production because audit")
    await lives.reads(Tone.GOOD, Tone.HELD)
    assert lives.thread == [Tone.GOOD]


async def test_what_was_acknowledged_is_obeyed_once_and_answered_wherever_the_app_is_killed(lives: Lives) -> None:
    hold = await lives.plans("hold web production because audit")
    lives.town.github.faults.hang(path="/permission$")
    await lives.means(hold)
    assert await lives.story() == []
    await lives.restart()
    await lives.is_answered(hold)
    await lives.reads(Tone.HELD)
    assert await lives.story() == [CommandGiven, CommandObeyed]

    lift = await lives.plans("lift web production because done")
    lives.slack.faults.slow(PATIENCE, method=ANSWER)
    await lives.means(lift)
    await lives.reads(Tone.GOOD)
    assert await lives.story() == [CommandGiven, CommandObeyed] * 2
    await lives.restart()
    await lives.is_answered(lift)
    assert await lives.story() == [CommandGiven, CommandObeyed] * 2
