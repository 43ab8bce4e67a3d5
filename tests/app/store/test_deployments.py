"""Deployments as they are read: what matters at one place, or at many of them at once."""

from msgspec.structs import replace

from app.store.clock import now
from app.store.database import Database
from app.store.deployments import MOST_REMEMBERED, StoredDeployments
from app.store.unit_of_work import UnitOfWork
from deploy.deployment import Deployment, State
from deploy.place import Place
from tests.deploy.stories import PRODUCTION, STAGING, A, B, deployment
from tests.deploy.world import NOW

LIVE = deployment("d001", A, state=State.LIVE, live_at=NOW)
WAITS = deployment("d002", B, PRODUCTION, state=State.GATED)
GIVEN_UP = [deployment(f"d1{number:02}", B, state=State.CANCELLED) for number in range(MOST_REMEMBERED + 10)]


async def _read(database: Database, *known: Deployment) -> StoredDeployments:
    work = UnitOfWork(database, now=now())
    for each in known:
        StoredDeployments(work).save(each)
    async with database.write() as connection:
        await work.flush(connection)
    return StoredDeployments(UnitOfWork(database, now=now()))


async def test_many_places_are_read_as_each_of_them_is(database: Database) -> None:
    found = await _read(database, LIVE, WAITS)

    assert await found.places([LIVE.place, WAITS.place, "42/web/elsewhere"]) == {
        LIVE.place: Place(name=LIVE.place, deployments=(LIVE,)),
        WAITS.place: Place(name=WAITS.place, deployments=(WAITS,)),
        "42/web/elsewhere": Place(name="42/web/elsewhere"),
    }
    assert await found.place(WAITS.place) == Place(name=WAITS.place, deployments=(WAITS,))


async def test_what_was_live_or_waits_is_known_however_much_was_given_up_since(database: Database) -> None:
    waits = replace(WAITS, environment=STAGING)
    found = await _read(database, LIVE, waits, *GIVEN_UP)

    there = await found.place(LIVE.place)

    assert there.deployments == (*GIVEN_UP[:-51:-1], waits, LIVE)


async def test_a_deployment_that_was_read_at_a_place_can_be_changed(database: Database) -> None:
    found = await _read(database, LIVE)
    [read] = (await found.place(LIVE.place)).deployments
    over = replace(read, state=State.SUPERSEDED)

    work = found._work
    found.save(over)
    async with database.write() as connection:
        await work.flush(connection)

    assert await found.find(LIVE.id) == over
