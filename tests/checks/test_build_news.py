"""What a build tells in a channel, word for word."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from checks.build import Architecture, Build, State
from checks.build_news import build_news
from checks.change import Change, Purpose
from checks.message import Button, Code, Link, Message, Strong, Tone, plain
from checks.news import News, Weight
from checks.pull_request import PullRequest
from checks.repository import Repository
from checks.result import Failure, Outcome, Result
from checks.test_report import FailedTest, Mark, TestReport, Verdict

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHA = "4f2a91c" + "0" * 33
WEB = Repository(id=42, full_name="acme/web", installation=1, html_url="https://github.test/acme/web")
CHANGE = Change(
    repository=WEB,
    purpose=Purpose.PUSH,
    sha=SHA,
    branch="main",
    sender="ana",
    received_at=NOON,
    message="Round totals\n\nx",
)
COMMIT = Link("4f2a91c", f"https://github.test/acme/web/commit/{SHA}")
LOG = Link("log", "https://interlock.test/builds/b1")


def build(state: State, **more: Any) -> Build:
    times = {} if state is State.QUEUED else {"started_at": NOON}
    if state.is_final:
        times["finished_at"] = NOON + timedelta(seconds=192)
    return Build(id="b1", change=CHANGE, created_at=NOON, state=state, **{**times, **more})


def news(told: Build) -> News:
    found = build_news(told, WEB, LOG.url, NOON)
    assert found
    return found


def failing(number: int = 2) -> Result:
    failures = tuple(
        FailedTest(name=f"test_{each}", verdict=Verdict.FAILED, message=f"expected {each}, got 0")
        for each in range(1, number + 1)
    )
    tests = TestReport(passed=248 - number, failed=number, failures=failures)
    return Result(outcome=Outcome.FAILED, tests=tests, failure=Failure(phase="BUILD", command="make test", exit_code=1))


def test_failing_tests_on_a_branch_are_trouble_that_says_where_and_how_to_go_on() -> None:
    told = news(build(State.FAILED, result=failing()))
    assert told.message == Message(
        tone=Tone.BAD,
        head=(Strong("web"), ": 2 of 248 tests failed in build ", "on main", " · ", COMMIT, " “Round totals” by @ana"),
        lines=(
            (Strong("test_1"), ": expected 1, got 0"),
            (Strong("test_2"), ": expected 2, got 0"),
            ("3 min 12 s · ", LOG),
        ),
        buttons=(Button(words=f"rerun acme/web {SHA}", label="Re-run"),),
    )
    assert (told.weight, told.wrong, told.matter, told.part) == (Weight.TROUBLE, True, "branch:42:main", "x86_64")


def test_many_failing_tests_are_counted() -> None:
    told = news(build(State.FAILED, result=failing(200)))
    assert [plain(line) for line in told.message.lines][2:] == [
        "test_3: expected 3, got 0",
        "and 197 more",
        "3 min 12 s · log",
    ]


def test_a_failing_test_says_where_it_is_and_whether_it_is_new() -> None:
    test = FailedTest(
        name="test_total", verdict=Verdict.FAILED, message="no", path="tests/a b.py", line=41, mark=Mark.FLAKY
    )
    tests = TestReport(passed=1, failed=2, failures=(test, replace(test, line=None, mark=None, message="")))
    told = news(build(State.FAILED, result=Result(outcome=Outcome.FAILED, tests=tests))).message
    address = f"https://github.test/acme/web/blob/{SHA}/tests/a%20b.py"
    assert told.lines[:-1] == (
        (
            Strong("test_total"),
            ": no · flaky: passed on this commit before · ",
            Link("tests/a b.py:41", f"{address}#L41"),
        ),
        (Strong("test_total"), " · ", Link("tests/a b.py", address)),
    )


def test_a_build_without_tests_tells_what_it_said_last() -> None:
    log = "installing\n\x1b[31mnpm ERR! missing: react\x1b[0m\n\n[Container] Phase complete: BUILD State: FAILED\n"
    failure = Failure(phase="PRE_BUILD", command="npm ci", exit_code=1)
    told = news(build(State.FAILED, result=Result(outcome=Outcome.FAILED, failure=failure, log_tail=log))).message
    assert told.text == "✕ web: pre_build failed: npm ci exited with 1 on main · 4f2a91c “Round totals” by @ana"
    assert told.lines == (("the log ends: ", Code("npm ERR! missing: react")), ("3 min 12 s · ", LOG))


def test_what_mends_a_branch_says_so() -> None:
    told = news(build(State.SUCCEEDED))
    assert (plain(told.mended), told.wrong) == ("web is fixed on main · 4f2a91c “Round totals” by @ana", False)
    assert told.message.lines == ((LOG,),)
    assert told.message.text == "✓ web: passed in 3 min 12 s on main · 4f2a91c “Round totals” by @ana"


def test_what_was_published_is_named_once() -> None:
    exported = Result(outcome=Outcome.SUCCEEDED, exported={"WEB": "github/acme/web:4f2a91c"})
    told = news(build(State.SUCCEEDED, result=exported, publishes=True))
    assert told.message.text == "✓ web: passed in 3 min 12 s · published on main · 4f2a91c “Round totals” by @ana"


def test_a_build_that_runs_can_be_cancelled_from_its_message() -> None:
    told = news(build(State.RUNNING)).message
    assert (told.text, told.buttons) == (
        "● web: building on main · 4f2a91c “Round totals” by @ana",
        (Button(words=f"cancel acme/web {SHA}", label="Cancel"),),
    )


def test_a_build_that_was_stopped_says_nothing_of_its_branch() -> None:
    told = news(build(State.CANCELLED, why="9be01d2 is newer"))
    assert (told.message.text, told.wrong) == ("– web: cancelled on main · 4f2a91c “Round totals” by @ana", None)
    assert [plain(line) for line in told.message.lines] == ["9be01d2 is newer", "3 min 12 s · log"]
    assert told.message.buttons == (Button(words=f"rerun acme/web {SHA}", label="Re-run"),)


def test_a_build_that_could_not_be_run_says_why_below() -> None:
    told = news(build(State.ERROR, why="AWS said AccessDenied on StartBuild"))
    assert told.message.text == ("✕ web: Interlock could not run this build on main · 4f2a91c “Round totals” by @ana")
    assert plain(told.message.lines[0]) == "AWS said AccessDenied on StartBuild"


def test_a_build_that_took_too_long_says_so() -> None:
    told = news(build(State.TIMED_OUT)).message
    assert told.text == "✕ web: timed out after 3 min on main · 4f2a91c “Round totals” by @ana"


def test_a_pull_request_breaks_nothing() -> None:
    asked = PullRequest(
        number=12,
        title="Round totals",
        author="ana",
        head_sha=SHA,
        head_branch="x",
        head_repository=42,
        base_branch="main",
        base_repository=42,
        updated_at=NOON,
    )
    change = replace(CHANGE, purpose=Purpose.PULL_REQUEST, branch="x", pull_request=asked)
    told = news(replace(build(State.FAILED, result=failing()), change=change))
    assert plain(told.message.head) == "web: 2 of 248 tests failed in build on #12 · 4f2a91c “Round totals” by @ana"
    assert (told.weight, told.wrong, told.matter) == (Weight.ROUTINE, None, "")


def test_an_architecture_is_named_where_it_is_not_the_usual_one() -> None:
    told = news(build(State.FAILED, why="x", architecture=Architecture.AARCH64))
    assert (told.message.head[0], told.part) == (Strong("web (aarch64)"), "aarch64")


def test_a_rerun_of_an_old_commit_is_older_than_a_build_of_a_new_one() -> None:
    newer = replace(CHANGE, received_at=NOON + timedelta(minutes=1))
    rerun = replace(build(State.FAILED), id="z9")
    assert news(rerun).order < news(replace(build(State.SUCCEEDED), id="a1", change=newer)).order


@pytest.mark.parametrize("state", [State.QUEUED, State.WAITING_FOR_APPROVAL, State.SKIPPED])
def test_what_waits_or_was_left_out_is_no_news(state: State) -> None:
    assert build_news(build(state), WEB, LOG.url, NOON) is None


def test_odd_data_is_no_trouble() -> None:
    odd = replace(CHANGE, sender="", message="<!channel> *x* `y` " + "w" * 3000)
    told = news(replace(build(State.SUCCEEDED), change=odd))
    assert plain(told.message.head).startswith("web: passed in 3 min 12 s on main · 4f2a91c “<!channel> *x* `y` www")
    assert len(plain(told.message.head)) < 200
    assert plain(news(replace(build(State.FAILED), change=replace(odd, message=""))).message.head) == (
        "web: failed on main · 4f2a91c"
    )
