"""People of the local Slack type, press and fill in; the App hears them, answers them alone, and tells news."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count

import pytest
from aiohttp import web
from pydantic import SecretStr

from app.channels.pace import Pace
from app.channels.slack import SlackChannels
from app.demo.slack.server import LocalSlack
from app.settings import Settings, read
from app.slack import payload
from app.slack.answers import SlackAnswers
from app.slack.client import SlackClient
from app.slack.hearing import Hearing
from app.slack.payload import NotForUs
from app.slack.socket import Socket
from app.slack.workspace import SlackWorkspaces
from app.store.delivery import Delivery
from app.web.slack import Keeper, SlackDoor
from checks.errors import Permanent, Transient
from checks.message import Ask, Button, Link, Message, Tone
from checks.repository import Repository
from deploy.channel import Channel
from deploy.speech import Said
from tests.app.slack.endpoint import Shelf
from tests.app.test_settings import GIVEN

PLAN = Message(
    tone=Tone.WAITS,
    head=("web 1.8.0 → production needs an approval",),
    lines=(("from 1.7.3: ", Link("4 commits", "https://github.com/acme/web/compare/a...b")),),
    buttons=(
        Button(words="approve web production", label="Approve"),
        Button(words="reject web production", label="Reject", asks=Ask.REASON),
        Button(words="promote web to production", label="Go", sure=True, confirm="Promotes web"),
    ),
)
DONE = Message(tone=Tone.GOOD, head=("<!channel> web is *live*",))


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, Delivery] = {}

    async def put(self, delivery: Delivery) -> bool:
        return self.kept.setdefault(delivery.guid, delivery) is delivery

    async def get(self, guid: str) -> Delivery | None:
        return self.kept.get(guid)

    @property
    def last(self) -> Delivery:
        return list(self.kept.values())[-1]


@dataclass
class Town:
    slack: LocalSlack
    inbox: Memory
    answers: SlackAnswers
    channels: SlackChannels

    @property
    def heard(self) -> Sequence[Said]:
        """What was said, in order."""
        return [said for each in self.inbox.kept.values() if (said := _said(each))]

    def texts(self) -> list[str]:
        return [each.text for each in self.slack.ephemeral("ana")]


def _said(kept: Delivery) -> Said | None:
    translated = payload.translate(
        kept.action, kept.body, delivery=kept.guid, at=kept.received_at, verbs=("why", "status")
    )
    return None if isinstance(translated, NotForUs) else translated[0].said


@asynccontextmanager
async def town(*, by_socket: bool = False) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack())
        slack.add_workspace("acme", key="T0ACME")
        slack.add_user("acme", "ana", key="U0ANA")
        slack.add_channel("acme", "web", key="C0WEB")
        slack.add_channel("acme", "quiet", key="C0QUIET", bot=False)
        settings = read(GIVEN | slack.settings())
        client = await stack.enter_async_context(SlackClient(settings.slack_api_url, lambda *_: None))
        known = SlackWorkspaces(client, settings.slack_bot_token, {}, Shelf("acme/web"))
        inbox = Memory()
        hearing = await stack.enter_async_context(Hearing(known, Keeper(inbox).keep, slack.app.signing_secret))
        if by_socket:
            await stack.enter_async_context(Socket(client, _app_token(settings), hearing))
            await slack.until(lambda: bool(slack.sockets))
        else:
            slack.listen(await _door(stack, hearing))
        yield Town(
            slack, inbox, SlackAnswers(known, inbox), SlackChannels(known, "", pace=Pace(clock=count(0, 10).__next__))
        )


def _app_token(settings: Settings) -> SecretStr:
    assert settings.slack_app_token
    return settings.slack_app_token


async def _door(stack: AsyncExitStack, hearing: Hearing) -> str:
    site = web.Application()
    site.add_routes([SlackDoor(hearing).route()])
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listening := socket.create_server(("127.0.0.1", 0))).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}/slack"


@pytest.fixture(params=["http", "socket"])
async def acme(request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """The same by both ways on which Slack tells."""
    async with town(by_socket=request.param == "socket") as opened:
        yield opened


async def test_somebody_types_and_is_answered_alone(acme: Town) -> None:
    answer = await acme.slack.command("acme", "ana", "web", "/deploy", "why web production & <b>")
    (said,) = acme.heard
    await acme.answers.give(said.id, DONE)
    assert (answer.status, answer.error) == (200, "")
    assert (said.words, said.speaker.user, said.speaker.name, said.channel) == (
        "why web production & <b>",
        "U0ANA",
        "ana",
        "C0WEB",
    )
    assert (acme.texts(), acme.slack.messages("web")) == (["✓ &lt;!channel&gt; web is *live*"], [])


async def test_a_plan_is_pressed_and_the_answer_takes_its_place(acme: Town) -> None:
    await acme.slack.command("acme", "ana", "web", "/deploy", "web to production")
    await acme.answers.give(acme.heard[0].id, PLAN)
    (plan,) = acme.slack.ephemeral("ana")
    asked = await acme.slack.press(plan.ts, user="ana", label="Go")
    await acme.slack.press(plan.ts, user="ana", label="Go", confirm=True)
    said = acme.heard[1]
    await acme.answers.give(said.id, DONE)
    assert (asked.asks, said.words, said.sure) == ("Promotes web", "promote web to production", True)
    assert acme.texts() == ["✓ &lt;!channel&gt; web is *live*"]


async def test_a_reason_is_asked_for_and_said(acme: Town) -> None:
    web = Channel(workspace="T0ACME", name="#web")
    posted = await acme.channels.show(web, "deployment:1", PLAN, None, repeated=False)
    assert posted
    await acme.slack.press(posted.ts, user="ana", label="Reject")
    await acme.slack.until(lambda: bool(acme.slack.views_of("acme", "ana")))
    assert acme.heard == []
    await acme.slack.submit("acme", "ana", {"said": "totals are wrong"})
    (said,) = acme.heard
    await acme.answers.give(said.id, DONE)
    assert (said.words, said.channel) == ("reject web production because totals are wrong", "C0WEB")
    assert acme.slack.views_of("acme", "ana") == []
    assert [each.text for each in acme.slack.messages("web")] == ["▲ web 1.8.0 → production needs an approval"]
    assert acme.texts() == ["✓ &lt;!channel&gt; web is *live*"]


async def test_an_uninstalled_app_knows_the_workspace_no_more(acme: Town) -> None:
    await acme.slack.command("acme", "ana", "web", "/deploy", "why web")
    told = {"type": "app_uninstalled"}
    await acme.slack.event("acme", told)
    await acme.slack.command("acme", "ana", "web", "/deploy", "why web")
    assert acme.texts() == ["this workspace is not known to Interlock: ask the operator"]
    assert [each.action for each in acme.inbox.kept.values()] == ["command", "event"]


@pytest.fixture
async def by_http() -> AsyncIterator[Town]:
    async with town() as opened:
        yield opened


async def test_news_is_one_message_with_its_thread(by_http: Town) -> None:
    channel = await by_http.channels.channel_for(_web(), "#web")
    assert channel
    posted = await by_http.channels.show(channel, "deployment:1", PLAN, None, repeated=False)
    posted = await by_http.channels.show(channel, "deployment:1", DONE, posted, repeated=False)
    assert posted
    await by_http.channels.remark(posted, "n-1", ("approved by ana",), repeated=True)
    await by_http.channels.remark(posted, "n-1", ("approved by ana",), repeated=True)
    assert [(each.text, each.thread_ts) for each in by_http.slack.messages("web")] == [
        ("✓ &lt;!channel&gt; web is *live*", ""),
        ("approved by ana", posted.ts),
    ]


async def test_a_lost_answer_makes_no_second_message(by_http: Town) -> None:
    channel = Channel(workspace="T0ACME", name="#web")
    by_http.slack.faults.lose_answer(method="chat.postMessage")
    with pytest.raises(Transient):
        await by_http.channels.show(channel, "deployment:1", PLAN, None, repeated=False)
    posted = await by_http.channels.show(channel, "deployment:1", DONE, None, repeated=True)
    assert posted
    (message,) = by_http.slack.messages("web")
    assert (message.ts, message.text) == (posted.ts, "✓ &lt;!channel&gt; web is *live*")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "#nowhere",
            "Slack has no channel #nowhere in acme: create it and invite the App, or change notify.channel",
        ),
        (
            "#quiet",
            "The App is not in the Slack channel #quiet of acme: invite it there, or change notify.channel",
        ),
    ],
)
async def test_the_operator_hears_what_is_missing(by_http: Town, name: str, sentence: str) -> None:
    with pytest.raises(Permanent) as told:
        await by_http.channels.show(Channel(workspace="T0ACME", name=name), "x", DONE, None, repeated=False)
    assert str(told.value) == sentence


def _web() -> Repository:
    return Repository(id=1, full_name="acme/web", installation=7)
