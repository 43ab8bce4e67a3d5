"""The whole way through Slack: what is heard in the channel, what people say and press there, and what comes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession
from pydantic import SecretStr

from app.demo.scenario import ORGANISATION, WRITER, settle
from app.demo.slack.message import Message
from app.demo.slack.server import LocalSlack
from app.demo.stage import stage
from app.demo.talk import CHANNEL, furnish, introduce, links_of, speaking
from app.slack.payload import FIELD
from checks.change import short
from deploy.speech import Person
from tests.flows.test_demo import Demo, opened


class Talk:
    """The demo with its chat: what Ana and Sam read and do there."""

    def __init__(self, demo: Demo, slack: LocalSlack) -> None:
        self.demo = demo
        self.slack = slack
        self.links = links_of(demo.on)

    async def reads(self, *wanted: str) -> None:
        """The channel's messages as they are now, the oldest first, without threads."""
        await self.slack.until(lambda: self.channel() == [*wanted])

    def channel(self) -> list[str]:
        return [each.text for each in self.slack.messages(CHANNEL) if not each.thread_ts]

    def thread(self) -> list[str]:
        return [each.text for each in self.slack.messages(CHANNEL) if each.thread_ts]

    async def says(self, user: str, words: str) -> Message:
        """What only this person reads then."""
        before = len(self.slack.ephemeral(user))
        answer = await self.slack.command(ORGANISATION, user, CHANNEL, "/interlock", words)
        assert answer.is_good
        await self.slack.until(lambda: len(self.slack.ephemeral(user)) > before)
        return self.slack.ephemeral(user)[-1]

    async def presses(self, user: str, label: str, note: str = "") -> str:
        """A button of the channel's newest message that has it; what only this person reads then."""
        before = len(self.slack.ephemeral(user))
        message = next(each for each in reversed(self.slack.messages(CHANNEL)) if label in str(each.blocks))
        assert (await self.slack.press(message.ts, user=user, label=label, confirm=True)).is_good
        if note:
            await self.slack.until(lambda: bool(self.slack.views_of(ORGANISATION, user)))
            assert (await self.slack.submit(ORGANISATION, user, {FIELD: note})).is_good
        await self.slack.until(lambda: len(self.slack.ephemeral(user)) > before)
        return self.slack.ephemeral(user)[-1].text


@asynccontextmanager
async def talking(home: Path) -> AsyncIterator[Talk]:
    async with LocalSlack() as slack:
        furnish(slack)
        async with opened(home, speaking(slack), before=lambda on: introduce(slack, on)) as demo:
            yield Talk(demo, slack)


async def test_what_waits_is_approved_in_the_channel_and_everybody_sees_by_whom(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        name = short(talk.demo.scenario.first)
        await talk.reads(f"▲ tide-clock {name} → production needs an approval")
        [waiting] = talk.slack.messages(CHANNEL)

        stranger = await talk.presses("sam", "Approve")
        assert stranger == "– I do not know yet who you are on GitHub, so nothing is done"
        await talk.presses(WRITER, "Approve with note", note="the tide is high")
        await talk.reads(f"✓ tide-clock {name} is live in production")
        await talk.slack.until(lambda: len(talk.thread()) > 1)
        assert talk.thread() == [
            "approved by @ana: the tide is high",
            f"✓ tide-clock {name} is live in production",
        ]
        assert "Approve" not in str(waiting.blocks)


async def test_what_is_dangerous_shows_its_plan_and_is_done_once_by_those_who_may(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        name = short(talk.demo.scenario.first)
        await talk.reads(f"▲ tide-clock {name} → production needs an approval")

        plan = await talk.says(WRITER, "hold tide-clock production because audit")
        assert (plan.text, labels(plan)) == (
            "▲ production of tide-clock is frozen: audit",
            ["Freeze production of tide-clock", "Never mind"],
        )
        for _ in range(2):
            await talk.slack.press(plan.ts, user=WRITER, label="Freeze production of tide-clock")
        await talk.reads(
            f"▲ tide-clock {name} → production needs an approval",
            "■ tide-clock production is frozen by @ana: audit",
        )

        code = await talk.links.issue(Person(id=talk.demo.on.github.account("sam").id, login="sam"))
        assert (
            await talk.says("sam", f"link {code.text}")
        ).text == "✓ You are @sam on GitHub: what you say here is done in that name"
        refused = await talk.says("sam", "lift tide-clock production")
        assert refused.text == "✕ @sam may not lift in acme/tide-clock: that needs write access"


async def test_what_slack_does_not_hear_or_does_not_answer_is_there_once_in_the_end(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        name = short(talk.demo.scenario.first)
        talk.slack.faults.lose_answer(method="chat.postMessage", times=2)
        await talk.reads(f"▲ tide-clock {name} → production needs an approval")
        talk.slack.faults.away()
        await talk.demo.press("Approve production", talk.demo.scenario.first)
        await talk.demo.is_told("production", talk.demo.scenario.first, "promote live")
        talk.slack.faults.back()
        await talk.reads(f"✓ tide-clock {name} is live in production")
        await talk.slack.until(lambda: len(talk.thread()) > 1)
        assert talk.thread() == ["approved by @ana", f"✓ tide-clock {name} is live in production"]


def labels(message: Message) -> list[str]:
    return [each["text"]["text"] for _, each in message.elements()]


async def test_where_no_address_leads_to_the_app_it_hears_over_a_connection_of_its_own(tmp_path: Path) -> None:
    async with LocalSlack() as slack:
        furnish(slack)
        more = {**speaking(slack), "slack_signing_secret": None, "slack_app_token": SecretStr(slack.app.app_token)}
        async with stage(tmp_path, owner=ORGANISATION, settle=settle, more=more) as on:
            await slack.until(lambda: bool(slack.sockets))
            assert (await slack.command(ORGANISATION, WRITER, CHANNEL, "/interlock", "help")).is_good
            await slack.until(lambda: bool(slack.ephemeral(WRITER)))
            assert slack.ephemeral(WRITER)[0].text == "– What you can say after /interlock or /deploy"
            async with ClientSession() as http, http.post(f"{on.app.settings.public_url}/slack") as answer:
                assert answer.status == 404
