"""The buildspec of each commit, asked of GitHub as rarely as possible."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from app.store.buildspecs import RememberedSource
from app.store.clock import now
from app.store.database import Database
from app.store.unit_of_work import UnitOfWork
from checks.change import Change, Push
from checks.repository import Repository
from tests.checks.tellings import BUILDSPEC, pull_request, pushed, sha, told


class Remote:
    """What GitHub has at each commit, and what it was asked."""

    def __init__(self, files: Mapping[str, str | None]) -> None:
        self._files = files
        self.asked: list[str] = []

    async def buildspec(self, _repository: Repository, sha: str) -> tuple[str | None, str]:
        self.asked.append(sha[0])
        text = self._files[sha[0]]
        return text, "" if text is None else f"blob-{sha[0]}"

    async def message(self, _repository: Repository, sha: str) -> str:
        return f"message of {sha[0]}"


async def _ask(database: Database, remote: Remote, change: Change) -> str | None:
    work = UnitOfWork(database, now=now())
    text = await RememberedSource(work, remote).buildspec(change)
    async with database.write() as connection:
        await work.flush(connection)
    return text


def _push(after: str, before: str, *, touched: bool | None = False) -> Change:
    push = Push(before=sha(before), after=sha(after), touched_buildspec=touched)
    return replace(pushed(after, before).change, push=push)


@pytest.mark.parametrize("text", [BUILDSPEC, None, "version: 0.2\n"])
async def test_pushes_that_leave_the_buildspec_alone_cost_one_look_in_all(database: Database, text: str | None) -> None:
    remote = Remote({"a": text})
    wanted = BUILDSPEC if text == BUILDSPEC else None

    for change in (_push("a", "0"), _push("b", "a"), _push("c", "b"), _push("b", "a")):
        assert await _ask(database, remote, change) == wanted
    assert remote.asked == ["a"]


@pytest.mark.parametrize("touched", [True, None])
async def test_a_push_that_touched_it_or_does_not_tell_is_looked_at(database: Database, touched: bool | None) -> None:
    remote = Remote({"a": None, "b": BUILDSPEC})
    await _ask(database, remote, _push("a", "0"))

    assert await _ask(database, remote, _push("b", "a", touched=touched)) == BUILDSPEC
    assert remote.asked == ["a", "b"]


async def test_an_unknown_past_is_looked_at(database: Database) -> None:
    remote = Remote({"b": BUILDSPEC})

    assert await _ask(database, remote, _push("b", "a")) == BUILDSPEC
    assert remote.asked == ["b"]


async def test_a_branch_hands_down_what_its_pull_request_needs(database: Database) -> None:
    remote = Remote({"a": BUILDSPEC})
    await _ask(database, remote, _push("a", "0"))
    work = UnitOfWork(database, now=now())
    await RememberedSource(work, remote).note_push(42, Push(before=sha("a"), after=sha("b"), touched_buildspec=False))
    async with database.write() as connection:
        await work.flush(connection)

    assert await _ask(database, remote, told(pull_request("b")).change) == BUILDSPEC
    assert remote.asked == ["a"]


async def test_another_repository_knows_nothing_of_it(database: Database) -> None:
    remote = Remote({"a": BUILDSPEC})
    change = _push("a", "0")
    await _ask(database, remote, change)

    await _ask(database, remote, replace(change, repository=replace(change.repository, id=43)))

    assert remote.asked == ["a", "a"]


async def test_a_character_that_databases_refuse_is_shown_as_damaged(database: Database) -> None:
    remote = Remote({"a": "# PRX_\x00"})

    assert await _ask(database, remote, _push("a", "0")) == "# PRX_\N{REPLACEMENT CHARACTER}"
    assert await _ask(database, remote, _push("b", "a")) == "# PRX_\N{REPLACEMENT CHARACTER}"


async def test_a_message_is_asked_of_github(database: Database) -> None:
    source = RememberedSource(UnitOfWork(database, now=now()), Remote({}))

    assert await source.message(pushed("a").change) == "message of a"
