"""Which GitHub users the people of a chat are: codes that our page gives out, and what became of them.

A code is typed in the chat, so nobody can be linked by being sent an address. Of a code only a keyed digest is stored
and looked up: how long a look takes tells nothing of the code, and whoever reads the database cannot try them all.
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, Table, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from app.store.clock import now, to_number, to_time
from app.store.database import Database
from app.store.events import EventLog
from app.store.tables import link_codes, link_failures, slack_links
from app.store.upsert import upsert
from checks.errors import Permanent
from deploy.events import SpeakerLinked, SpeakerUnlinked
from deploy.ports import Links
from deploy.speech import Person, Speaker

PAGE = "/slack/link"
PURPOSE = b"interlock link codes"
"""Sets this key apart from everything else that the webhook secret signs."""

ALPHABET = "23456789CDFGHJKMNPQRTVWXY"
"""Nothing that is taken for something else when it is read off a screen, and no vowels, so that no words appear."""

HALF = 4
CODE_LIFE = timedelta(minutes=10)

MOST_WRONG = 5
WRONG_COUNTS = timedelta(minutes=10)
LOCKED = timedelta(minutes=10)


class LinkCode(Struct, frozen=True, kw_only=True):
    """As it is shown, once."""

    text: str
    until: datetime


class Linked(Struct, frozen=True, kw_only=True):
    speaker: Speaker
    person: Person
    since: datetime


class StoredLinks(Links):
    """`secrets` are the webhook secrets: the first makes digests, those of any are known."""

    def __init__(
        self,
        database: Database,
        event_log: EventLog,
        *,
        public_url: str,
        secrets: Sequence[str],
        clock: Callable[[], datetime] = now,
    ) -> None:
        if not secrets or not all(secrets):
            raise ValueError("codes need a secret to be kept with, and one is empty or missing")
        self._database = database
        self._log = event_log
        self._page = public_url.rstrip("/") + PAGE
        self._keys = [hmac.digest(secret.encode(), PURPOSE, "sha256") for secret in secrets]
        self._clock = clock

    @property
    def page(self) -> str:
        return self._page

    async def issue(self, person: Person) -> LinkCode:
        """A new code for somebody who signed in; the one that they had counts no more."""
        code = f"{_letters()}-{_letters()}"
        async with self._database.write() as connection:
            await self._in_turn(connection, f"person:{person.id}")
            at = self._clock()
            await _forget(connection, at)
            unused = (link_codes.c.github_id == person.id) & (link_codes.c.user_id == "")
            await connection.execute(delete(link_codes).where(unused))
            row = {
                "hash": self._digests(code)[0],
                "github_id": person.id,
                "login": person.login,
                "until": to_number(at + CODE_LIFE),
            }
            await connection.execute(insert(link_codes).values(row))
        return LinkCode(text=code, until=at + CODE_LIFE)

    async def person(self, speaker: Speaker) -> Person | None:
        async with self._database.read() as connection:
            return await _person(connection, speaker)

    async def all(self) -> Sequence[Linked]:
        """By workspace and name."""
        query = select(slack_links).order_by(slack_links.c.workspace, slack_links.c.name, slack_links.c.user_id)
        async with self._database.read() as connection:
            return [_linked(row) for row in await connection.execute(query)]

    async def link(self, speaker: Speaker, code: str) -> Person | None:
        """`Permanent`, with the time when it ends, for whoever typed too many wrong codes."""
        digests = self._digests(code)
        async with self._database.write() as connection:
            await self._in_turn(connection, _subject(speaker))
            at = self._clock()
            if person := await _counted_before(connection, speaker, digests, at):
                return person
            locked = await _locked_until(connection, speaker, at)
            if locked is None:
                if person := await _count(connection, speaker, digests, at):
                    await self._keep(connection, speaker, person, at)
                    return person
                await _note_failure(connection, speaker, digests[0], at)
                locked = await _locked_until(connection, speaker, at)
        if locked:
            raise Permanent(too_many_wrong(locked, self._page))
        return None

    async def unlink(self, speaker: Speaker, *, by: str = "") -> Person | None:
        """`by` is who does it, if it is not the speaker."""
        async with self._database.write() as connection:
            await self._in_turn(connection, _subject(speaker))
            gone = delete(slack_links).where(_of(slack_links, speaker)).returning(slack_links)
            row = (await connection.execute(gone)).one_or_none()
            if row is None:
                return None
            was = _linked(row)
            event = SpeakerUnlinked(speaker=was.speaker, person=was.person, by=by or was.person.login)
            await self._log.append(connection, [event], at=self._clock())
        return was.person

    async def _keep(self, connection: AsyncConnection, speaker: Speaker, person: Person, at: datetime) -> None:
        """The speaker is this person now; whom they were before is on record."""
        before = await _person(connection, speaker)
        row = {
            "workspace": speaker.workspace,
            "user_id": speaker.user,
            "github_id": person.id,
            "login": person.login,
            "name": speaker.name,
            "since": to_number(at),
        }
        await upsert(connection, slack_links, row)
        if before and before.id != person.id:
            gone = SpeakerUnlinked(speaker=speaker, person=before, by=person.login)
            await self._log.append(connection, [gone], at=at)
        came = SpeakerLinked(speaker=speaker, person=person, by=person.login)
        await self._log.append(connection, [came], at=at)

    def _digests(self, code: str) -> Sequence[str]:
        """However somebody writes it: in small letters, without the dash, or with a longer one."""
        plain = "".join(each for each in code.upper() if each.isalnum()).encode()
        return [hmac.digest(key, plain, "sha256").hex() for key in self._keys]

    async def _in_turn(self, connection: AsyncConnection, subject: str) -> None:
        """What concerns one person or speaker happens one after the other."""
        if not self._database.is_sqlite:  # which has one writer at a time
            lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 0))")
            await connection.execute(lock, {"subject": f"link:{subject}"})


def too_many_wrong(until: datetime, page: str) -> str:
    until += timedelta(minutes=1) - timedelta.resolution  # the first whole minute that is not too early
    return (
        f"{MOST_WRONG} codes were wrong within {WRONG_COUNTS.seconds // 60} minutes, so none counts for you until "
        f"{until:%H:%M} UTC. Nothing is lost: after that take a new code at {page}"
    )


# --- codes ---------------------------------------------------------------------------------------


def _letters() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(HALF))


async def _counted_before(
    connection: AsyncConnection, speaker: Speaker, digests: Sequence[str], at: datetime
) -> Person | None:
    """Whom this code made the speaker, if they still are: a task may be repeated."""
    query = select(link_codes.c.github_id).where(_living(digests, at), _of(link_codes, speaker))
    github_id = (await connection.execute(query)).scalar_one_or_none()
    person = await _person(connection, speaker)
    return person if person and person.id == github_id else None


async def _count(connection: AsyncConnection, speaker: Speaker, digests: Sequence[str], at: datetime) -> Person | None:
    """Of two who type the same code, one changes the row."""
    taken = (
        update(link_codes)
        .where(_living(digests, at), link_codes.c.user_id == "")
        .values(workspace=speaker.workspace, user_id=speaker.user)
        .returning(link_codes.c.github_id, link_codes.c.login)
    )
    row = (await connection.execute(taken)).one_or_none()
    return Person(id=row.github_id, login=row.login) if row else None


def _living(digests: Sequence[str], at: datetime) -> ColumnElement[bool]:
    return link_codes.c.hash.in_(digests) & (link_codes.c.until > to_number(at))


# --- guesses -------------------------------------------------------------------------------------


async def _note_failure(connection: AsyncConnection, speaker: Speaker, digest: str, at: datetime) -> None:
    """The same wrong code again is no new guess: a task may be repeated."""
    row = {"workspace": speaker.workspace, "user_id": speaker.user, "hash": digest, "at": to_number(at)}
    await upsert(connection, link_failures, row)


async def _locked_until(connection: AsyncConnection, speaker: Speaker, at: datetime) -> datetime | None:
    query = (
        select(link_failures.c.at)
        .where(_of(link_failures, speaker))
        .order_by(link_failures.c.at.desc())
        .limit(MOST_WRONG)
    )
    wrong = [to_time(each) for each in (await connection.execute(query)).scalars()]
    if len(wrong) < MOST_WRONG or wrong[0] - wrong[-1] > WRONG_COUNTS:
        return None
    return until if (until := wrong[0] + LOCKED) > at else None


async def _forget(connection: AsyncConnection, at: datetime) -> None:
    """What matters to nobody any more."""
    await connection.execute(delete(link_codes).where(link_codes.c.until <= to_number(at)))
    oldest = to_number(at - WRONG_COUNTS - LOCKED)
    await connection.execute(delete(link_failures).where(link_failures.c.at < oldest))


# --- rows ----------------------------------------------------------------------------------------


async def _person(connection: AsyncConnection, speaker: Speaker) -> Person | None:
    row = (await connection.execute(select(slack_links).where(_of(slack_links, speaker)))).one_or_none()
    return _linked(row).person if row else None


def _of(table: Table, speaker: Speaker) -> ColumnElement[bool]:
    return (table.c.workspace == speaker.workspace) & (table.c.user_id == speaker.user)


def _subject(speaker: Speaker) -> str:
    return f"speaker:{speaker.workspace}/{speaker.user}"


def _linked(row: Row[*tuple[Any, ...]]) -> Linked:
    return Linked(
        speaker=Speaker(workspace=row.workspace, user=row.user_id, name=row.name),
        person=Person(id=row.github_id, login=row.login),
        since=to_time(row.since),
    )
