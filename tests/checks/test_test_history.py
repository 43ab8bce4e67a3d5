"""What other builds say of a failing test: new or flaky, and neither without both facts."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.button import Button
from checks.change import Purpose
from checks.events import BuildReported, Event
from checks.result import Outcome, Result
from checks.test_history import with_flaky, with_new
from checks.test_outcomes import TestOutcomes
from checks.test_report import Mark, TestReport
from tests.checks.tellings import (
    BUILDSPEC,
    ended,
    fork_request,
    merge_group,
    pressed,
    pull_request,
    pushed,
    report_of,
    sha,
    told,
)
from tests.checks.world import World

# --- the rule ----------------------------------------------------------------------------------

ENDINGS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["passed", "failed", "skipped"]))


def report(endings: dict[str, str]) -> TestReport:
    named = {ending: "".join(name for name, how in endings.items() if how == ending) for ending in endings.values()}
    return report_of(**named)


def marks(tests: TestReport) -> dict[str, str]:
    return {test.name: str(test.mark) for test in tests.failures if test.mark}


@given(ENDINGS, st.one_of(st.none(), ENDINGS), st.lists(ENDINGS, max_size=3))
def test_a_mark_needs_both_facts_and_flaky_is_not_new(
    here: dict[str, str], base: dict[str, str] | None, others: list[dict[str, str]]
) -> None:
    tests, earlier = report(here), [report(other) for other in others]
    kept = [other.outcomes for other in earlier if other.outcomes]
    failures = [test for other in earlier for test in other.failures]

    compared = with_flaky(tests, tests.outcomes or TestOutcomes(), kept, failures)
    if base is not None:
        compared = with_new(compared, sha("a"), report(base).outcomes or TestOutcomes())

    failed = {name for name, how in here.items() if how == "failed"}
    flaky = {name for name in failed if any(other.get(name) == "passed" for other in others)}
    new = {name for name in failed if base and base.get(name) == "passed"} - flaky
    assert marks(compared) == dict.fromkeys(flaky, "flaky") | dict.fromkeys(new, "new")
    assert compared.flaky == tuple(
        name for name in sorted(here) if here[name] == "passed" and any(other.get(name) == "failed" for other in others)
    )
    assert sorted(test.name for test in compared.failures) == sorted(failed)


def test_what_is_new_comes_first_and_the_rest_keeps_its_order() -> None:
    tests = with_new(report_of(failed="abcd"), sha("a"), report_of(passed="bd").outcomes or TestOutcomes())
    assert [test.name for test in tests.failures] == ["b", "d", "a", "c"]


def test_a_test_without_a_name_is_never_marked() -> None:
    nameless = report_of(failed="a")
    nameless = replace(nameless, failures=(replace(nameless.failures[0], digest=b""),))
    everything = TestOutcomes(passed=b"", failed=b"")
    assert marks(with_new(with_flaky(nameless, everything, [everything], nameless.failures), "", everything)) == {}


# --- the story ---------------------------------------------------------------------------------


def run(build: str, passed: str = "", failed: str = "", skipped: str = "", **facts: object) -> BuildReported:
    """The build came to an end of its own with these tests."""
    outcome = Outcome.FAILED if failed else Outcome.SUCCEEDED
    return ended(build, outcome, **{"tests": report_of(passed, failed, skipped), **facts})


def marked(world: World, build: str) -> dict[str, str]:
    return marks(world.builds[build].tests)


BASE = (pushed("a"), run("b1", "xy"))
OTHER_BASE = pull_request("b", base_branch="release")

STORIES: dict[str, tuple[Sequence[Event], dict[str, str]]] = {
    "breaks a test": ([*BASE, told(pull_request("b")), run("b2", "x", "y")], {"y": "new"}),
    "is broken on main too": ([pushed("a"), run("b1", "x", "y"), told(pull_request("b")), run("b2", "x", "y")], {}),
    "adds a test": ([pushed("a"), run("b1", "x"), told(pull_request("b")), run("b2", "x", "y")], {}),
    "runs what was skipped": (
        [pushed("a"), run("b1", "x", skipped="y"), told(pull_request("b")), run("b2", "x", "y")],
        {},
    ),
    "nothing on main has ended": ([pushed("a"), told(pull_request("b")), run("b2", "x", "y")], {}),
    "main has no tests": (
        [pushed("a"), ended("b1", Outcome.SUCCEEDED), told(pull_request("b")), run("b2", "x", "y")],
        {},
    ),
    "the newest on main has no tests": (
        [*BASE, pushed("b", "a"), run("b2", skipped="y"), told(pull_request("c")), run("b3", failed="y")],
        {"y": "new"},
    ),
    "the newest on main counts": (
        [*BASE, pushed("b", "a"), run("b2", "x", "y"), told(pull_request("c")), run("b3", failed="y")],
        {},
    ),
    "main was cancelled": (
        [
            pushed("a"),
            ended("b1", Outcome.STOPPED, tests=report_of("xy")),
            told(pull_request("b")),
            run("b2", "x", "y"),
        ],
        {},
    ),
    "goes elsewhere": ([*BASE, told(OTHER_BASE), run("b2", "x", "y")], {}),
    "is queued to be merged": (
        [*BASE, merge_group("b"), run("b2", "x", "y")],
        {"y": "new"},
    ),
    "pushes what breaks a test": ([*BASE, pushed("b", "a"), run("b2", "x", "y")], {"y": "new"}),
    "another pull request says nothing": (
        [told(pull_request("a")), run("b1", "xy"), told(pull_request("b", number=13)), run("b2", "x", "y")],
        {},
    ),
    "fails the second time": (
        [*BASE, pressed(Button.RERUN), run("b2", "x", "y")],
        {"y": "flaky"},
    ),
    "is flaky, though main passes": (
        [
            *BASE,
            told(pull_request("b")),
            run("b2", "xy"),
            pressed(Button.RERUN, "b2"),
            run("b3", "x", "y"),
        ],
        {"y": "flaky"},
    ),
    "fails for another reason of the same commit": (
        [told(pull_request("a")), run("b1", "xy"), pushed("a"), run("b2", "x", "y")],
        {"y": "flaky"},
    ),
    "was broken off before": (
        [pushed("a"), ended("b1", Outcome.TIMED_OUT, tests=report_of("y")), pressed(Button.RERUN), run("b2", "x", "y")],
        {},
    ),
    "is broken off now": (
        [
            *BASE,
            told(pull_request("b")),
            ended("b2", Outcome.TIMED_OUT, tests=report_of("x", "y")),
        ],
        {},
    ),
}


@pytest.mark.parametrize("story", STORIES)
async def test_a_failing_test_is_marked_by_what_other_builds_say(world: World, story: str) -> None:
    events, expected = STORIES[story]
    await world.hear(*events)
    assert marked(world, list(world.builds)[-1]) == expected


async def test_a_push_that_is_built_again_is_compared_with_what_came_before_it(world: World) -> None:
    await world.hear(pushed("a"), run("b1", "x", "y"), pushed("b", "a"), run("b2", "x", "y"))
    await world.hear(pushed("c", "b"), run("b3", "xy"), pressed(Button.RERUN, "b2"), run("b4", "x", "y"))

    assert (marked(world, "b4"), world.builds["b4"].tests.base) == ({}, sha("a"))


async def test_a_passed_build_names_what_failed_on_its_commit_before(world: World) -> None:
    await world.hear(told(pull_request("a")), run("b1", "x", "yz"), pressed(Button.RERUN), run("b2", "xy", "z"))
    await world.hear(pressed(Button.RERUN), run("b3", "xyz"), pushed("b"), run("b4", "xyz"))

    assert [world.builds[build].tests.flaky for build in world.builds] == [(), ("y",), ("y", "z"), ()]
    assert "**Flaky:** 2 tests failed on this commit before and passed now: `y`, `z`." in world.check_runs[3].summary


async def test_architectures_say_nothing_of_each_other(world: World) -> None:
    for letter in "ab":
        world.buildspecs[sha(letter)] = BUILDSPEC + "# PRX_BUILD_X86_64 PRX_BUILD_AARCH64\n"
    await world.hear(pushed("a"))
    x86, arm = sorted(world.builds, key=lambda build: str(world.builds[build].architecture), reverse=True)
    await world.hear(run(x86, "x"), run(arm, failed="x"), told(pull_request("b")))
    again = {world.builds[build].architecture: build for build in ("b3", "b4")}
    await world.hear(*(run(build, failed="x") for build in again.values()))

    assert (marked(world, arm), world.builds[x86].tests.flaky) == ({}, ())
    assert [marked(world, again[world.builds[build].architecture]) for build in (x86, arm)] == [{"x": "new"}, {}]


async def test_what_a_strangers_build_reports_says_nothing_of_a_trusted_one(world: World) -> None:
    await world.hear(fork_request("a"), pressed(Button.APPROVE), run("b1", "x", "y"), pushed("a"), run("b2", "y", "x"))

    assert not world.builds["b1"].trusted
    assert (marked(world, "b2"), world.builds["b2"].tests.flaky) == ({}, ())


async def test_a_strangers_build_hears_what_trusted_ones_say(world: World) -> None:
    await world.hear(
        pushed("a"), run("b1", "xy"), fork_request("b"), pressed(Button.APPROVE, "b2"), run("b2", "x", "y")
    )

    assert marked(world, "b2") == {"y": "new"}


async def test_a_branch_that_was_the_default_one_is_no_base(world: World) -> None:
    await world.hear(pushed("a"), run("b1", "xy"))
    main = pushed("b").change
    trunk = replace(main, repository=replace(main.repository, default_branch="trunk"), branch="trunk")
    await world.hear(replace(pushed("b"), change=trunk), run("b2", "x", "y"))

    assert (trunk.purpose, marked(world, "b2")) == (Purpose.PUSH, {})


async def test_tests_in_reports_that_were_not_read_are_not_known_to_have_passed(world: World) -> None:
    cut = replace(report_of("x"), unread=("junit-y.xml: empty",))
    await world.hear(pushed("a"), run("b1", tests=cut), told(pull_request("b")), run("b2", failed="xy"))

    assert marked(world, "b2") == {"x": "new"}


async def test_a_report_is_compared_once(world: World) -> None:
    await world.hear(pushed("a"), run("b1", "xy"), told(pull_request("b")), run("b2", "x", "y"))
    facts = world.facts()
    world.take_effects()

    assert await world.hear(run("b2", "y", "x"), run("b1", failed="x")) == []
    assert (world.facts(), world.effects) == (facts, [])


async def test_outcomes_are_kept_beside_the_build_and_not_in_it(world: World) -> None:
    await world.hear(pushed("a"), run("b1", "x", "y"), pushed("b"), ended("b2", Outcome.STOPPED, tests=report_of("x")))

    assert world.outcomes == {"b1": report_of("x", "y").outcomes}
    assert [build.tests.outcomes for build in world.builds.values()] == [None, None]


def test_results_that_were_written_before_there_were_outcomes_can_be_read() -> None:
    old = {"outcome": "failed", "tests": {"failed": 1, "failures": [{"name": "a", "verdict": "failed", "message": ""}]}}
    tests = msgspec.convert(old, Result).tests
    assert tests is not None
    assert (tests.outcomes, tests.flaky, tests.base, tests.failures[0].mark, tests.failures[0].digest) == (
        None,
        (),
        "",
        None,
        b"",
    )


def test_a_result_is_the_same_after_its_way_through_an_event() -> None:
    tests = with_new(report_of("x", "y"), sha("a"), report_of("y").outcomes or TestOutcomes())
    told = BuildReported(build="b1", run="r", result=Result(outcome=Outcome.FAILED, tests=tests))
    assert tests.failures[0].mark is Mark.NEW
    assert msgspec.json.decode(msgspec.json.encode(told), type=BuildReported) == told


@pytest.mark.parametrize(("between", "marks"), [(19, {"x": "flaky"}), (20, {})])
async def test_only_the_newest_builds_of_a_commit_are_asked(world: World, between: int, marks: dict[str, str]) -> None:
    await world.hear(pushed("a"), run("b1", "x"))
    for number in range(2, between + 2):
        await world.hear(pressed(Button.RERUN), run(f"b{number}", "z"))
    await world.hear(pressed(Button.RERUN), run(f"b{between + 2}", failed="x"))

    assert marked(world, f"b{between + 2}") == marks


async def test_what_nobody_vouches_for_is_never_a_base(world: World) -> None:
    await world.hear(*BASE)
    world.builds["b1"] = replace(world.builds["b1"], trusted=False)
    await world.hear(told(pull_request("b")), run("b2", "x", "y"))

    assert marked(world, "b2") == {}
