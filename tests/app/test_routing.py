"""Routes: a wrong binding does not type-check, a right one is called by its handler's name."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.routing import Routes, Switchboard, name_of
from checks.errors import Permanent
from checks.events import BuildFailed, BuildQueued, Event

HEAD = """
from collections.abc import Sequence

from app.routing import Routes
from checks.events import BuildEvent, BuildQueued, Event, PullRequestClosed


class Bundle: ...
class OtherBundle: ...


async def on_queued(event: BuildQueued, bundle: Bundle) -> Sequence[Event]:
    return ()

async def on_any_build(event: BuildEvent, bundle: Bundle) -> Sequence[Event]:
    return ()

async def on_closed(event: PullRequestClosed, bundle: Bundle) -> Sequence[Event]:
    return ()

async def of_another_bundle(event: BuildQueued, bundle: OtherBundle) -> Sequence[Event]:
    return ()

async def says_no_events(event: BuildQueued, bundle: Bundle) -> str:
    return ""

def is_not_async(event: BuildQueued, bundle: Bundle) -> Sequence[Event]:
    return ()

def build(event: BuildEvent) -> str:
    return event.build

def pull_request(event: PullRequestClosed) -> str:
    return str(event.pull_request.number)


"""
BINDINGS = {
    "(BuildQueued, on_queued, key=build)": True,
    "(BuildQueued, on_any_build, key=build)": True,
    "(BuildQueued, on_queued, on_any_build, key=build)": True,
    "(BuildQueued, on_closed, key=build)": False,
    "(BuildEvent, on_queued, key=build)": False,
    "(BuildQueued, of_another_bundle, key=build)": False,
    "(BuildQueued, on_queued, of_another_bundle, key=build)": False,
    "(BuildQueued, says_no_events, key=build)": False,
    "(BuildQueued, is_not_async, key=build)": False,
    "(BuildQueued, on_queued, key=pull_request)": False,
    "(Bundle, on_queued, key=build)": False,
    "(BuildQueued, on_queued)": False,
}


def test_a_handler_of_the_wrong_event_or_bundle_does_not_type_check(tmp_path: Path) -> None:
    first = HEAD.count("\n") + 1
    snippet = tmp_path / "snippet.py"
    snippet.write_text(HEAD + "".join(f"Routes[Bundle]().on{binding}\n" for binding in BINDINGS))
    root = Path(__file__).parents[2]

    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", f"--cache-dir={root}/.mypy_cache", snippet],
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )

    refused = {int(line.split(":")[1]) for line in run.stdout.splitlines() if ": error:" in line}
    accepted = {binding: first + number not in refused for number, binding in enumerate(BINDINGS)}
    assert accepted == BINDINGS, run.stdout + run.stderr


async def _first(event: Event, bundle: list[Event]) -> Sequence[Event]:
    bundle.append(event)
    return [BuildFailed(build="b")]


async def _second(_event: Event, _bundle: list[Event]) -> Sequence[Event]:
    return ()


ROUTES = Routes[list[Event]]().on(BuildQueued, _first, _second, key=lambda event: f"build:{event.build}")
NO_WORK: Any = None


def test_each_handler_of_an_event_is_a_task_with_its_key() -> None:
    assert list(ROUTES.tasks_for(BuildQueued(build="a"))) == [
        (name_of(_first), "build:a"),
        (name_of(_second), "build:a"),
    ]
    assert list(ROUTES.tasks_for(BuildFailed(build="a"))) == []


async def test_a_handler_is_called_by_its_name_with_a_bundle_of_its_own() -> None:
    bundles: list[list[Event]] = []

    def make(_work: object) -> list[Event]:
        bundles.append([])
        return bundles[-1]

    switchboard = Switchboard(Routes[int]().with_bundle(lambda _: 1), ROUTES.with_bundle(make))

    for build in "ab":
        said = await switchboard.call(name_of(_first), BuildQueued(build=build), NO_WORK)
        assert said == [BuildFailed(build="b")]
    assert bundles == [[BuildQueued(build="a")], [BuildQueued(build="b")]]


async def test_a_name_that_nobody_has_is_told() -> None:
    with pytest.raises(Permanent, match=r"this version of Interlock has no handler checks\.flow\.levitate"):
        await Switchboard().call("checks.flow.levitate", BuildQueued(build="a"), NO_WORK)


def test_a_handlers_name_is_where_it_is_written() -> None:
    assert name_of(_first) == f"{__name__}._first"
