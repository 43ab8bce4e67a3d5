"""Something that is broken or well, such as a branch or an environment, and what a piece of news changes about it."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from checks.news import News


class Turn(StrEnum):
    """What a piece of news is to its matter. LATE news is older than what was heard; PLAIN news changes nothing."""

    BROKEN = "broken"
    STILL_BROKEN = "still_broken"
    MENDED = "mended"
    PLAIN = "plain"
    LATE = "late"


class Matter(Struct, frozen=True, kw_only=True):
    """It is broken as long as one of its parts is. `opened` is the subject of the message that said so first, `since`
    when that was; `heard` is the order of the newest news of each part."""

    name: str
    broken: tuple[str, ...] = ()
    heard: dict[str, str] = {}
    opened: str = ""
    since: datetime | None = None

    def hear(self, news: News) -> "tuple[Matter, Turn]":
        """The matter after the news, and what the news is to it."""
        if news.wrong is None:
            return self, Turn.PLAIN
        if news.order < self.heard.get(news.part, ""):
            return self, Turn.LATE
        parts = {*self.broken, news.part} if news.wrong else set(self.broken) - {news.part}
        after = replace(self, broken=tuple(sorted(parts)), heard={**self.heard, news.part: news.order})
        if not self.broken and news.wrong:
            return replace(after, opened=news.subject, since=news.at), Turn.BROKEN
        if self.broken and not parts:
            return replace(after, opened="", since=None), Turn.MENDED
        return after, Turn.STILL_BROKEN if news.wrong else Turn.PLAIN

    def broken_for(self, now: datetime) -> timedelta:
        return now - self.since if self.since else timedelta()
