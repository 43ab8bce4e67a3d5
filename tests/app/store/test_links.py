"""Codes count once, for ten minutes, for whoever types them first; who guesses is stopped; it is all on record."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.store.database import Database
from app.store.events import EventLog, read_log
from app.store.links import ALPHABET, CODE_LIFE, Linked, StoredLinks
from app.store.tables import events, link_codes, link_failures, slack_links
from checks.errors import Permanent
from checks.events import Event
from deploy.events import SpeakerLinked, SpeakerUnlinked
from deploy.speech import Person, Speaker

ANA = Person(id=7, login="ana")
SAM = Person(id=8, login="sam")
HERE = Speaker(workspace="T1", user="U1", name="Ana Lima")
THERE = Speaker(workspace="T2", user="U9", name="Ana L.")
OTHER = Speaker(workspace="T1", user="U2", name="Mallory")
PAGE = "https://interlock.example.org/slack/link"
MINUTE = timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 14, 0, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(database: Database, clock: Clock) -> StoredLinks:
    return links_with(database, clock, "secret")


def links_with(database: Database, clock: Clock, *secrets: str) -> StoredLinks:
    return StoredLinks(
        database, EventLog(lambda _event: ()), public_url="https://interlock.example.org/", secrets=secrets, clock=clock
    )


async def issued(links: StoredLinks, person: Person = ANA) -> str:
    return (await links.issue(person)).text


async def told(database: Database, subject: str) -> list[Event]:
    async with database.read() as connection:
        return [each.event for each in await read_log(connection, subject=subject)]


async def guess(links: StoredLinks, speaker: Speaker, *codes: str) -> list[Person | str | None]:
    """What each code brings: a person, nothing, or a refusal."""
    found: list[Person | str | None] = []
    for code in codes:
        try:
            found.append(await links.link(speaker, code))
        except Permanent as refusal:
            found.append(str(refusal))
    return found


def wrong(count: int, start: int = 0) -> list[str]:
    return [f"WRNG-{number:04}" for number in range(start, start + count)]


# --- codes ---------------------------------------------------------------------------------------


async def test_who_types_their_code_is_who_signed_in(database: Database, links: StoredLinks, clock: Clock) -> None:
    assert await links.person(HERE) is None

    assert await links.link(HERE, await issued(links)) == ANA

    assert await links.person(HERE) == ANA
    assert await links.all() == [Linked(speaker=HERE, person=ANA, since=clock.at)]
    assert await told(database, "speaker:T1/U1") == [SpeakerLinked(speaker=HERE, person=ANA, by="ana")]


async def test_a_code_has_eight_characters_that_nobody_confuses_and_lasts_ten_minutes(
    links: StoredLinks, clock: Clock
) -> None:
    code = await links.issue(ANA)
    first, _, second = code.text.partition("-")
    assert (len(first), len(second), set(first + second) <= set(ALPHABET)) == (4, 4, True)
    assert set(ALPHABET) & set("01AEIOUBLSZ") == set()
    assert code.until == clock.at + timedelta(minutes=10)


def test_the_page_is_below_the_public_address(links: StoredLinks) -> None:
    assert links.page == PAGE


@pytest.mark.parametrize("written", ["{}", " {} ", "`{}`", "{lower}", "{bare}", "{dash}"])
async def test_a_code_may_be_written_as_people_write(links: StoredLinks, written: str) -> None:
    code = await issued(links)
    typed = written.format(code, lower=code.lower(), bare=code.replace("-", ""), dash=code.replace("-", "–"))
    assert await links.link(HERE, typed) == ANA


async def test_a_code_counts_once(links: StoredLinks) -> None:
    code = await issued(links)
    assert [await links.link(HERE, code), await links.link(OTHER, code), await links.person(OTHER)] == [ANA, None, None]


async def test_the_same_speaker_with_the_same_code_is_the_same_person(database: Database, links: StoredLinks) -> None:
    code = await issued(links)
    assert [await links.link(HERE, code) for _ in range(3)] == [ANA] * 3
    assert len(await told(database, "speaker:T1/U1")) == 1


async def test_a_code_does_not_link_again_who_was_unlinked_since(links: StoredLinks) -> None:
    code = await issued(links)
    await links.link(HERE, code)
    await links.unlink(HERE)
    assert await links.link(HERE, code) is None


async def test_a_code_ends_after_ten_minutes(links: StoredLinks, clock: Clock) -> None:
    late, soon = await issued(links, ANA), await issued(links, SAM)
    clock.at += CODE_LIFE - timedelta.resolution
    assert await links.link(HERE, soon) == SAM
    clock.at += timedelta.resolution
    assert [await links.link(OTHER, late), await links.link(HERE, soon)] == [None, None]


async def test_a_new_code_replaces_the_one_before(links: StoredLinks) -> None:
    old, of_sam, new = await issued(links), await issued(links, SAM), await issued(links)
    assert [await links.link(HERE, old), await links.link(HERE, new)] == [None, ANA]
    assert await links.link(OTHER, of_sam) == SAM


async def test_a_code_that_counted_stays_known_to_a_repeated_task_when_there_is_a_new_one(links: StoredLinks) -> None:
    code = await issued(links)
    await links.link(HERE, code)
    await links.issue(ANA)
    assert await links.link(HERE, code) == ANA


async def test_of_two_who_type_a_code_at_the_same_moment_one_wins(database: Database, links: StoredLinks) -> None:
    code = await issued(links)
    speakers = [Speaker(workspace="T1", user=f"U{number}") for number in range(8)]
    found = await asyncio.gather(*(links.link(each, code) for each in speakers))
    assert sorted(found, key=str) == [None] * 7 + [ANA]
    assert [each.speaker for each in await links.all()] == [speakers[found.index(ANA)]]


async def test_one_speaker_who_says_it_twice_at_the_same_moment_is_linked_once(
    database: Database, links: StoredLinks
) -> None:
    code = await issued(links)
    assert await asyncio.gather(*(links.link(HERE, code) for _ in range(8))) == [ANA] * 8
    assert len(await told(database, "speaker:T1/U1")) == 1


async def test_many_pages_at_the_same_moment_leave_one_code_that_counts(database: Database, links: StoredLinks) -> None:
    codes = await asyncio.gather(*(issued(links) for _ in range(8)))
    async with database.read() as connection:
        assert len((await connection.execute(select(link_codes.c.hash))).all()) == 1
    speakers = [Speaker(workspace="T1", user=f"U{number}") for number in range(8)]
    assert sorted([await links.link(*each) for each in zip(speakers, codes, strict=True)], key=str) == [
        *[None] * 7,
        ANA,
    ]


async def test_what_is_over_is_forgotten(database: Database, links: StoredLinks, clock: Clock) -> None:
    await issued(links, SAM)
    await guess(links, OTHER, *wrong(3))
    clock.at += 21 * MINUTE
    await issued(links, ANA)
    async with database.read() as connection:
        kept = [row.github_id for row in await connection.execute(select(link_codes))]
        assert (kept, (await connection.execute(select(link_failures))).all()) == ([ANA.id], [])


async def test_no_code_is_kept_in_clear_nor_told(database: Database, links: StoredLinks) -> None:
    codes = [await issued(links, SAM), await issued(links)]
    await links.link(HERE, codes[1])
    await guess(links, OTHER, "WRNG-0000")
    async with database.read() as connection:
        kept = repr(
            [
                (await connection.execute(select(table))).all()
                for table in (link_codes, link_failures, slack_links, events)
            ]
        )
    spellings = [spelling for code in (*codes, "WRNG-0000") for spelling in (code, code.replace("-", ""))]
    assert [each for each in spellings if each in kept] == []


async def test_a_code_outlives_a_change_of_the_secret_while_both_are_known(database: Database, clock: Clock) -> None:
    before, after, much_later = (links_with(database, clock, *each) for each in (["old"], ["new", "old"], ["new"]))
    codes = [await issued(before), await issued(before, SAM)]
    assert [await much_later.link(HERE, codes[0]), await after.link(HERE, codes[1])] == [None, SAM]


@pytest.mark.parametrize("secrets", [[], ["secret", ""]])
def test_without_a_secret_there_are_no_codes(tmp_path: Path, clock: Clock, secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="one is empty or missing"):
        links_with(Database(f"sqlite:///{tmp_path}/links.sqlite3"), clock, *secrets)


# --- guesses -------------------------------------------------------------------------------------


async def test_after_five_wrong_codes_none_counts_for_ten_minutes(links: StoredLinks, clock: Clock) -> None:
    locked = (
        "5 codes were wrong within 10 minutes, so none counts for you until 14:11 UTC. "
        f"Nothing is lost: after that take a new code at {PAGE}"
    )
    assert await guess(links, OTHER, *wrong(5), await issued(links)) == [None, None, None, None, locked, locked]
    clock.at += 10 * MINUTE - timedelta.resolution
    assert await guess(links, OTHER, await issued(links)) == [locked]
    clock.at += timedelta.resolution
    assert await guess(links, OTHER, await issued(links)) == [ANA]


async def test_a_code_that_was_refused_while_locked_is_still_good_for_its_owner(links: StoredLinks) -> None:
    code = await issued(links)
    await guess(links, OTHER, *wrong(5), code)
    assert await links.link(HERE, code) == ANA


async def test_whoever_is_linked_stays_so_while_no_code_counts_for_them(links: StoredLinks) -> None:
    code = await issued(links)
    await links.link(HERE, code)
    await guess(links, HERE, *wrong(5))
    assert [await links.person(HERE), await links.link(HERE, code)] == [ANA, ANA]


async def test_a_good_code_does_not_buy_more_guesses(links: StoredLinks) -> None:
    mine = await issued(links, SAM)
    found = await guess(links, OTHER, *wrong(4), mine, *wrong(1, start=4))
    assert [type(each) for each in found] == [type(None)] * 4 + [Person, str]


async def test_five_wrong_codes_in_more_than_ten_minutes_lock_nobody(links: StoredLinks, clock: Clock) -> None:
    found: list[Person | str | None] = []
    for code in wrong(9):
        found += await guess(links, OTHER, code)
        clock.at += timedelta(seconds=151)
    assert found == [None] * 9


async def test_the_ten_minutes_slide(links: StoredLinks, clock: Clock) -> None:
    await guess(links, OTHER, *wrong(1))
    clock.at += 9 * MINUTE
    await guess(links, OTHER, *wrong(3, start=1))
    clock.at += 2 * MINUTE
    found = await guess(links, OTHER, *wrong(2, start=4))
    assert [type(each) for each in found] == [type(None), str]


async def test_the_same_wrong_code_again_is_one_guess(links: StoredLinks) -> None:
    assert await guess(links, OTHER, *wrong(1) * 10) == [None] * 10


async def test_guesses_at_the_same_moment_are_counted_one_after_the_other(links: StoredLinks) -> None:
    found = await asyncio.gather(*(guess(links, OTHER, each) for each in wrong(9)))
    assert sorted(type(each[0]).__name__ for each in found) == ["NoneType"] * 4 + ["str"] * 5


async def test_nobody_is_locked_by_what_others_type(links: StoredLinks) -> None:
    await guess(links, OTHER, *wrong(6))
    same_user_elsewhere = Speaker(workspace="T2", user=OTHER.user)
    assert await links.link(same_user_elsewhere, await issued(links)) == ANA


# --- links ---------------------------------------------------------------------------------------


async def test_a_github_user_may_speak_in_several_workspaces(links: StoredLinks, clock: Clock) -> None:
    for each in (THERE, HERE):
        await links.link(each, await issued(links))
    assert await links.all() == [Linked(speaker=each, person=ANA, since=clock.at) for each in (HERE, THERE)]


async def test_a_new_link_takes_the_place_of_the_old_which_is_on_record(database: Database, links: StoredLinks) -> None:
    for person in (ANA, SAM):
        await links.link(HERE, await issued(links, person))

    assert await links.person(HERE) == SAM
    assert await told(database, "speaker:T1/U1") == [
        SpeakerLinked(speaker=HERE, person=ANA, by="ana"),
        SpeakerUnlinked(speaker=HERE, person=ANA, by="sam"),
        SpeakerLinked(speaker=HERE, person=SAM, by="sam"),
    ]


async def test_a_link_made_again_has_the_login_and_the_name_of_now(links: StoredLinks) -> None:
    await links.link(HERE, await issued(links))
    renamed = Person(id=ANA.id, login="ana-lima")
    married = Speaker(workspace="T1", user="U1", name="Ana Silva")
    await links.link(married, await issued(links, renamed))
    assert [(each.speaker, each.person) for each in await links.all()] == [(married, renamed)]


async def test_who_is_unlinked_is_nobody_and_it_is_on_record(database: Database, links: StoredLinks) -> None:
    await links.link(HERE, await issued(links))

    assert [await links.unlink(HERE), await links.unlink(HERE), await links.person(HERE)] == [ANA, None, None]
    assert (await told(database, "speaker:T1/U1"))[1:] == [SpeakerUnlinked(speaker=HERE, person=ANA, by="ana")]


async def test_the_record_says_if_somebody_else_unlinked_them(database: Database, links: StoredLinks) -> None:
    await links.link(HERE, await issued(links))
    await links.unlink(Speaker(workspace="T1", user="U1"), by="operator")
    assert (await told(database, "speaker:T1/U1"))[1:] == [SpeakerUnlinked(speaker=HERE, person=ANA, by="operator")]
