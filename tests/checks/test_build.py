"""The moves of a build: which are legal, what follows from them, and that nothing else ever happens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.build import MOST_FAULTS, MOVES, Build, Moved, State, created
from checks.change import Change, Purpose
from checks.events import (
    BuildApproved,
    BuildCancelled,
    BuildErrored,
    BuildFailed,
    BuildHeld,
    BuildProgressed,
    BuildQueued,
    BuildRefused,
    BuildSkipped,
    BuildStarted,
    BuildSucceeded,
    BuildTimedOut,
    Event,
)
from checks.repository import Repository
from checks.result import Outcome, Phase, Result

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHA = "4f2a91c0d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a3"
BUILD = Build(
    id="b1",
    change=Change(
        repository=Repository(id=42, full_name="acme/web", installation=1),
        purpose=Purpose.PUSH,
        sha=SHA,
        branch="main",
        sender="ana",
        received_at=NOON,
    ),
    created_at=NOON,
)
WAITING, QUEUED, RUNNING = State.WAITING_FOR_APPROVAL, State.QUEUED, State.RUNNING
Move = Callable[[Build], Moved]


def finished(outcome: Outcome, message: str = "") -> Move:
    return lambda build: build.finished(Result(outcome=outcome, message=message, exported={"A": "1"}), NOON)


MOVE: dict[str, Move] = {
    "approved": lambda build: build.approved("ana"),
    "accepted": lambda build: build.accepted("run-1"),
    "started": lambda build: build.started("INSTALL", NOON),
    "progressed": lambda build: build.progressed("BUILD"),
    "cancelled": lambda build: build.cancelled("9be01d2 is newer", NOON),
    "errored": lambda build: build.errored("AWS said no", NOON),
    **{f"finished: {outcome}": finished(outcome) for outcome in Outcome},
}
LEADS_TO: dict[str, dict[State, State]] = {
    "approved": {WAITING: QUEUED},
    "accepted": {},
    "started": {QUEUED: RUNNING},
    "progressed": {},
    "cancelled": dict.fromkeys((WAITING, QUEUED, RUNNING), State.CANCELLED),
    "errored": dict.fromkeys((QUEUED, RUNNING), State.ERROR),
    "finished: succeeded": dict.fromkeys((QUEUED, RUNNING), State.SUCCEEDED),
    "finished: failed": dict.fromkeys((QUEUED, RUNNING), State.FAILED),
    "finished: fault": dict.fromkeys((QUEUED, RUNNING), QUEUED),
    "finished: timed_out": dict.fromkeys((QUEUED, RUNNING), State.TIMED_OUT),
    "finished: stopped": dict.fromkeys((QUEUED, RUNNING), State.CANCELLED),
}


@pytest.mark.parametrize(
    ("move", "state"),
    [(move, state) for move in MOVE for state in State],
)
def test_a_move_leads_where_it_should_or_nowhere(move: str, state: State) -> None:
    assert MOVE[move](replace(BUILD, state=state)).build.state is LEADS_TO[move].get(state, state)


@pytest.mark.parametrize("state", [QUEUED, RUNNING])
def test_approving_twice_changes_nothing(state: State) -> None:
    build = replace(BUILD, state=state, approved_by="ana")
    assert build.approved("eve") == Moved(build=build)


@pytest.mark.parametrize(
    ("state", "move", "events"),
    [
        (WAITING, MOVE["approved"], (BuildApproved(build="b1", sha=SHA, by="ana"),)),
        (QUEUED, MOVE["accepted"], ()),
        (QUEUED, MOVE["started"], (BuildStarted(build="b1"),)),
        (RUNNING, MOVE["progressed"], (BuildProgressed(build="b1", phase="BUILD"),)),
        (RUNNING, MOVE["cancelled"], (BuildCancelled(build="b1", why="9be01d2 is newer"),)),
        (QUEUED, MOVE["errored"], (BuildErrored(build="b1", why="AWS said no"),)),
        (RUNNING, finished(Outcome.SUCCEEDED), (BuildSucceeded(build="b1", repository=42, sha=SHA, published=False),)),
        (RUNNING, finished(Outcome.FAILED), (BuildFailed(build="b1"),)),
        (RUNNING, finished(Outcome.TIMED_OUT), (BuildTimedOut(build="b1"),)),
        (RUNNING, finished(Outcome.STOPPED, "why"), (BuildCancelled(build="b1", why="why"),)),
        (RUNNING, finished(Outcome.FAULT), (BuildQueued(build="b1"),)),
    ],
)
def test_a_move_tells_what_happened(state: State, move: Move, events: tuple[Event, ...]) -> None:
    assert move(replace(BUILD, state=state)).events == events


def test_only_a_build_that_publishes_hands_on_what_it_exported() -> None:
    running = replace(BUILD, state=RUNNING)
    events = [finished(Outcome.SUCCEEDED)(replace(running, publishes=on)).events[0] for on in (True, False)]
    assert events == [
        BuildSucceeded(build="b1", repository=42, sha=SHA, published=True, exported={"A": "1"}),
        BuildSucceeded(build="b1", repository=42, sha=SHA, published=False, exported={}),
    ]


@pytest.mark.parametrize("purpose", [Purpose.PULL_REQUEST, Purpose.MERGE_GROUP])
def test_what_is_not_on_the_default_branch_says_so_although_it_publishes(purpose: Purpose) -> None:
    proposed = replace(BUILD, state=RUNNING, publishes=True, change=replace(BUILD.change, purpose=purpose))

    assert finished(Outcome.SUCCEEDED)(proposed).events == (
        BuildSucceeded(
            build="b1", repository=42, sha=SHA, published=True, leads=True, on_branch=False, exported={"A": "1"}
        ),
    )


def test_a_lost_build_starts_again_until_it_was_lost_too_often() -> None:
    build, tokens = replace(BUILD, state=RUNNING), []
    for _ in range(MOST_FAULTS):
        tokens.append(build.token)
        build = finished(Outcome.FAULT)(build).build
        assert (build.state, build.run, build.started_at, build.phase) == (QUEUED, "", None, "")
        build = build.accepted("again").build.started("BUILD", NOON).build
    tokens.append(build.token)
    moved = finished(Outcome.FAULT, "the runner lost it")(build)
    assert (moved.build.state, moved.events) == (State.ERROR, (BuildErrored(build="b1", why="the runner lost it"),))
    assert len(set(tokens)) == len(tokens)


def test_a_build_that_ended_between_two_looks_began_when_its_phases_did() -> None:
    phases = (Phase(name="INSTALL", succeeded=True, seconds=2), Phase(name="BUILD", succeeded=True, seconds=3))
    moved = BUILD.finished(Result(outcome=Outcome.SUCCEEDED, phases=phases), NOON)
    assert (moved.build.started_at, moved.build.finished_at) == (NOON - timedelta(seconds=5), NOON)


def test_the_same_phase_again_is_no_news() -> None:
    running = replace(BUILD, state=RUNNING, phase="BUILD")
    assert running.progressed("BUILD") == Moved(build=running)


def test_the_end_is_kept_with_its_time_and_reason() -> None:
    result = Result(outcome=Outcome.FAILED, message="npm ci failed")
    build = replace(BUILD, state=RUNNING, phase="BUILD").finished(result, NOON + timedelta(minutes=3)).build
    assert (build.result, build.finished_at, build.why, build.phase) == (
        result,
        NOON + timedelta(minutes=3),
        "npm ci failed",
        "",
    )


@given(st.sampled_from(State), st.lists(st.sampled_from(sorted(MOVE)), max_size=12))
def test_no_history_breaks_the_rules(state: State, moves: list[str]) -> None:
    build = replace(BUILD, state=state)
    for name in moves:
        moved = MOVE[name](build)
        assert moved.build.state is build.state or moved.build.state in MOVES[build.state]
        if not moved.changed:
            assert moved == Moved(build=build)
        if build.state.is_final:
            assert moved == Moved(build=build)
        build = moved.build


@given(st.lists(st.sampled_from(sorted(set(MOVE) - {"approved"})), max_size=12))
def test_nothing_but_approval_lets_a_held_build_run(moves: list[str]) -> None:
    build = replace(BUILD, state=WAITING)
    for name in moves:
        build = MOVE[name](build).build
    assert build.state in (WAITING, State.CANCELLED)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (WAITING, BuildHeld(build="b1", why="why")),
        (State.SKIPPED, BuildSkipped(build="b1", why="why")),
        (State.FAILED, BuildRefused(build="b1", why="why")),
        (QUEUED, BuildQueued(build="b1")),
    ],
)
def test_a_new_build_makes_itself_known(state: State, event: Event) -> None:
    assert created(replace(BUILD, state=state, why="why")) == event


@pytest.mark.parametrize("state", sorted(set(State) - {WAITING, State.SKIPPED, State.FAILED, QUEUED}))
def test_no_build_begins_in_the_middle(state: State) -> None:
    with pytest.raises(ValueError, match=f"^a build cannot begin as {state}$"):
        created(replace(BUILD, state=state))
