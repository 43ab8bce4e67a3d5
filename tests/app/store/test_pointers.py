"""One lease at a time, whoever asks and however many at once; what is changed is changed at once."""

import asyncio
from datetime import timedelta

from app.store.clock import now
from app.store.database import Database
from app.store.pointers import StoredPointers
from deploy.pointer import Pointer

PLACE = "42/staging"
MINUTE = timedelta(minutes=1)


def leased(pointer: Pointer) -> Pointer | None:
    return pointer.leased(now(), now() + MINUTE)


async def test_of_many_who_ask_at_once_one_gets_the_lease(database: Database) -> None:
    asked = await asyncio.gather(*(StoredPointers(database).change(PLACE, leased) for _ in range(8)))

    assert sorted(each.fence if each else 0 for each in asked) == [0, 0, 0, 0, 0, 0, 0, 1]


async def test_each_lease_has_a_higher_number(database: Database) -> None:
    pointers = StoredPointers(database)
    fences = []
    for _ in range(3):
        pointer = await pointers.change(PLACE, leased)
        assert pointer
        fences.append(pointer.fence)
        await pointers.change(PLACE, lambda now, lease=pointer.fence: now.released(lease))  # type: ignore[misc]  # mypy does not see the default

    assert fences == [1, 2, 3]


async def test_a_write_is_remembered_from_its_aim_to_its_arrival(database: Database) -> None:
    pointers = StoredPointers(database)
    await pointers.change(PLACE, leased)

    aimed = await pointers.change(PLACE, lambda now: now.aimed(1, "a" * 40))
    late = await pointers.change(PLACE, lambda now: now.arrived(0))
    arrived = await StoredPointers(database).change(PLACE, lambda now: now.arrived(1))

    assert (aimed and aimed.is_cut_off, late, arrived and arrived.live) == (True, None, "a" * 40)


async def test_places_do_not_know_each_other(database: Database) -> None:
    pointers = StoredPointers(database)
    await pointers.change(PLACE, leased)

    other = await pointers.change("42/production", leased)

    assert other
    assert other.fence == 1


async def test_the_leases_of_the_dead_end_as_soon_as_nothing_can_arrive_that_they_sent(database: Database) -> None:
    pointers, at = StoredPointers(database), now()
    for place in ("42/idle", "42/writing"):
        await pointers.change(place, lambda now: now.leased(at, at + MINUTE))
    await pointers.change("42/writing", lambda now: now.begun(1, "a" * 40, "d1", timedelta(seconds=20)))

    await pointers.abandon_all(at)

    ends = [(await pointers.get(place)).until for place in ("42/idle", "42/writing", "42/nobody")]
    assert ends == [at, at + timedelta(seconds=20), None]


async def test_a_lease_that_ends_sooner_is_not_made_longer(database: Database) -> None:
    pointers, at = StoredPointers(database), now()
    await pointers.change(PLACE, lambda now: now.leased(at, at + MINUTE))
    await pointers.change(PLACE, lambda now: now.begun(1, "a" * 40, "d1", 2 * MINUTE))

    await pointers.abandon_all(at)

    assert (await pointers.get(PLACE)).until == at + MINUTE
