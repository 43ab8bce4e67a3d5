"""A log in CloudWatch, read by the byte."""

import asyncio
import os
import time
from datetime import timedelta

import pytest

from app.demo.aws.fleets.scripted import Ending
from checks.errors import Transient
from checks.runners.codebuild import CodeBuildRunner
from tests.checks.runners.aws_town import Town, ended
from tests.checks.runners.workshop import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRINTED = "".join(f"line {number} ü\n" for number in range(300))


async def whole(runner: CodeBuildRunner, run: str, limit: int = 1 << 20) -> bytes:
    """As a reader does that follows the log to its present end."""
    log = b""
    while piece := await runner.log(run, len(log), limit):
        log += piece
    return log


async def run_to_its_end(town: Town, runner: CodeBuildRunner) -> str:
    town.endings["b1-0"] = Ending(log=PRINTED)
    run = await runner.start(town.order())
    await ended(runner, run)
    return run


@pytest.mark.parametrize(("limit", "page"), [(1 << 20, None), (1000, 7), (64, 11)])
async def test_the_log_is_the_same_in_pieces_of_any_size(town: Town, limit: int, page: int | None) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    town.aws.faults.log_events = page
    log = (await whole(runner, run, limit)).decode()
    assert PRINTED in log
    assert log.startswith("[Container] ")
    assert "State: SUCCEEDED" in log.splitlines()[-2]


async def test_a_page_without_lines_is_not_the_end_of_a_log(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    town.aws.faults.empty_pages = 0.7

    async def is_there() -> bool:
        return PRINTED.encode() in await whole(runner, run)

    await until(is_there)


async def test_a_log_can_be_read_from_any_byte_before_anything_else(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    expected = await whole(runner, run)
    other = town.runner()
    other._logs = town.home / "elsewhere"
    assert await other.log(run, 2000, 50) == expected[2000:2050]
    assert await other.log(run, len(expected) + 1) == b""


async def test_what_was_read_is_not_asked_for_again(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    log = await whole(runner, run)
    town.aws.asked.clear()
    assert await runner.log(run) == log
    assert await town.runner().log(run, 10, 20) == log[10:30]
    assert town.operations == []


async def test_nothing_is_asked_any_more_some_time_after_the_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    real = time.time
    monkeypatch.setattr("checks.runners.codebuild.log.time.time", lambda: real() + 120)
    size = len(await whole(runner, run))
    town.aws.asked.clear()
    monkeypatch.setattr("checks.runners.codebuild.log.time.time", lambda: real() + 1000)
    assert await runner.log(run, size) == b""
    assert town.operations == []


async def test_what_is_beyond_the_largest_log_is_left_out_and_not_asked_for(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checks.runners.codebuild.log.MOST_BYTES", 2000)
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    town.aws.faults.log_events = 7
    log = (await whole(runner, run)).decode()
    assert log.endswith("\n[Container] The log is larger than 2000 bytes; more is in CloudWatch\n")
    assert len(log.encode()) < 2100
    town.aws.asked.clear()
    assert await runner.log(run, len(log.encode())) == b""
    assert town.operations == []


async def test_a_log_grows_while_it_is_read(town: Town) -> None:
    town.endings["b1-0"] = Ending(log=PRINTED)
    town.gate.clear()
    runner = town.runner()
    run = await runner.start(town.order())
    assert PRINTED.encode() not in await whole(runner, run)
    town.gate.set()
    await ended(runner, run)

    async def is_there() -> bool:
        return PRINTED.encode() in await whole(runner, run)

    await until(is_there)


async def test_many_who_follow_the_end_share_one_question(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    size = len(await whole(runner, run))
    town.aws.asked.clear()
    assert await asyncio.gather(*(runner.log(run, size) for _ in range(20))) == [b""] * 20
    assert len(town.asked("GetLogEvents")) <= 1


async def test_two_readers_with_the_same_files_do_not_both_append(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    town.aws.faults.log_events = 20
    logs = await asyncio.gather(*(whole(town.runner(), run, 500) for _ in range(4)))
    assert len(set(logs)) == 1
    assert logs[0].count(b"line 150 ") == 1


async def test_what_was_not_finished_when_the_machine_died_is_fetched_again(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    town.aws.faults.log_events = 50
    first = await runner.log(run)
    (file,) = (town.home / "logs").glob("*.log")
    with file.open("ab") as log:
        log.write(b"half of a pa")
    assert b"half of a pa" not in await whole(runner, run)
    assert (await whole(runner, run)).startswith(first)


async def test_a_token_that_ran_out_means_reading_from_the_beginning(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    town.aws.faults.log_events = 50
    await runner.log(run)
    (mark,) = (town.home / "logs").glob("*.json")
    mark.write_bytes(mark.read_bytes().replace(b'"f/', b'"expired/'))
    assert PRINTED in (await whole(runner, run)).decode()


async def test_a_run_without_a_log_has_none(town: Town) -> None:
    runner = town.runner()
    assert await runner.log("b1-0") == b""
    assert await runner.log(f"{town.project}:nobody") == b""


async def test_throttling_is_told_to_come_again(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    town.aws.faults.throttle("GetLogEvents")
    with pytest.raises(Transient, match="AWS said ThrottlingException on GetLogEvents"):
        await runner.log(run)
    assert PRINTED in (await whole(runner, run)).decode()


async def test_copies_are_forgotten_and_fetched_again_on_demand(town: Town) -> None:
    runner = town.runner()
    run = await run_to_its_end(town, runner)
    log = await whole(runner, run)
    files = list((town.home / "logs").iterdir())
    await runner.forget(timedelta(days=7))
    assert sorted((town.home / "logs").iterdir()) == sorted(files)
    for file in files:
        os.utime(file, (0, 0))
    await runner.forget(timedelta(days=7))
    assert list((town.home / "logs").iterdir()) == []
    assert await whole(runner, run) == log
