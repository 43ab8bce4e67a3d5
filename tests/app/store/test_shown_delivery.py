"""What was shown of delivery is known in the next task, and after a restart."""

from app.store.clock import now
from app.store.database import Database
from app.store.shown_delivery import StoredDeliveryChecks, StoredTrails
from app.store.unit_of_work import UnitOfWork
from deploy.check import Offer, Shown
from deploy.command import Verb
from deploy.deployment import State
from deploy.trail import Step, Trail

CHECK = f"delivery:42:{'a' * 64}"


async def _commit(database: Database, work: UnitOfWork) -> None:
    async with database.write() as connection:
        await work.flush(connection)


async def test_the_buttons_of_a_check_are_what_they_were(database: Database) -> None:
    button = Offer(verb=Verb.ROLLBACK, label="Roll back", description="", service="web", environment="production")
    shown = Shown(check=CHECK, repository=42, sha="a" * 64, number=7, digest="d", offers=(button,))
    work = UnitOfWork(database, now=now())
    checks = StoredDeliveryChecks(work)
    assert await checks.known(CHECK) is None

    checks.save(Shown(check=CHECK, repository=42, sha="a" * 64))
    checks.save(shown)
    assert await checks.known(CHECK) is None
    await _commit(database, work)

    assert await StoredDeliveryChecks(UnitOfWork(database, now=now())).known(CHECK) == shown


async def test_each_pull_request_has_its_own_trail(database: Database) -> None:
    step = Step(service="web", environment="staging", state=State.LIVE, sha="a" * 40, at=now())
    trails = [Trail(repository=42, pull_request=number, steps=(step,), number=number, text="x") for number in (0, 5)]
    work = UnitOfWork(database, now=now())
    for trail in trails:
        StoredTrails(work).save(trail)
    await _commit(database, work)

    stored = StoredTrails(UnitOfWork(database, now=now()))
    assert [await stored.known(42, number) for number in (0, 5, 6)] == [*trails, None]
