import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from app.github.clock import Clock
from app.github.lane import Lane, Limits, NotYet
from tests.app.github.endpoint import TestClock
from tests.app.github.turns import take_turn

CONCLUSION, QUESTION, PROGRESS = 0, 1, 2
PATIENT = Limits(longest_wait=1e9)


def lane(time: TestClock, limits: Limits = PATIENT) -> Lane:
    return Lane(limits, Clock(now=time.now, elapsed=time.now, sleep=time.sleep))


async def test_writes_keep_a_second_between_them(time: TestClock) -> None:
    log: list[tuple[float, str]] = []
    turns = lane(time)
    await asyncio.gather(*(take_turn(turns, time, log, f"w{number}") for number in range(4)))
    assert log == [(0, "w0"), (1, "w1"), (2, "w2"), (3, "w3")]


async def test_reads_do_not_wait_for_writes(time: TestClock) -> None:
    log: list[tuple[float, str]] = []
    turns = lane(time)
    await asyncio.gather(*(take_turn(turns, time, log, name) for name in ("w0", "w1", "r0", "r1")))
    assert sorted(log) == [(0, "r0"), (0, "r1"), (0, "w0"), (1, "w1")]


@given(st.lists(st.sampled_from([CONCLUSION, QUESTION, PROGRESS]), min_size=1, max_size=12))
@settings(deadline=None)
def test_the_more_urgent_goes_first_and_equals_in_order(urgencies: Sequence[int]) -> None:
    async def run() -> list[tuple[int, int]]:
        time = TestClock()
        turns = lane(time)
        order: list[tuple[int, int]] = []

        async def write(number: int, urgency: int) -> None:
            async with turns.turn(writes=True, urgency=urgency, patient=True):
                order.append((urgency, number))

        async with turns.turn(writes=True, urgency=CONCLUSION, patient=True):
            tasks = [asyncio.create_task(write(number, urgency)) for number, urgency in enumerate(urgencies)]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(run()) == sorted((urgency, number) for number, urgency in enumerate(urgencies))


@given(st.lists(st.sampled_from(["r", "w"]), min_size=1, max_size=60), st.integers(10, 60))
@settings(deadline=None, max_examples=50)
def test_no_minute_has_more_points_than_allowed(kinds: Sequence[str], points: int) -> None:
    async def run() -> list[tuple[float, str]]:
        time, log = TestClock(), list[tuple[float, str]]()
        turns = lane(time, Limits(points_a_minute=points, longest_wait=1e9))
        await asyncio.gather(*(take_turn(turns, time, log, kind) for kind in kinds))
        return log

    log = asyncio.run(run())
    assert len(log) == len(kinds)
    for start, _ in log:
        spent = sum(5 if name == "w" else 1 for at, name in log if start <= at < start + 60)
        assert spent <= points


async def test_no_more_than_allowed_are_under_way(time: TestClock) -> None:
    turns, most, under_way = lane(time, Limits(at_once=3)), 0, 0

    async def read() -> None:
        nonlocal most, under_way
        async with turns.turn(writes=False, urgency=1, patient=True):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(read() for _ in range(20)))
    assert most == 3


async def test_who_would_wait_too_long_is_told_when_to_come(time: TestClock) -> None:
    turns = lane(time, Limits(longest_wait=3))
    waits: list[float] = []

    async def write() -> None:
        try:
            async with turns.turn(writes=True, urgency=1, patient=True):
                await asyncio.sleep(0)
        except NotYet as not_yet:
            waits.append(not_yet.seconds)

    await asyncio.gather(*(write() for _ in range(6)))
    assert waits == [4.0, 4.0]


async def hurry(turns: Lane, log: list[str], name: str) -> None:
    try:
        async with turns.turn(writes=True, urgency=PROGRESS, patient=False):
            log.append(name)
    except NotYet:
        log.append(f"not {name}")


async def test_the_impatient_waits_for_one_turn_at_most(time: TestClock) -> None:
    turns, log = lane(time), list[str]()
    await asyncio.gather(*(hurry(turns, log, name) for name in "abc"))
    assert (log, time.now()) == (["a", "not c", "b"], 1_800_000_001.0)


async def test_the_impatient_gives_way_to_what_is_more_urgent(time: TestClock) -> None:
    turns, log, done = lane(time), list[str](), list[tuple[float, str]]()
    await asyncio.gather(hurry(turns, log, "a"), hurry(turns, log, "b"), take_turn(turns, time, done, "w", CONCLUSION))
    assert (log, done) == (["a", "not b"], [(1, "w")])


async def test_the_impatient_does_not_wait_for_a_pause(time: TestClock) -> None:
    turns, log = lane(time), list[str]()
    turns.pause(2)
    await hurry(turns, log, "a")
    assert log == ["not a"]


async def test_a_pause_holds_reads_and_writes(time: TestClock) -> None:
    log: list[tuple[float, str]] = []
    turns = lane(time)
    turns.pause(30)
    await asyncio.gather(take_turn(turns, time, log, "w"), take_turn(turns, time, log, "r"))
    assert sorted(log) == [(30, "r"), (30, "w")]


async def test_whoever_gives_up_leaves_the_place_to_the_next(time: TestClock) -> None:
    log: list[tuple[float, str]] = []
    turns = lane(time)
    async with turns.turn(writes=True, urgency=1, patient=True):
        tasks = [asyncio.create_task(take_turn(turns, time, log, name)) for name in ("w0", "w1")]
        await asyncio.sleep(0)
        tasks[0].cancel()
    await asyncio.wait(tasks)
    assert log == [(1, "w1")]


async def test_whoever_is_cancelled_when_just_admitted_gives_the_turn_back(time: TestClock) -> None:
    log: list[tuple[float, str]] = []
    turns = lane(time, Limits(between_writes=0))
    async with turns.turn(writes=True, urgency=1, patient=True):
        waiting = asyncio.create_task(take_turn(turns, time, log, "w0"))
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await take_turn(turns, time, log, "w1")
    assert log == [(0, "w1")]
