"""The one message that a build, a deployment or a hold has in a channel, and whether it gets one at all."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from checks.duration import human
from checks.message import Line, Message, Tone, plain
from checks.news import News, Weight
from deploy.channel import Channel
from deploy.matter import Matter, Turn
from deploy.pipeline import Level

MOST_REMARKS = 50
"""What is remembered of a thread, so that nothing is said twice in it."""


class How(StrEnum):
    """As a message of its own, as a remark below the message that told of the trouble first, or not at all."""

    MESSAGE = "message"
    THREAD = "thread"
    NOT = "not"


class Notice(Struct, frozen=True, kw_only=True):
    """What is to be seen: `message` with `ending` below it once its trouble is over. `remarks` are those of its thread
    that were said. It was not posted before `since`."""

    subject: str
    channel: Channel
    message: Message
    ending: Line = ()
    remarks: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def seen(self) -> Message:
        if not self.ending:
            return self.message
        return replace(self.message, lines=(*self.message.lines, self.ending), buttons=())

    def remarked(self, line: Line) -> "Notice | None":
        """None if that was said before."""
        said = plain(line)
        if said in self.remarks:
            return None
        return replace(self, remarks=(*self.remarks, said)[-MOST_REMARKS:])


def how(news: News, turn: Turn, level: Level) -> How:
    """How news is told that has no message yet. Trouble is told once, and its end once; a green day is silent."""
    if level is Level.VERBOSE or turn in (Turn.BROKEN, Turn.MENDED):
        return How.MESSAGE
    if turn is Turn.STILL_BROKEN:
        return How.THREAD
    weight = Weight.ROUTINE if turn is Turn.LATE else news.weight
    heard = (Weight.TROUBLE,) if level is Level.QUIET else (Weight.TROUBLE, Weight.NOTABLE)
    return How.MESSAGE if weight in heard else How.NOT


def told(news: News, turn: Turn, before: Matter) -> Message:
    """The message of the news; if it ends some trouble that another one told of, that comes first, with how long it
    was."""
    if turn is not Turn.MENDED or not news.mended or before.opened == news.subject:
        return news.message
    return replace(news.message, head=_mended(news, before))


def ending(news: News, before: Matter) -> Line:
    """What stands below the message that told of the trouble, once that is over."""
    return (f"{Tone.GOOD} ", *_mended(news, before))


def _mended(news: News, before: Matter) -> Line:
    return (*news.mended, f" (broken for {human(before.broken_for(news.at))})")
