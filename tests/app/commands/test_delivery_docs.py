"""docs/delivery.md tells every verb with the right that it needs, every command, and every address of the API."""

import asyncio
import re
from pathlib import Path

from app.__main__ import FILES
from app.routes import tasks_for
from app.store.commands import CommandShelf
from app.store.database import Database
from app.store.events import EventLog
from app.web.api import api
from deploy.command import NEEDS_REASON, PERMISSION, Verb
from deploy.deployment import State
from tests.deploy.stories import world

TEXT = Path("docs/delivery.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")]


def test_every_verb_is_told_with_the_right_that_it_needs_and_whether_it_wants_a_reason() -> None:
    told = {
        verb: (right, "reason" in does)
        for verbs, does, right in (row for row in ROWS if len(row) == 3 and row[0].startswith("`"))
        for verb in re.findall(r"`(\w+)`", verbs)
    }
    by_rule = {Verb.APPROVE, Verb.REJECT}
    together = {Verb.HOLD, Verb.LIFT}  # one row, where only one of them wants a reason
    assert {verb: told[verb][0] for verb in Verb if verb not in by_rule} == {
        verb: PERMISSION[verb] for verb in Verb if verb not in by_rule
    }
    assert {verb for verb in Verb if told[verb][1]} - together == NEEDS_REASON - by_rule - together


def test_every_command_of_the_command_line_is_told() -> None:
    names = FILES["delivery"]
    assert [each for each in names if not re.search(rf"`{each}`|interlock {each}\b", TEXT)] == []


def test_every_state_of_a_deployment_is_told() -> None:
    assert [state for state in State if state.replace("_", " ") not in TEXT] == []


async def test_every_address_of_the_api_is_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/api.sqlite3")
    shelf = CommandShelf(database, EventLog(tasks_for), asyncio.Event().set)
    app = api((), database, lambda _work: world().cd(), shelf)
    there_is = {
        (route.method, f"/api{route.resource.canonical}")
        for route in app.router.routes()
        if route.resource and route.method != "HEAD"
    }
    await database.close()
    told = re.findall(r"^\| `(GET|POST) (\S+)`", TEXT, re.MULTILINE)
    assert {(method, _end(path)) for method, path in told} == {(method, _end(path)) for method, path in there_is}
    assert len(told) == len(there_is)


def _end(path: str) -> str:
    """Where the table leaves out what is the same in several, the end says which one it is."""
    return "/".join(path.split("/")[-2:])
