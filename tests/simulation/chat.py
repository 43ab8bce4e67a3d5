"""A chat in which everything may be lost: what was said there, asked and answered, around the world of deliveries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar, cast

from app.channels.pace import Pace
from app.channels.slack import SlackChannels
from app.routes import DELIVERY, NOTICES
from app.routing import name_of
from app.slack.client import Refused
from app.slack.workspace import SlackWorkspaces, Workspace
from checks.errors import Permanent, Transient
from checks.events import Event
from checks.message import Message
from checks.repository import Repository
from deploy.channel import Posted
from deploy.events import CommandEvent, NoticeEvent, SpeechEvent
from deploy.hold import Hold, State
from deploy.matter import Matter
from deploy.notice import Notice
from deploy.pipeline import Configuration
from deploy.place import Place
from deploy.ports import CD
from deploy.speech import Person, Speaker
from deploy.version import Version
from tests.simulation.environments import (
    HANDLERS,
    Configurations,
    Deployments,
    Environments,
    Holds,
    Ports,
    Run,
    Versions,
    Work,
)

REPOSITORY = Repository(id=42, full_name="PRX/My-App", installation=7)
ACME = Workspace(id="T1", name="Acme", bot_user="U0BOT", bot="B0BOT")
CHANNEL, NAME = "C1", "ops"
A_PAGE = 4
"""Messages: few, so that a search goes on over pages."""
MOST_ANSWERS = 5
"""By one address."""


@dataclass(eq=False)
class Said:
    """A message of the App. `at` is the moment at which it was posted, `edited` when it was changed last."""

    ts: str
    at: datetime
    body: dict[str, Any]

    @property
    def thread(self) -> str:
        return str(self.body.get("thread_ts", ""))

    def about(self, key: str) -> str:
        """The subject of a message, or the id of a remark."""
        return str(self.body["metadata"]["event_payload"].get(key, ""))


@dataclass(eq=False)
class Slack:
    """`Web API` and addresses to answer to, asked by a worker that may be killed before and after each."""

    world: "Chatting"
    is_away: bool = False
    is_closed: bool = False
    """The App was taken out of the channel."""
    refused: set[str] = field(default_factory=set)
    """Subjects of which something was not told for that."""
    messages: list[Said] = field(default_factory=list)
    answers: dict[str, list[Message]] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    """What was answered by a message, as the address was used up."""
    lost: dict[str, int] = field(default_factory=dict)
    """How often nobody heard that an answer had arrived."""
    numbers: Any = field(default_factory=lambda: count(1))

    async def call(self, _workspace: str, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        await self._before(method)
        told = METHODS[method](self, arguments)
        await self._after(method)
        return told

    async def give(self, said: str, answer: Message) -> None:
        await self._before("answer")
        given = self.answers.setdefault(said, [])
        if len(given) >= MOST_ANSWERS:
            self.letters.append(said)
        given.append(answer)
        self.lost[said] = self.lost.get(said, 0) + 1
        await self._after("answer")
        self.lost[said] -= 1

    async def _before(self, what: str) -> None:
        await self.world.step()
        random, chances = self.world.random, self.world.chances
        if self.is_away or random.random() < chances.fail:
            raise Transient(f"Slack could not do {what} now")
        if random.random() < chances.fail:
            raise Transient(f"{what} too often", not_before=datetime.now(UTC) + timedelta(seconds=30))

    async def _after(self, what: str) -> None:
        await self.world.stumble(f"Slack, asked for {what},")

    def _post(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert body["channel"] in (CHANNEL, NAME)
        if self.is_closed:
            above = [each.about("subject") for each in self.messages if each.ts == body.get("thread_ts")]
            self.refused |= {*above, body["metadata"]["event_payload"].get("subject", "")}
            raise Refused("chat.postMessage", "not_in_channel")
        ts = f"{int(self.world.now.timestamp())}.{next(self.numbers):06}"
        self.messages.append(Said(ts, self.world.now, dict(body)))
        return {"channel": CHANNEL, "ts": ts}

    def _update(self, body: Mapping[str, Any]) -> dict[str, Any]:
        found = next((each for each in self.messages if each.ts == body["ts"]), None)
        if found is None:
            raise Refused("chat.update", "message_not_found")
        found.body.update(body)
        return {"channel": CHANNEL, "ts": found.ts}

    def _history(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        oldest = float(asked["oldest"])
        return self._page([each for each in self.top()[::-1] if float(each.ts) >= oldest], asked)

    def _replies(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._page([each for each in self.messages if asked["ts"] in (each.ts, each.thread)], asked)

    def _page(self, found: Sequence[Said], asked: Mapping[str, Any]) -> dict[str, Any]:
        at = int(asked.get("cursor") or 0)
        more = str(at + A_PAGE) if at + A_PAGE < len(found) else ""
        shown = [{"bot_id": ACME.bot, "ts": each.ts, **each.body} for each in found[at : at + A_PAGE]]
        return {"messages": shown, "response_metadata": {"next_cursor": more}}

    def _list(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"channels": [{"id": CHANNEL, "name": NAME}]}

    def top(self) -> list[Said]:
        """The channel, the oldest first."""
        return [each for each in self.messages if not each.thread]

    def below(self, ts: str) -> list[Said]:
        return [each for each in self.messages if each.thread == ts]


METHODS: Mapping[str, Callable[[Slack, Mapping[str, Any]], dict[str, Any]]] = {
    "chat.postMessage": Slack._post,
    "chat.update": Slack._update,
    "conversations.history": Slack._history,
    "conversations.replies": Slack._replies,
    "conversations.list": Slack._list,
}


@dataclass(eq=False)
class Chatting(Environments):
    """Whoever is linked may say something, and the channel hears of everything."""

    notices: dict[str, Notice] = field(default_factory=dict)
    posted: dict[str, Posted] = field(default_factory=dict)
    matters: dict[str, Matter] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    slack: Slack = field(init=False)
    channels: SlackChannels = field(init=False)

    handlers: ClassVar = {**HANDLERS, **{name_of(each): each for each in NOTICES.handlers()}}
    once: ClassVar[tuple[type[Event], ...]] = (CommandEvent, SpeechEvent, NoticeEvent)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.slack = Slack(self)
        self.start()

    def start(self) -> None:
        """A process that remembers nothing of the one before."""
        pace = Pace(clock=self._seconds, sleep=self._sleep)
        self.channels = SlackChannels(cast("SlackWorkspaces", Workspaces(self.slack)), NAME, pace=pace)

    def tasks_for(self, event: Event) -> Iterable[tuple[str, str]]:
        return [*DELIVERY.tasks_for(event), *NOTICES.tasks_for(event)]

    def work(self, *, now: datetime, repeated: bool) -> Work:
        return Talk(self, now=now, repeated=repeated)

    def _refuse(self, run: Run, refusal: Permanent) -> None:
        """What the operator hears of: somebody has to invite the App."""
        if not str(refusal).startswith("The App is not in the Slack channel"):
            super()._refuse(run, refusal)
        else:
            self._forget(run)

    def _seconds(self) -> float:
        return self.now.timestamp()

    async def _sleep(self, _seconds: float) -> None:
        await self.step()


class Talk(Work):
    """The ports of a task with those that the chat needs beside."""

    def __init__(self, world: Chatting, *, now: datetime, repeated: bool) -> None:
        super().__init__(world, now=now, repeated=repeated)
        self.chat = world

    def cd(self) -> CD:
        more: Any = {
            "repositories": Repositories(self),
            "versions": AllVersions(self.world),
            "configurations": AllConfigurations(self.world),
            "deployments": AllDeployments(self),
            "holds": AllHolds(self),
            "commits": Commits(),
            "workspaces": Workspaces(self.chat.slack),
            "links": Links(self.chat),
            "answers": self.chat.slack,
            "notices": Notices(self),
            "matters": Matters(self),
            "channels": self.chat.channels,
        }
        return replace(super().cd(), **more)


class Workspaces:
    """One, that sees the one repository."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self.call = slack.call

    async def find(self, _team: str, _organisation: str = "") -> Workspace:
        return ACME

    async def that_sees(self, _repository: Repository) -> Workspace:
        await self._slack.world.stumble("Slack")
        return ACME

    async def repositories(self, _workspace: str) -> Sequence[Repository]:
        await self._slack.world.stumble("Slack")
        return [REPOSITORY]


class Links:
    page = "https://ci.example.org/slack/link"

    def __init__(self, world: Chatting) -> None:
        self._world = world

    async def person(self, speaker: Speaker) -> Person | None:
        await self._world.stumble("the database")
        return self._world.people.get(speaker.user)

    async def link(self, _speaker: Speaker, _code: str) -> Person | None:
        """No code that anybody guesses is right."""
        await self._world.stumble("the database")
        return None


class Notices:
    def __init__(self, work: Talk) -> None:
        self._work = work
        self._chat = work.chat

    async def get(self, subject: str) -> Notice | None:
        await self._chat.step()
        return self._chat.notices.get(subject)

    def save(self, notice: Notice) -> None:
        self._work.later.append(lambda: self._chat.notices.update({notice.subject: notice}))

    async def posted(self, subject: str) -> Posted | None:
        await self._chat.step()
        return self._chat.posted.get(subject)

    def save_posted(self, subject: str, there: Posted) -> None:
        self._work.later.append(lambda: self._chat.posted.update({subject: there}))


class Matters:
    def __init__(self, work: Talk) -> None:
        self._work = work
        self._chat = work.chat

    async def get(self, name: str) -> Matter:
        await self._chat.step()
        return self._chat.matters.get(name) or Matter(name=name)

    def save(self, matter: Matter) -> None:
        self._work.later.append(lambda: self._chat.matters.update({matter.name: matter}))


class Commits:
    """Nothing was built."""

    async def named(self, _repository: int, _beginning: str) -> Sequence[str]:
        return ()

    async def named_in(self, _repositories: Sequence[int], _beginning: str) -> Sequence[tuple[int, str]]:
        return ()

    async def newest(self, _repository: int) -> str:
        return ""


class Repositories(Ports):
    async def get(self, repository: int) -> Repository:
        await super().get(repository)
        return REPOSITORY


class AllVersions(Versions):
    async def named_in(self, repositories: Sequence[int], name: str) -> Sequence[Version]:
        return [each for number in repositories for each in await self.named(number, name)]


class AllConfigurations(Configurations):
    async def of(self, repositories: Sequence[int]) -> Mapping[int, Configuration]:
        return {each: await self.get(each) for each in repositories}


class AllDeployments(Deployments):
    async def places(self, names: Sequence[str]) -> Mapping[str, Place]:
        return {each: await self.place(each) for each in names}


class AllHolds(Holds):
    async def get(self, hold: str) -> Hold:
        await self._world.step()
        return self._world.holds[hold]

    async def all(self) -> Sequence[Hold]:
        await self._world.step()
        return [each for each in self._world.holds.values() if each.state is State.ACTIVE]
