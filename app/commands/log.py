"""`events`, `replay` and `migrate`: what happened, once more, and where it is kept."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from sqlalchemy.engine import URL

from app.commands.refusal import Refusal, WrongSetting
from app.routes import tasks_for
from app.settings import DEFAULT_DATABASE
from app.store.clock import now
from app.store.database import Database, Unusable, driver_url
from app.store.deliveries import GroupCommitInbox
from app.store.events import EventLog, Recorded, read_log
from app.store.migrate import is_current
from app.store.migrate import migrate as bring_up
from app.store.tasks import Task, Tasks
from checks.errors import Transient

T = TypeVar("T")


@click.command()
def migrate() -> None:
    """Bring the database to the present schema."""
    _with_database(bring_up, is_there=False)
    click.echo("The database has the present schema.")


@click.command()
@click.option("--about", "subject", default="", help="Only what happened to this, e.g. build:01k… or repository:42.")
@click.option("--story", "correlation", default="", help="Only what followed from this event.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--troubled", is_flag=True, help="Instead: the tasks that ended in trouble and wait for you.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def events(subject: str, correlation: str, limit: int, troubled: bool, as_json: bool) -> None:
    """Show the event log, oldest first."""
    if troubled:
        for task in _with_database(lambda database: Tasks(database).troubled(limit)):
            click.echo(msgspec.json.encode(task).decode() if as_json else _task_line(task))
        return

    async def read(database: Database) -> Sequence[Recorded]:
        async with database.read() as connection:
            return await read_log(connection, subject=subject, correlation=correlation, limit=limit)

    for recorded in _with_database(read):
        click.echo(msgspec.json.encode(recorded).decode() if as_json else _event_line(recorded))


@click.command()
@click.argument("what")
def replay(what: str) -> None:
    """Take up a delivery or a task once more.

    WHAT is a delivery's GUID, or the number of a task (see `events --troubled`).
    """

    async def again(database: Database) -> bool:
        if what.isdecimal():
            return await Tasks(database).drive_again(int(what), now())
        return await GroupCommitInbox(database, EventLog(tasks_for)).replay(what)

    if not _with_database(again):
        kind = "troubled task" if what.isdecimal() else "stored delivery"
        raise Refusal(f'there is no {kind} "{what}"')
    click.echo("It is taken up by the next worker.")


def _with_database(ask: Callable[[Database], Awaitable[T]], *, is_there: bool = True) -> T:
    """`is_there`: it is one that Interlock has worked with."""

    async def run() -> T:
        async with _database(is_there) as database:
            if is_there and not await is_current(database):
                raise Unusable("the database is not of this version; run interlock migrate")
            return await ask(database)

    try:
        return asyncio.run(run())
    except ValueError as wrong:
        raise WrongSetting(str(wrong)) from None
    except (Transient, Unusable) as trouble:
        raise Refusal(str(trouble)) from None


@asynccontextmanager
async def _database(is_there: bool) -> AsyncIterator[Database]:
    address = os.environ.get("DATABASE_URL") or DEFAULT_DATABASE
    if is_there:
        _must_exist(driver_url(address))
    database = Database(address)
    try:
        yield database
    finally:
        await database.close()


def _must_exist(url: URL) -> None:
    """Asking a database that is not there would make an empty one."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise Unusable(f"there is no database {url.database}; go where Interlock runs, or set DATABASE_URL as there")


def _event_line(recorded: Recorded) -> str:
    actor = f"  @{recorded.actor}" if recorded.actor else ""
    return f"{recorded.time:%Y-%m-%d %H:%M:%S}  {type(recorded.event).__name__:<20} {recorded.event.subject}{actor}"


def _task_line(task: Task) -> str:
    return f"{task.position:>6}  {task.state:<8} {task.handler}  {task.key}\n        {task.error}"
