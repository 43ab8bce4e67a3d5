"""Every sentence of a check, word for word, and the limits of the Checks API over whatever a build may hold."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import category

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from checks.build import Architecture, Build, State
from checks.button import Action, Button
from checks.change import Change, Purpose
from checks.check_run import CheckRun, check_name, check_run
from checks.pull_request import PullRequest
from checks.repository import Repository
from checks.result import Failure, Outcome, Phase, Result
from checks.test_report import FailedTest, Mark, TestReport, Verdict

SHA = "4f2a91c0d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a3"
WEB = "https://github.com/acme/web"
LOG = "https://interlock.example.org/builds/b1"
BEGAN = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
PULL_REQUEST = PullRequest(
    number=7,
    title="Round totals",
    author="stranger",
    head_sha=SHA,
    head_branch="totals",
    head_repository=99,
    base_branch="main",
    base_repository=42,
    updated_at=BEGAN,
)
PUSH = Change(
    repository=Repository(id=42, full_name="acme/web", installation=1, html_url=WEB),
    purpose=Purpose.PUSH,
    sha=SHA,
    branch="main",
    sender="ana",
    received_at=BEGAN,
)
PROPOSED = replace(PUSH, purpose=Purpose.PULL_REQUEST, pull_request=PULL_REQUEST, sender="stranger", branch="totals")
BUILD = Build(id="b1", change=PUSH, created_at=BEGAN)
TESTS = TestReport(
    passed=246,
    failed=2,
    skipped=3,
    failures=(
        FailedTest(
            name="test_total_includes_tax",
            verdict=Verdict.FAILED,
            message="expected 119.0, got 100.0",
            suite="tests.test_cart",
            details="assert 100.0 == 119.0",
            path="tests/test_cart.py",
            line=41,
        ),
        FailedTest(
            name="test_empty[a|b]",
            verdict=Verdict.ERRORED,
            message="KeyError: 'items'\n\nsee @acme/cart",
            path="app/cart.py",
        ),
    ),
)
PHASES = (
    Phase(name="INSTALL", succeeded=True, seconds=12),
    Phase(name="PRE_BUILD", succeeded=True, seconds=0.85),
    Phase(name="BUILD", succeeded=False, seconds=179),
)
BLOB = f"{WEB}/blob/{SHA}"
COMMIT = f"[`4f2a91c`]({WEB}/commit/{SHA})"


def ended(state: State, result: Result | None = None, change: Change = PUSH, **facts: Any) -> Build:
    build = replace(BUILD, change=change, state=state, result=result, started_at=BEGAN, **facts)
    return replace(build, finished_at=BEGAN + timedelta(seconds=192))


def failed(**facts: Any) -> Build:
    return ended(State.FAILED, Result(outcome=Outcome.FAILED, **facts))


def shown(build: Build, ahead: int = 0, remark: str = "") -> CheckRun:
    return check_run(replace(build, remark=remark), log_url=LOG, ahead=ahead)


FAILED_TESTS = failed(
    tests=TESTS,
    phases=PHASES,
    failure=Failure(phase="BUILD", command="pytest", exit_code=1),
    log_tail="collected 251 items\n\x1b[31mFAILED\x1b[0m tests/test_cart.py\n",
)
FAILED_COMMAND = failed(failure=Failure(phase="PRE_BUILD", command="npm ci", exit_code=1))
PASSED = ended(
    State.SUCCEEDED,
    Result(
        outcome=Outcome.SUCCEEDED,
        tests=TestReport(passed=248, skipped=3),
        phases=PHASES[:2],
        exported={"MY_APP": "app:4f2a91c"},
    ),
    publishes=True,
)
HELD = replace(
    BUILD, change=PROPOSED, state=State.WAITING_FOR_APPROVAL, trusted=False, why="@stranger has no write access"
)


@pytest.mark.parametrize(
    ("build", "ahead", "title"),
    [
        (HELD, 0, "Waiting for approval: @stranger has no write access"),
        (replace(HELD, why=""), 0, "Waiting for approval: @stranger has no write access"),
        (BUILD, 0, "Waiting for a runner"),
        (BUILD, 2, "Waiting for a runner (2 ahead)"),
        (replace(BUILD, faults=1), 2, "Starting again: the runner lost the build"),
        (replace(BUILD, state=State.RUNNING), 0, "Building"),
        (replace(BUILD, state=State.RUNNING, phase="PRE_BUILD"), 0, "Building: pre_build"),
        (replace(BUILD, state=State.RUNNING, phase="COMPLETED"), 0, "Ended; reading the result"),
        (PASSED, 0, "Passed in 3 min 12 s · 248 tests · published 4f2a91c"),
        (replace(PASSED, publishes=False), 0, "Passed in 3 min 12 s · 248 tests"),
        (ended(State.SUCCEEDED), 0, "Passed in 3 min 12 s"),
        (replace(BUILD, state=State.SUCCEEDED), 0, "Passed"),
        (
            ended(State.SUCCEEDED, Result(outcome=Outcome.SUCCEEDED, tests=TestReport(passed=1)), publishes=True),
            0,
            "Passed in 3 min 12 s · 1 test",
        ),
        (
            ended(State.SUCCEEDED, Result(outcome=Outcome.SUCCEEDED, tests=TESTS)),
            0,
            "Passed in 3 min 12 s · 2 of 248 tests failed",
        ),
        (FAILED_TESTS, 0, "2 of 248 tests failed in build"),
        (failed(tests=TestReport(failed=1)), 0, "1 of 1 test failed"),
        (FAILED_COMMAND, 0, "pre_build failed: npm ci exited with 1"),
        (failed(failure=Failure(phase="BUILD", command="")), 0, "build failed: a command did not end by itself"),
        (failed(phases=PHASES), 0, "build failed"),
        (failed(message="the artifacts are missing"), 0, "the artifacts are missing"),
        (failed(), 0, "Failed"),
        (ended(State.FAILED, why=" \x1b"), 0, "Failed"),
        (
            ended(State.FAILED, why='buildspec.yml line 14: unknown phase "biuld"; did you mean "build"?'),
            0,
            'buildspec.yml line 14: unknown phase "biuld"; did you mean "build"?',
        ),
        (
            replace(
                ended(State.TIMED_OUT, Result(outcome=Outcome.TIMED_OUT, phases=PHASES)),
                finished_at=BEGAN + timedelta(minutes=60, seconds=3),
            ),
            0,
            "Timed out after 60 min in build",
        ),
        (replace(BUILD, state=State.TIMED_OUT), 0, "Timed out"),
        (replace(BUILD, state=State.CANCELLED, why="9be01d2 is newer"), 0, "Cancelled: 9be01d2 is newer"),
        (replace(BUILD, state=State.CANCELLED), 0, "Cancelled"),
        (
            ended(State.ERROR, why="the runner lost it"),
            0,
            "Interlock could not run this build: the runner lost it",
        ),
        (
            replace(BUILD, state=State.SKIPPED, why="the commit message says [skip ci]"),
            0,
            "Skipped: the commit message says [skip ci]",
        ),
        (
            failed(
                failure=Failure(phase="BUILD", command="curl -H 'Authorization: token x'\n https://x", exit_code=22)
            ),
            0,
            "build failed: curl -H 'Authorization: ***' https://x exited with 22",
        ),
    ],
)
def test_the_title_is_the_answer(build: Build, ahead: int, title: str) -> None:
    assert shown(build, ahead).title == title


def test_the_title_of_a_long_command_still_says_how_it_ended() -> None:
    title = shown(failed(failure=Failure(phase="BUILD", command="x" * 5_000, exit_code=2))).title
    assert title == f"build failed: {'x' * 117}… exited with 2"


def test_failing_tests_are_told_with_why_and_where() -> None:
    check = shown(FAILED_TESTS)
    assert (
        check.summary
        == f"""\
**2 tests failed**, 246 passed, 3 skipped · phase `build` · 3 min 12 s · [full log]({LOG})

| test | why | where |
| --- | --- | --- |
| `test_total_includes_tax` | expected 119.0, got 100.0 | [tests/test\\_cart.py:41]({BLOB}/tests/test_cart.py#L41) |
| `test_empty[a\\|b]` | KeyError: 'items' | [app/cart.py]({BLOB}/app/cart.py) |

<details><summary>Last 2 lines of the log</summary>

~~~~text
collected 251 items
FAILED tests/test_cart.py
~~~~

</details>

**Reproduce:** `interlock build .` at `4f2a91c`. **Next:** push a fix, or press *Re-run*."""
    )
    assert (
        check.text
        == """\
| phase |  | took |
| --- | --- | --- |
| `install` |  | 12 s |
| `pre_build` |  | 850 ms |
| `build` | failed | 2 min 59 s |"""
    )


def marked(*marks: Mark | None, change: Change = PROPOSED, failed_in_all: int = 0, **facts: Any) -> Build:
    """A build whose tests t1, t2 … failed, marked like this; `failed_in_all` if not all of them were kept."""
    failures = tuple(
        FailedTest(name=f"t{number}", verdict=Verdict.FAILED, message="no", mark=mark)
        for number, mark in enumerate(marks, 1)
    )
    tests = TestReport(passed=9, failed=failed_in_all or len(marks), failures=failures, base=BASE, **facts)
    return ended(State.FAILED, Result(outcome=Outcome.FAILED, tests=tests), change=change)


def first_column(build: Build) -> list[str]:
    rows = [line for line in shown(build).summary.splitlines() if line.startswith("| `t")]
    return [row.split(" | ")[0].removeprefix("| ") for row in rows]


BASE = "77aa0be" + "0" * 33


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (PROPOSED, "new here, passes on main"),
        (replace(PUSH, purpose=Purpose.MERGE_GROUP), "new here, passes on main"),
        (PUSH, "new since 77aa0be"),
    ],
)
def test_a_new_failure_is_marked_and_leads_to_the_commit_where_the_test_passes(change: Change, words: str) -> None:
    assert first_column(marked(Mark.NEW, None, change=change)) == [f"`t1` · *[{words}]({WEB}/commit/{BASE})*", "`t2`"]


def test_a_flaky_failure_is_marked() -> None:
    assert first_column(marked(None, Mark.FLAKY)) == ["`t1`", "`t2` · *flaky: passed on this commit before*"]


@pytest.mark.parametrize(
    ("build", "first"),
    [
        (marked(None), "**1 test failed**, 9 passed"),
        (marked(Mark.NEW), "**1 test failed** (1 new), 9 passed"),
        (marked(Mark.NEW, Mark.NEW, Mark.FLAKY, None), "**4 tests failed** (2 new, 1 flaky), 9 passed"),
        (marked(Mark.NEW, failed_in_all=600), "**600 tests failed**, 9 passed"),
    ],
)
def test_the_first_line_counts_what_is_new_and_flaky_if_all_that_failed_is_known(build: Build, first: str) -> None:
    assert shown(build).summary.partition(" · ")[0] == first


def test_an_annotation_says_that_its_test_is_new() -> None:
    tests = replace(TESTS, failures=tuple(replace(test, mark=Mark.NEW) for test in TESTS.failures))
    assert [each.message.split("\n")[0] for each in shown(failed(tests=tests)).annotations] == [
        "tests.test_cart: test_total_includes_tax (new)",
        "test_empty[a|b] (new)",
    ]


def flaky(number: int) -> str:
    """The paragraph on tests that failed before and passed now."""
    tests = TestReport(passed=20, flaky=tuple(f"t{number}" for number in range(1, number + 1)))
    result = Result(outcome=Outcome.SUCCEEDED, tests=tests)
    return shown(ended(State.SUCCEEDED, result, change=PROPOSED)).summary.split("\n\n")[1]


def test_a_passed_build_names_the_tests_that_failed_on_this_commit_before() -> None:
    first_ten = ", ".join(f"`t{number}`" for number in range(1, 11))
    assert [flaky(1), flaky(2), flaky(12)] == [
        "**Flaky:** 1 test failed on this commit before and passed now: `t1`.",
        "**Flaky:** 2 tests failed on this commit before and passed now: `t1`, `t2`.",
        f"**Flaky:** 12 tests failed on this commit before and passed now: {first_ten} and 2 more.",
    ]


@pytest.mark.parametrize(("passed", "said"), [(19_999, False), (20_000, True)])
def test_more_tests_than_are_compared_are_said_not_to_be(passed: int, said: bool) -> None:
    summary = shown(failed(tests=TestReport(passed=passed, failed=1))).summary
    assert ("\n\nNot compared with other builds: there are more than 20,000 tests.\n\n" in summary) is said


def test_a_failed_command_is_told_first() -> None:
    assert (
        shown(FAILED_COMMAND).summary
        == f"""\
**`npm ci` exited with 1** · phase `pre_build` · 3 min 12 s · [full log]({LOG})

**Reproduce:** `interlock build .` at `4f2a91c`. **Next:** push a fix, or press *Re-run*."""
    )


def test_a_bad_buildspec_tells_that_nothing_has_run() -> None:
    build = replace(BUILD, state=State.FAILED, why='buildspec.yml line 14: unknown phase "biuld"')
    assert (
        shown(build).summary
        == f"""\
**buildspec.yml line 14: unknown phase "biuld"**

Nothing of {COMMIT} has run. **Next:** mend that and push; `interlock check .` finds it before."""
    )


def test_a_passed_build_tells_what_it_published() -> None:
    assert (
        shown(PASSED).summary
        == f"""\
**248 tests passed**, 3 skipped · 3 min 12 s · [full log]({LOG})

| phase |  | took |
| --- | --- | --- |
| `install` |  | 12 s |
| `pre_build` |  | 850 ms |

**Published** {COMMIT}:

| label | value |
| --- | --- |
| `MY_APP` | `app:4f2a91c` |"""
    )


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (ended(State.SUCCEEDED, publishes=True), "the buildspec exported no variables"),
        (ended(State.SUCCEEDED, change=PROPOSED), "a pull request publishes when it is merged"),
        (ended(State.SUCCEEDED, change=PROPOSED, trusted=False), "nobody with write access vouches for this commit"),
        (
            ended(State.SUCCEEDED, change=replace(PUSH, purpose=Purpose.MERGE_GROUP)),
            "a merge group publishes when it is merged",
        ),
    ],
)
def test_a_passed_build_tells_why_it_published_nothing(build: Build, why: str) -> None:
    assert shown(build).summary == f"**Passed** · 3 min 12 s · [full log]({LOG})\n\n**Published nothing:** {why}."


def test_a_held_build_tells_what_approving_means() -> None:
    assert (
        shown(HELD, remark="Approve and run was refused: @eve has no write access").summary.replace("\u200b", "")
        == f"""\
**Note:** Approve and run was refused: @eve has no write access

**@stranger has no write access** to [`acme/web`]({WEB}), so nothing of {COMMIT} has run.

[Pull request 7]({WEB}/pull/7) by @stranger asks for this build.

Approving runs exactly this commit, `4f2a91c`, apart from trusted builds: it sees no secret and \
publishes nothing. A newer commit asks again.

**Next:** read the changes, then press *Approve and run*. It takes write access."""
    )


def test_a_waiting_build_tells_what_it_waits_for() -> None:
    next_step = "**Next:** nothing; it starts by itself. To give it up, press *Cancel*."
    approved = replace(BUILD, approved_by="ana")
    assert [
        shown(build, ahead).summary.replace("\u200b", "") for build, ahead in ((approved, 0), (BUILD, 1), (BUILD, 2))
    ] == [
        f"{COMMIT} is next.\n\nApproved by @ana: untrusted code sees no secret and publishes nothing.\n\n{next_step}",
        f"1 build waits ahead of {COMMIT}.\n\n{next_step}",
        f"2 builds wait ahead of {COMMIT}.\n\n{next_step}",
    ]
    assert shown(replace(BUILD, faults=1)).summary == (
        f"The runner lost the build of {COMMIT} before it ended. It starts again by itself, 1 of at most 2 times."
        f"\n\n{next_step}"
    )


def test_a_build_that_the_runner_has_no_room_for_promises_no_more_than_another_try() -> None:
    assert shown(replace(BUILD, delay="AWS said AccessDeniedException on StartBuild")).summary == (
        f"{COMMIT} is next.\n\n"
        "**Next:** nothing; it is tried again until it starts. If that takes long, ask who runs Interlock."
    )


def test_a_running_build_tells_its_phase() -> None:
    build = replace(BUILD, state=State.RUNNING, phase="PRE_BUILD")
    assert (
        shown(build).summary
        == f"""\
{COMMIT} is being built · phase `pre_build` · [log so far]({LOG})

**Next:** nothing; the result shows here. To stop it, press *Cancel*."""
    )


def test_an_error_is_not_blamed_on_the_commit() -> None:
    assert (
        shown(ended(State.ERROR, why="the runner lost it", faults=2)).summary
        == f"""\
**Interlock could not run this build: the runner lost it** · 3 min 12 s · [full log]({LOG})

The fault is not in {COMMIT}, and it was started 3 times.

**Next:** press *Re-run*. If it happens again, tell those who run Interlock."""
    )


def test_a_build_that_lasted_too_long_shows_the_end_of_its_log() -> None:
    assert (
        shown(ended(State.TIMED_OUT, Result(outcome=Outcome.TIMED_OUT, phases=PHASES, log_tail="waiting"))).summary
        == f"""\
**Timed out after 3 min in build** · 3 min 12 s · [full log]({LOG})

<details><summary>Last line of the log</summary>

~~~~text
waiting
~~~~

</details>

**Reproduce:** `interlock build .` at `4f2a91c`. \
**Next:** see in the log what it waited for, then push a fix, or press *Re-run*."""
    )


def test_what_was_given_up_tells_how_to_build_it_all_the_same() -> None:
    cancelled = replace(BUILD, state=State.CANCELLED, why="9be01d2 is newer")
    next_step = "**Next:** nothing. To build this commit all the same, press *Re-run*."
    assert [shown(build).summary for build in (cancelled, replace(cancelled, started_at=BEGAN))] == [
        f"**Cancelled: 9be01d2 is newer**\n\nNothing of {COMMIT} has run. {next_step}",
        f"**Cancelled: 9be01d2 is newer** · [full log]({LOG})\n\n{next_step}",
    ]


@pytest.mark.parametrize("state", [State.FAILED, State.SUCCEEDED, State.TIMED_OUT, State.ERROR])
def test_the_first_twenty_failing_tests_come_first_and_the_others_follow(state: State) -> None:
    tests = tuple(FailedTest(name=f"t{n}", verdict=Verdict.FAILED, message="no") for n in range(30))
    check = shown(ended(state, Result(outcome=Outcome.FAILED, tests=TestReport(failed=35, failures=tests))))
    named = [re.findall(r"`(t\d+)`", part) for part in (check.summary, check.text)]
    assert named == [[f"t{n}" for n in range(20)], [f"t{n}" for n in range(20, 30)]]
    assert "\n\n10 more failing tests below.\n\n" in check.summary
    assert check.text.endswith("\n\n5 more failing tests in the full log.")


def test_reports_that_were_not_read_are_named() -> None:
    tests = TestReport(passed=1, unread=("reports/x.xml: not well-formed (line 3)",))
    assert "**Not read:** reports/x.xml: not well-formed (line 3)\n\n" in shown(failed(tests=tests)).summary


@pytest.mark.parametrize(
    ("state", "status", "conclusion", "button"),
    [
        (State.WAITING_FOR_APPROVAL, "completed", "action_required", (Button.APPROVE, "Approve and run")),
        (State.QUEUED, "queued", None, (Button.CANCEL, "Cancel")),
        (State.RUNNING, "in_progress", None, (Button.CANCEL, "Cancel")),
        (State.SUCCEEDED, "completed", "success", None),
        (State.FAILED, "completed", "failure", None),
        (State.ERROR, "completed", "failure", None),
        (State.TIMED_OUT, "completed", "timed_out", None),
        (State.CANCELLED, "completed", "cancelled", None),
        (State.SKIPPED, "completed", "skipped", None),
    ],
)
def test_each_state_has_its_status_and_button(
    state: State, status: str, conclusion: str | None, button: tuple[Button, str] | None
) -> None:
    check = shown(replace(BUILD, state=state))
    assert (check.status, check.conclusion) == (status, conclusion)
    assert [(action.button, action.label) for action in check.actions] == ([button] if button else [])


def test_a_check_names_its_build_commit_and_log() -> None:
    check = shown(PASSED)
    assert (check.external_id, check.head_sha, check.details_url) == ("b1", SHA, LOG)
    assert (check.started_at, check.completed_at) == (BEGAN, BEGAN + timedelta(seconds=192))


def test_a_check_never_ends_before_it_starts() -> None:
    assert shown(replace(PASSED, finished_at=BEGAN - timedelta(seconds=1))).completed_at == BEGAN


def test_another_architecture_renames_nothing() -> None:
    assert [check_name(architecture) for architecture in Architecture] == ["Interlock", "Interlock (aarch64)"]


# --- limits ------------------------------------------------------------------------------------
# As published at https://docs.github.com/en/rest/checks/runs; in bytes, the stricter reading:
# https://github.com/github/docs/issues/35252

HOSTILE = st.one_of(
    st.text(max_size=30),
    st.text(st.sampled_from("~`@<>#|\n\r\x1b[](){};\\!*_é🙂\ud800\u202e/:."), max_size=30),
    st.sampled_from(
        ["x" * 70_000, "🙂" * 20_000, "|" * 70_000, "~" * 70_000, "`" * 30_000, "a\n" * 40_000, "@a " * 30_000]
    ),
)
PATHS = st.one_of(
    st.none(), HOSTILE, st.sampled_from(["/etc/passwd", "../x", "a/../b", "./a", "a.py", "a//b", "C:\\a"])
)
TESTS_OF_ALL_SORTS = st.builds(
    TestReport,
    passed=st.integers(0, 10**6),
    failed=st.integers(0, 10**6),
    skipped=st.integers(0, 10**6),
    failures=st.one_of(
        st.lists(
            st.builds(
                FailedTest,
                name=HOSTILE,
                verdict=st.sampled_from(Verdict),
                message=HOSTILE,
                details=HOSTILE,
                suite=HOSTILE,
                path=PATHS,
                line=st.one_of(st.none(), st.integers(-1, 10**12)),
                mark=st.one_of(st.none(), st.sampled_from(Mark)),
            ),
            max_size=4,
        ).map(tuple),
        st.builds(
            lambda text, n: (FailedTest(name=text, verdict=Verdict.FAILED, message=text, path="a", mark=Mark.NEW),) * n,
            HOSTILE,
            st.just(30),
        ),
    ),
    flaky=st.lists(HOSTILE, max_size=12).map(tuple),
    base=st.sampled_from(["", SHA]),
    unread=st.lists(HOSTILE, max_size=8).map(tuple),
)
RESULTS = st.builds(
    Result,
    outcome=st.sampled_from(Outcome),
    phases=st.lists(
        st.builds(Phase, name=HOSTILE, succeeded=st.booleans(), seconds=st.floats(0, 1e9)), max_size=40
    ).map(tuple),
    failure=st.one_of(
        st.none(),
        st.builds(Failure, phase=HOSTILE, command=HOSTILE, exit_code=st.one_of(st.none(), st.integers(-255, 255))),
    ),
    tests=st.one_of(st.none(), TESTS_OF_ALL_SORTS),
    exported=st.dictionaries(HOSTILE, HOSTILE, max_size=40),
    log_tail=HOSTILE,
    message=HOSTILE,
)
TIMES = st.one_of(st.none(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis adds the zone
BUILDS = st.builds(
    Build,
    id=st.just("b1"),
    change=st.sampled_from([PUSH, PROPOSED, replace(PUSH, purpose=Purpose.MERGE_GROUP, sender="<b>")]),
    created_at=st.just(BEGAN),
    architecture=st.sampled_from(Architecture),
    state=st.sampled_from(State),
    trusted=st.booleans(),
    publishes=st.booleans(),
    why=HOSTILE,
    approved_by=HOSTILE,
    phase=HOSTILE,
    faults=st.integers(0, 3),
    started_at=TIMES,
    finished_at=TIMES,
    result=st.one_of(st.none(), RESULTS),
)


def size(text: str) -> int:
    return len(text.encode("utf-8"))


def broken_limits(check: CheckRun) -> list[str]:
    """Which of GitHub's limits a check run breaks."""
    limits = {
        "name": 0 < len(check.name) <= 255,
        "head_sha": check.head_sha == SHA,
        "details_url": check.details_url.startswith("https://"),
        "status": check.status in ("queued", "in_progress", "completed"),
        "conclusion": (check.conclusion is not None) == (check.status == "completed"),
        "title": 0 < size(check.title) <= 255 and not any(category(each) in ("Cc", "Cs") for each in check.title),
        "summary": 0 < size(check.summary) <= 65_535,
        "text": size(check.text) <= 65_535,
        "actions": len(check.actions) <= 3 and all(map(_action_fits, check.actions)),
        "times": not (check.started_at and check.completed_at) or check.started_at <= check.completed_at,
        "path": all(_path_fits(each.path) for each in check.annotations),
        "lines": all(1 <= each.start_line <= each.end_line < 2**31 for each in check.annotations),
        "level": all(each.level in ("notice", "warning", "failure") for each in check.annotations),
        "annotation title": all(0 < size(each.title) <= 255 for each in check.annotations),
        "message": all(0 < size(each.message) <= 64_000 for each in check.annotations),
        "raw_details": all(size(each.raw_details) <= 64_000 for each in check.annotations),
    }
    return [name for name, kept in limits.items() if not kept]


def _action_fits(action: Action) -> bool:
    return len(action.label) <= 20 and len(action.button) <= 20 and len(action.description) <= 40


def _path_fits(path: str) -> bool:
    return not {"", ".", ".."} & set(path.split("/")) and "\\" not in path


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=40)
@given(BUILDS, st.integers(-1, 10**9), HOSTILE)
def test_every_check_is_within_the_limits(build: Build, ahead: int, remark: str) -> None:
    check = shown(build, ahead, remark)
    assert broken_limits(check) == []
    assert shown(build, ahead, remark) == check


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=40)
@given(BUILDS, HOSTILE)
def test_nothing_that_a_build_says_becomes_html_or_leaves_its_place(build: Build, remark: str) -> None:
    check = shown(build, remark=remark)
    tokens = [
        token
        for text in (check.summary, check.text)
        for block in MarkdownIt("commonmark").enable("table").parse(text)
        for token in (block, *(block.children or ()))
    ]
    written = {token.content.strip() for token in tokens if token.type in ("html_block", "html_inline")}
    assert all(re.fullmatch(r"<details><summary>Last [\w ]+ of the log</summary>|</details>", each) for each in written)
    links = {str(token.attrs["href"]) for token in tokens if token.type == "link_open"}
    assert all(link.startswith((WEB, LOG)) for link in links)
    assert not [token for token in tokens if token.type == "image"]
