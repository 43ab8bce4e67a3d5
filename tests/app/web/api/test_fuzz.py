"""No input whatever makes the API stumble: no 5xx, no traceback, and nothing is kept that was not accepted."""

import asyncio
import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.store.database import Database, driver_url
from app.store.tables import tasks
from app.store.tasks import TaskState
from tests.app.web.api.site import TOKEN, Site, site
from tests.deploy.stories import A, B

SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VERBS = ["deploy", "promote", "emergency", "redeploy", "rollback", "approve", "reject", "override", "cancel", "hold"]
TEXT = st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "verb": st.sampled_from([*VERBS, "lift"]),
    "repository": st.just("acme/web"),
    "service": st.sampled_from(["web", "wbe"]) | TEXT,
    "environment": st.sampled_from(["staging", "production"]) | TEXT,
    "version": st.sampled_from(["aaaa", "f" * 64, "aaa%"]) | TEXT,
    "reason": TEXT,
    "promotion": TEXT,
    "hold": st.sampled_from(["lock", "freeze", "pin"]),
    "until": st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | TEXT,
    "plan": st.booleans(),
    "id": st.sampled_from(["one", "two"]) | TEXT,
}
REST = {name: values for name, values in FIELDS.items() if name not in ("verb", "repository")}
BODIES = st.fixed_dictionaries({"verb": FIELDS["verb"], "repository": FIELDS["repository"]}, optional=REST)

PLAUSIBLE = st.fixed_dictionaries(
    {"verb": st.sampled_from([*VERBS, "lift"]), "repository": st.just("acme/web")},
    optional={
        "service": st.just("web"),
        "environment": st.sampled_from(["staging", "production"]),
        "version": st.sampled_from([A[:7], B[:7], B]),
        "reason": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40),
        "plan": st.booleans(),
    },
)


class Street:
    """An open API with a loop of its own, because Hypothesis calls without one."""

    def __init__(self, runner: asyncio.Runner, opened: Site) -> None:
        self.runner = runner
        self.site = opened

    def post(self, body: bytes) -> int:
        headers = {"Content-Type": "application/json"}
        return self.runner.run(self.site.ask("POST", "/api/commands", data=body, headers=headers))[0]

    def shout(self, lines: bytes) -> int | None:
        """The status of the answer to raw bytes, None if the server only hung up."""
        return self.runner.run(self._shout(lines))

    async def _shout(self, lines: bytes) -> int | None:
        host, _, port = self.site.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(lines)
        writer.write_eof()
        async with asyncio.timeout(15):
            line = await reader.readline()
        writer.close()
        return int(line.split()[1]) if line.startswith(b"HTTP/") else None


@pytest.fixture
def street(migrated_sqlite: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Street]:
    like = str(driver_url(migrated_sqlite).database)
    database = Database(f"sqlite:///{shutil.copy(like, tmp_path / 'api.sqlite3')}")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        stack.push_async_callback(database.close)
        opened = runner.run(stack.enter_async_context(site(database)))
        runner.run(opened.publish(A, B))
        yield Street(runner, opened)
        dead = runner.run(_dead(opened))
        runner.run(stack.aclose())
    assert dead == []
    assert [
        one.getMessage() for one in caplog.get_records("call") if one.exc_info or one.levelno >= logging.ERROR
    ] == []


async def _dead(opened: Site) -> Sequence[str]:
    """What became of everything that was taken: nothing may have stumbled over it later."""
    await opened.worker.drain()
    async with opened.database.read() as connection:
        query = select(tasks.c.error).where(tasks.c.state.in_([TaskState.DEAD, TaskState.REFUSED]))
        return (await connection.execute(query)).scalars().all()


@SETTINGS
@given(st.binary() | JSON.map(lambda told: json.dumps(told).encode()))
def test_any_body_is_refused_by_name(street: Street, body: bytes) -> None:
    assert street.post(body) == 400


@SETTINGS
@given(BODIES, st.dictionaries(st.sampled_from(sorted(FIELDS)) | TEXT, JSON, max_size=2))
def test_any_command_is_taken_or_refused(street: Street, body: dict[str, Any], more: dict[str, Any]) -> None:
    assert street.post(json.dumps(body | more).encode()) in (200, 202, 400, 404, 409)


@SETTINGS
@given(PLAUSIBLE)
def test_a_command_that_is_understood_is_obeyed_or_refused(street: Street, body: dict[str, Any]) -> None:
    """Once a worker has taken up all of them: see `street`."""
    assert street.post(json.dumps(body).encode()) in (200, 202, 409)


@SETTINGS
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0 "), max_size=60))
def test_any_address_is_answered(street: Street, rest: str) -> None:
    for place in ("/api/", "/api/deployments/", "/api/why?", "/api/why?repository=acme/web&service="):
        lines = [f"GET {place}{rest} HTTP/1.1", "Host: x", f"Authorization: Bearer {TOKEN}", "Connection: close"]
        assert (street.shout("\r\n".join([*lines, "", ""]).encode("latin-1")) or 0) < 500


@SETTINGS
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60))
def test_any_header_is_answered(street: Street, value: str) -> None:
    for name in ("Authorization", "Idempotency-Key", "Content-Type", "Content-Encoding", "Content-Length", "Expect"):
        token = [] if name == "Authorization" else [f"Authorization: Bearer {TOKEN}"]
        lines = ["POST /api/commands HTTP/1.1", "Host: x", *token, f"{name}: {value}", "Connection: close"]
        assert (street.shout("\r\n".join([*lines, "", "{}"]).encode("latin-1")) or 0) < 500
