"""What the stories of what people say are told with: a workspace, somebody in it, and what they hear."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from checks.events import Event
from checks.message import Button, Message, plain
from checks.repository import Repository
from deploy.command import Command
from deploy.events import AnswerDue, CommandGiven, WordsSaid
from deploy.flow.hear import hear
from deploy.pipeline import Configuration, Service
from deploy.speech import Person, Said, Speaker
from tests.deploy.stories import PRODUCTION, STAGING, A, configured, world
from tests.deploy.world import World

SHOP = Repository(id=42, full_name="acme/shop", installation=7, html_url="https://github.example.org/acme/shop")
BLOG = Repository(id=43, full_name="acme/blog", installation=7)
PEOPLE = {"ana": 1, "bo": 2, "cy": 3, "eve": 4}

_numbers = count(1)


def talk(configuration: Configuration | None = None, **more: Any) -> World:
    """A workspace that sees one repository; everybody is linked but Zoe."""
    linked = {login: Person(id=number, login=login) for login, number in PEOPLE.items()}
    return world(configuration, visible={"T1": [SHOP]}, linked=linked, numbers=PEOPLE, **more)


def blogging(*services: str) -> Configuration:
    """The configuration of a second repository."""
    made = [Service(name=name, labels=("WEB",), environments=(STAGING, PRODUCTION)) for name in services]
    return Configuration(repository=43, sha=A, services=tuple(made), written=True)


def two(**more: Any) -> World:
    """The workspace sees two repositories that both have a service web; one of them has a service api as well."""
    made = talk(configured(), elsewhere={43: blogging("web", "api")}, **more)
    made.visible = {"T1": [SHOP, BLOG]}
    return made


def words(made: World, text: str, by: str = "bo", *, sure: bool = False) -> WordsSaid:
    speaker = Speaker(workspace="T1", user=by, name=by.title())
    said = Said(id=f"s{next(_numbers)}", words=text, speaker=speaker, sure=sure, at=made.now)
    return WordsSaid(speech=said.id, said=said)


async def say(made: World, text: str, by: str = "bo", *, sure: bool = False) -> Message:
    """The one answer that somebody hears in the end."""
    said = words(made, text, by, sure=sure)
    await made.play(said)
    [answer] = made.answered[said.speech]
    return answer


async def heard(made: World, text: str, by: str = "bo", *, sure: bool = False) -> list[Event]:
    """What follows from the words alone."""
    return await made.tell(hear, words(made, text, by, sure=sure))


def given(events: Sequence[Event]) -> list[Command]:
    return [each.given for each in events if isinstance(each, CommandGiven)]


def answers(events: Sequence[Event]) -> list[str]:
    return [plain(each.answer.head) for each in events if isinstance(each, AnswerDue)]


def shown(message: Message) -> list[str]:
    """The message as somebody reads it aloud, and what its buttons are called."""
    return [message.text, *map(plain, message.lines), *(f"[{each.label}]" for each in message.buttons)]


async def press(made: World, button: Button, by: str = "bo", note: str = "") -> Message:
    """As a press of the button says it, with what it asked for."""
    because = f" because {note}" if note else ""
    return await say(made, f"{button.words}{because}", by, sure=button.sure)
