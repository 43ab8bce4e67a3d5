"""Whatever is lost between the App and a chat: one message for a subject, everything once, and everybody is answered.

A failing history prints its seed: `SIMULATION_SEED=n` runs that one alone, `SIMULATION_HISTORIES=n` runs more of them.
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from app.slack import block_kit
from checks.events import NewsTold
from checks.message import Ask, Button, Message, Tone, plain
from checks.news import News, Weight
from deploy.deployment import Deployment, State
from deploy.deployment_news import deployment_news
from deploy.events import (
    AnswerDue,
    CommandGiven,
    CommandObeyed,
    CommandRefused,
    DeploymentMoved,
    RemarkDue,
    WordsSaid,
)
from deploy.flow.notify import BRIEF
from deploy.headline import Facts
from deploy.hold import State as Hold
from deploy.notice import Notice
from deploy.pipeline import Configuration, Level, Notify
from deploy.speech import Person, Said, Speaker
from tests.deploy.stories import MANUAL, PRODUCTION, SMOKE, STAGING, configured, registered, version
from tests.simulation.chat import REPOSITORY, Chatting
from tests.simulation.environments import Chances, Environments, Run
from tests.simulation.invariants import AT_COMMIT, AT_LANDING, AT_WRITE, wrong_at_rest

HISTORIES = int(os.environ.get("SIMULATION_HISTORIES", "60"))
FIRST_SEED = int(os.environ.get("SIMULATION_FIRST_SEED", "1"))
SEEDS = (
    [int(os.environ["SIMULATION_SEED"])]
    if "SIMULATION_SEED" in os.environ
    else range(FIRST_SEED, FIRST_SEED + HISTORIES)
)
GROUPS = 2

SHAS = [letter * 40 for letter in "abcde"]
PEOPLE = {"ana": "admin", "bo": "write", "cy": "maintain", "eve": "read"}
STRANGER = "zoe"
WORDS = [
    *["approve web production", "approve production because fine", "approve web"] * 3,
    *["hold web production because audit", "lock web until 10m because mine", "hold PRX/My-App because all"],
    *["lift web production", "lift web", "lift PRX/My-App", "promote web to production", "deploy web {sha} to staging"],
    *["deploy web {sha} to production", "redeploy web staging", "rollback web production because totals"],
    *["rollback web staging because totals", "reject web production because no", "cancel web production"],
    *["override smoke web staging because flaky", "emergency web {sha} to production because fire"],
    *["why web production", "diff web production", "status", "help", "whoami", "wy web prodution", "rerun {sha}", "–"],
]


class History:
    """Everything that follows from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.shas = SHAS[: random.randint(2, 5)]
        self.deeds: list[str] = []
        self.said: list[Said] = []
        self.incidents: list[tuple[str, str]] = []
        self.opened: dict[str, str] = {}
        self.over: set[str] = set()
        self.noticed: set[str] = set()
        self.world = Chatting(
            random=random,
            configuration=_configuration(random),
            history=self.shas,
            versions={version(sha).id: version(sha) for sha in self.shas},
            rights=PEOPLE,
            people={login: Person(id=number, login=login) for number, login in enumerate(PEOPLE)},
            workers=random.choice([1, 2, 5]),
            chances=_chances(random),
            on_write=AT_WRITE,
            on_landing=AT_LANDING,
            on_commit=[*AT_COMMIT, self._note_incidents],
        )

    def run(self) -> list[str]:
        coming = list(self.shas)
        while coming or self.random.random() < 0.9:
            if coming and self.random.random() < 0.4:
                self._register(coming.pop(0))
            else:
                self.random.choice(DEEDS)(self)
            self._go_on(self.random.choice([0, 3, 30, 300]))
            if self.random.random() < 0.2:
                self.world.pass_time(timedelta(seconds=self.random.choice([1, 60, 400, 50_000])))
        self.world.slack.is_away = self.world.slack.is_closed = False
        self._go_on(1000)
        self.world.chances, self.world.changed = Chances(), self.world.now
        for sha in SHAS:
            self.world.answers[sha] = {"smoke": self.random.choice(["success", "success", "failure"])}
        self.world.settle()
        return [*self.world.wrongs, *wrong_at_rest(self.world), *self._wrongs()]

    # --- what happens

    def _go_on(self, steps: int) -> None:
        """So many steps; whoever has nothing to do comes again when something is tried again."""
        for _ in range(steps):
            waiting = [] if self.world.slack.is_away else [task.run_at for task in self.world.tasks]
            if not self.world.one_step() and waiting:
                self.world.pass_time(max(min(waiting) - self.world.now, timedelta()))

    def _register(self, sha: str) -> None:
        smoke = self.random.choice(["success", "success", "failure", "in_progress"])
        self.world.answers.setdefault(sha, {"smoke": smoke})
        self._did(f"{sha[0]} is registered, smoke {smoke}")
        self.world.tell(registered(sha))

    def _say(self) -> None:
        words = self.random.choice(WORDS).format(sha=self.random.choice(SHAS)[:7])
        self._hear(words, sure=False)

    def _press(self) -> None:
        """Some button of the channel or of an answer, of now or of long ago."""
        seen = [each.seen for each in self.world.notices.values()]
        seen += [each for given in self.world.slack.answers.values() for each in given]
        self._press_one_of([button for each in seen for button in each.buttons if button.asks is not Ask.CODE])

    def _mean(self) -> None:
        """What the newest plan says, or what the newest message in the channel asks."""
        seen = [given[-1] for given in self.world.slack.answers.values()]
        seen += [each.seen for each in self.world.notices.values()]
        self._press_one_of([button for each in seen for button in each.buttons if button.sure][-4:])

    def _press_one_of(self, buttons: list[Button]) -> None:
        if buttons:
            button = self.random.choice(buttons)
            self._hear(f"{button.words}{' because pressed' if button.asks else ''}", sure=button.sure)

    def _hear(self, words: str, *, sure: bool) -> None:
        user = self.random.choice([*["ana", "bo", "cy"] * 4, "eve", STRANGER])
        speaker = Speaker(workspace="T1", user=user, name=user)
        said = Said(id=f"s{len(self.said)}", words=words, speaker=speaker, sure=sure, at=self.world.now)
        self.said.append(said)
        self._did(f"{user}: {words}")
        self.world.tell(WordsSaid(speech=said.id, said=said))

    def _build(self) -> None:
        number = len(self.deeds)
        wrong = self.random.random() < 0.4
        message = Message(tone=Tone.BAD if wrong else Tone.GOOD, head=(f"build {number}",))
        news = News(
            subject=f"build:{number}",
            repository=42,
            weight=Weight.TROUBLE if wrong else Weight.ROUTINE,
            message=message,
            matter="branch:42:main",
            order=f"{number:04}",
            wrong=wrong,
            mended=("main is well again",),
            at=self.world.now,
        )
        self._did(f"build {number} {'failed' if wrong else 'passed'}")
        self.world.tell(NewsTold(news=news))

    def _change_slack(self) -> None:
        """It goes away, or comes back; the App is taken out of the channel, or invited; or it is started anew."""
        slack = self.world.slack
        match self.random.randrange(5):
            case 0:
                slack.is_closed = not slack.is_closed
            case 1 | 2:
                slack.is_away = not slack.is_away
            case _:
                self.world.start()
        self._did(f"Slack is away: {slack.is_away}, closed: {slack.is_closed}, or the App was started")

    def _did(self, what: str) -> None:
        self.deeds.append(f"{self.world.steps}: {what}")

    def _note_incidents(self, _: Environments, run: Run) -> Iterator[str]:
        """Pairs of what broke first and what mended it, where that got a message for it."""
        if not isinstance(event := run.task.event, NewsTold):
            return
        new = self.world.notices.keys() - self.noticed
        self.noticed |= new
        for name, matter in self.world.matters.items():
            opened, self.opened[name] = self.opened.get(name, ""), matter.opened
            if opened and not matter.opened and opened != event.news.subject:
                self.over.add(opened)
                if event.news.subject in new:
                    self.incidents.append((opened, event.news.subject))
        yield from ()

    # --- what has to be true

    def _wrongs(self) -> Iterator[str]:
        yield from self._wrong_messages()
        yield from self._wrong_remarks()
        yield from self._wrong_order()
        yield from self._wrong_truth()
        yield from self._wrong_matters()
        yield from self._wrong_commands()
        yield from self._wrong_answers()

    def _wrong_messages(self) -> Iterator[str]:
        """One for each subject, and it shows what it is to show."""
        world = self.world
        there = Counter(each.about("subject") for each in world.slack.top())
        told = {*there, *world.notices.keys() - world.slack.refused}
        yield from (f"{there[name]} messages about {name}" for name in told if there[name] != 1)
        for each in world.slack.top():
            wanted = block_kit.body(world.notices[each.about("subject")].seen)
            if each.body["text"] != wanted["text"]:
                yield f"{each.about('subject')} says {each.body['text']!r} instead of {wanted['text']!r}"

    def _wrong_remarks(self) -> Iterator[str]:
        """Each that was due is there once, below its message, in the order in which they were due."""
        due: dict[str, list[str]] = {}
        for event in self.world.said:
            if isinstance(event, RemarkDue):
                due.setdefault(event.notice, []).append(event.remark)
        for each in self.world.slack.top():
            there = [remark.about("remark") for remark in self.world.slack.below(each.ts)]
            wanted = due.pop(subject := each.about("subject"), [])
            if subject in self.world.slack.refused:
                wanted = [remark for remark in wanted if remark in there]
            if there != wanted:
                yield f"below {each.about('subject')} there is {there} instead of {wanted}"
            texts = [remark.body["text"] for remark in self.world.slack.below(each.ts)]
            if len(texts) != len(set(texts)):
                yield f"something is said twice below {each.about('subject')}: {texts}"
        yield from (f"nothing is below {name}" for name in due.keys() - self.world.slack.refused)

    def _wrong_order(self) -> Iterator[str]:
        subjects = [each.about("subject") for each in self.world.slack.top()]
        for opened, mended in self.incidents:
            if {opened, mended} <= {*subjects} and subjects.index(opened) > subjects.index(mended):
                yield f"{mended} mended what {opened} broke, and is above it"

    def _wrong_truth(self) -> Iterator[str]:
        for each in self.world.all():
            notice = self.world.notices.get(f"deployment:{each.id}")
            if notice and each.state not in BRIEF and not _is_true(notice, each, self.world):
                yield f"{each.id} is {each.state} ({each.why}), and {notice.message.text!r} is told"
        for hold in self.world.holds.values():
            notice = self.world.notices.get(f"hold:{hold.id}")
            if notice and (hold.state is Hold.ACTIVE) != bool(notice.seen.buttons):
                yield f"{hold.id} is {hold.state}, and {notice.message.text!r} is told"

    def _wrong_matters(self) -> Iterator[str]:
        """An environment is broken by what failed there last, until something is live."""
        ends = {State.FAILED: True, State.ERROR: True, State.LIVE: False}
        moves = [each for each in self.world.said if isinstance(each, DeploymentMoved) and each.state in ends]
        for place, last in {each.place: each for each in moves}.items():
            matter = self.world.matters.get(f"place:{place}")
            if bool(matter and matter.broken) is not ends[State(last.state)]:
                yield f"{last.deployment} is {last.state} last in {place}, and people were told {matter}"
        still = {each.opened for each in self.world.matters.values() if each.broken}
        yield from (f"{name} broke something, and no message says so" for name in still - self.world.notices.keys())
        for name, notice in self.world.notices.items():
            if bool(notice.ending) is not (name in self.over):
                yield f"{name} ends with {notice.ending}"

    def _wrong_commands(self) -> Iterator[str]:
        """What was commanded is obeyed or refused, once."""
        ends = Counter(each.command for each in self.world.said if isinstance(each, CommandObeyed | CommandRefused))
        given = Counter(each.command for each in self.world.said if isinstance(each, CommandGiven))
        yield from (f"{name} was commanded {times} times" for name, times in given.items() if times != 1)
        yield from (f"{name} ended {ends[name]} times" for name in {*given, *ends} if ends[name] != given[name])

    def _wrong_answers(self) -> Iterator[str]:
        """Everything that was said is answered; twice only if nobody heard that the first answer arrived."""
        slack = self.world.slack
        due = Counter(each.speech for each in self.world.said if isinstance(each, AnswerDue))
        for each in self.said:
            answers = slack.answers.get(each.id, [])
            if due[each.id] != 1 or len(answers) != 1 + slack.lost.get(each.id, 0):
                yield f"{each.id} ({each.words}) was answered {len(answers)} times, {due[each.id]} were due"


DEEDS = [
    *[History._say, History._mean, History._mean] * 3,
    *[History._press, History._build, History._build, History._change_slack],
]


def _is_true(notice: Notice, deployment: Deployment, world: Chatting) -> bool:
    news = deployment_news(Facts(deployment=deployment, repository=REPOSITORY, now=world.now))
    if deployment.state is State.GATED:
        return notice.message.tone in (Tone.WAITS, Tone.HELD)
    told = plain(notice.message.head)
    return told == plain(news.message.head) or told.startswith(plain(news.mended))


def _configuration(random: Random) -> Configuration:
    staging = random.choice([STAGING, replace(STAGING, after=(SMOKE,), rolls_back=random.random() < 0.7)])
    production = replace(
        PRODUCTION, before=random.choice([(), (MANUAL,), (MANUAL,)]), after=random.choice([(), (SMOKE,)])
    )
    return replace(configured(staging, production), notify=Notify(level=random.choice(list(Level))))


def _chances(random: Random) -> Chances:
    return Chances(
        kill=random.choice([0, 0.002, 0.02]),
        fail=random.choice([0, 0.02, 0.1, 0.3]),
        double=random.choice([0, 0.2]),
        jump=random.choice([0, 0.01]),
        refuse=random.choice([0, 0.2]),
        linger=random.choice([0, 0.3]),
    )


@pytest.mark.timeout(0 if HISTORIES > 60 else 120)
@pytest.mark.parametrize("group", range(min(GROUPS, len(SEEDS))))
def test_every_talk_ends_well(group: int) -> None:
    for seed in list(SEEDS)[group::GROUPS]:
        history = History(seed)
        try:
            wrongs = history.run()
        except AssertionError as wrong:
            wrongs = [*history.world.wrongs, str(wrong)]
        finally:
            history.world.end()
        assert wrongs == [], f"SIMULATION_SEED={seed} after {history.deeds}"
