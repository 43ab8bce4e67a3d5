"""Which builds a change wants: each rule alone, then what holds for every combination of them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.build import Architecture, Build, State
from checks.change import Change, Purpose
from checks.plan import ASKS_AGAIN, Facts, Policy, Wanted, again, plan, reason_to_ignore
from checks.result import Outcome, Result
from tests.checks.tellings import BUILDSPEC, START, pull_request, pushed, told

PUSH = pushed("a").change
REQUEST = told(pull_request("a")).change
GROUP = replace(PUSH, purpose=Purpose.MERGE_GROUP, push=None)
FACTS = Facts(buildspec=BUILDSPEC, problem="", message="Round totals", distrust="", earlier=())
PUBLISHES = BUILDSPEC + "env:\n  variables:\n    PRX_CI_PUBLISH: true\n"
WANTED = Wanted(
    architecture=Architecture.X86_64,
    attempt=1,
    state=State.QUEUED,
    why="",
    trusted=True,
    publishes=False,
    approved_by="",
)


def build_of(change: Change, state: State, **facts: object) -> Build:
    return replace(Build(id="b1", change=change, created_at=START, state=state), **facts)


@pytest.mark.parametrize(
    ("change", "facts", "policy", "wanted"),
    [
        (PUSH, FACTS, Policy(), replace(WANTED, publishes=True)),
        (REQUEST, FACTS, Policy(), WANTED),
        (GROUP, FACTS, Policy(), WANTED),
        (REQUEST, replace(FACTS, buildspec=PUBLISHES), Policy(), WANTED),
        (
            REQUEST,
            replace(FACTS, buildspec=PUBLISHES),
            Policy(pull_requests_may_publish=True),
            replace(WANTED, publishes=True),
        ),
        (REQUEST, FACTS, Policy(pull_requests_may_publish=True), WANTED),
        (GROUP, replace(FACTS, buildspec=PUBLISHES), Policy(pull_requests_may_publish=True), WANTED),
        (
            REQUEST,
            replace(FACTS, buildspec=PUBLISHES, distrust="@eve has no write access"),
            Policy(pull_requests_may_publish=True),
            replace(WANTED, trusted=False, state=State.WAITING_FOR_APPROVAL, why="@eve has no write access"),
        ),
        (
            PUSH,
            replace(FACTS, problem="buildspec.yml line 4: no", message="[skip ci]"),
            Policy(),
            replace(WANTED, publishes=True, state=State.SKIPPED, why="the commit message says [skip ci]"),
        ),
        (
            PUSH,
            replace(FACTS, problem="buildspec.yml line 4: no"),
            Policy(),
            replace(WANTED, publishes=True, state=State.FAILED, why="buildspec.yml line 4: no"),
        ),
    ],
)
def test_a_fresh_commit_is_planned_as_this_table_says(
    change: Change, facts: Facts, policy: Policy, wanted: Wanted
) -> None:
    assert plan(change, facts, policy) == [wanted]


@pytest.mark.parametrize("drafts", [True, False])
def test_the_organisation_decides_about_drafts(drafts: bool) -> None:
    change = told(pull_request("a", draft=True)).change

    [wanted] = plan(change, FACTS, Policy(build_drafts=drafts))

    assert (wanted.state, wanted.why) == (
        (State.QUEUED, "") if drafts else (State.SKIPPED, "the pull request is a draft")
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", ["synchronize", *sorted(ASKS_AGAIN)])
def test_a_commit_that_was_built_wants_another_build_only_when_asked(state: State, action: str) -> None:
    change = told(pull_request("a"), action).change
    earlier = [build_of(REQUEST, state)]

    wanted = plan(change, replace(FACTS, earlier=earlier), Policy())

    nothing_stands = state in (State.CANCELLED, State.SKIPPED)
    expected = nothing_stands or (state.is_final and action in ASKS_AGAIN)
    assert wanted == ([replace(WANTED, attempt=2)] if expected else [])


def test_a_skipped_commit_is_not_skipped_a_second_time() -> None:
    skipped = build_of(REQUEST, State.SKIPPED, why="the commit message says [skip ci]")

    assert plan(REQUEST, replace(FACTS, message="[skip ci]", earlier=[skipped]), Policy()) == []
    [other] = plan(REQUEST, replace(FACTS, message="[no ci]", earlier=[skipped]), Policy())
    assert other.why == "the commit message says [no ci]"


@pytest.mark.parametrize("other", [PUSH, GROUP])
def test_another_purpose_needs_a_build_of_its_own(other: Change) -> None:
    assert plan(REQUEST, replace(FACTS, earlier=[build_of(other, State.SUCCEEDED)]), Policy()) == [WANTED]


def test_only_the_architecture_that_is_missing_is_wanted() -> None:
    facts = replace(
        FACTS,
        buildspec=BUILDSPEC + "# PRX_BUILD_X86_64 PRX_BUILD_AARCH64",
        earlier=[build_of(REQUEST, State.SUCCEEDED)],
    )

    assert plan(REQUEST, facts, Policy()) == [replace(WANTED, architecture=Architecture.AARCH64)]


def test_an_approval_holds_for_every_attempt_at_its_commit() -> None:
    approved = build_of(REQUEST, State.FAILED, trusted=False, approved_by="bo")
    change = told(pull_request("a"), "unlocked").change

    assert plan(change, replace(FACTS, distrust="@eve has no write access", earlier=[approved]), Policy()) == [
        replace(WANTED, attempt=2, trusted=False, approved_by="bo")
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (PUSH, ""),
        (REQUEST, ""),
        (GROUP, ""),
        (told(pull_request("a", open=False), "unlocked").change, "pull request #12 is closed"),
        (told(pull_request("a", head_branch="main")).change, "main is built when it is pushed"),
        (told(pull_request("a", head_branch="main", head_repository=99)).change, ""),
    ],
)
def test_some_changes_need_no_look(change: Change, reason: str) -> None:
    assert reason_to_ignore(change) == reason


@pytest.mark.parametrize("state", [state for state in State if state.is_final])
def test_what_has_ended_may_run_again(state: State) -> None:
    build = build_of(PUSH, state, why="enough", publishes=True, result=Result(outcome=Outcome.FAILED))

    assert again(build, [build]) == replace(WANTED, attempt=2, publishes=True)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (State.WAITING_FOR_APPROVAL, "the commit has to be approved first"),
        (State.QUEUED, "a build of this commit is running already"),
        (State.RUNNING, "a build of this commit is running already"),
    ],
)
def test_what_is_on_its_way_does_not_run_again(state: State, why: str) -> None:
    old, new = build_of(PUSH, State.FAILED), build_of(PUSH, state, id="b2", attempt=2)

    assert again(old, [new, old]) == why


def test_an_unapproved_commit_waits_again_and_says_why() -> None:
    build = build_of(REQUEST, State.CANCELLED, trusted=False, why="#12 was closed")

    assert again(build, [build]) == replace(
        WANTED,
        attempt=2,
        trusted=False,
        state=State.WAITING_FOR_APPROVAL,
        why="nobody with write access has approved this commit",
    )


@pytest.mark.parametrize("trusted", [True, False])
def test_a_refused_buildspec_is_refused_again(trusted: bool) -> None:
    build = build_of(PUSH, State.FAILED, why="buildspec.yml line 4: no", trusted=trusted)

    assert again(build, [build]) == replace(
        WANTED, attempt=2, trusted=trusted, state=State.FAILED, why="buildspec.yml line 4: no"
    )


changes = st.builds(
    lambda change, action: replace(change, action=action) if change.pull_request else change,
    st.sampled_from([PUSH, REQUEST, GROUP]),
    st.sampled_from(["opened", "synchronize", "ready_for_review", *sorted(ASKS_AGAIN)]),
)


@st.composite
def histories(draw: st.DrawFn) -> Sequence[Build]:
    """Builds of one commit, the newest first, as they can have come about."""
    change = st.sampled_from([PUSH, REQUEST, GROUP])
    builds = [
        build_of(
            draw(change),
            draw(st.sampled_from(list(State))),
            id=f"b{number}",
            attempt=number,
            architecture=draw(st.sampled_from(list(Architecture))),
            approved_by=draw(st.sampled_from(["", "bo"])),
            trusted=draw(st.booleans()),
        )
        for number in range(1, draw(st.integers(0, 5)) + 1)
    ]
    return builds[::-1]


facts = st.builds(
    Facts,
    buildspec=st.sampled_from([BUILDSPEC, PUBLISHES, BUILDSPEC + "# PRX_BUILD_AARCH64 PRX_BUILD_X86_64"]),
    problem=st.sampled_from(["", "buildspec.yml line 4: no"]),
    message=st.sampled_from(["Round totals", "[skip ci]"]),
    distrust=st.sampled_from(["", "@eve has no write access"]),
    earlier=histories(),
)
policies = st.builds(Policy, build_drafts=st.booleans(), pull_requests_may_publish=st.booleans())


@given(changes, facts, policies)
def test_whatever_is_wanted_is_lawful(change: Change, told: Facts, policy: Policy) -> None:
    told = told if change.pull_request else replace(told, distrust="")  # whoever pushes may push
    for wanted in plan(change, told, policy):
        alike = [
            build
            for build in told.earlier
            if build.change.purpose is change.purpose and build.architecture is wanted.architecture
        ]
        assert not alike or not alike[0].is_active
        assert wanted.attempt > max((build.attempt for build in alike), default=0)
        approved = any(build.approved_by for build in alike)
        assert not (wanted.state is State.QUEUED and not wanted.trusted and not approved)
        assert not (wanted.publishes and change.purpose is Purpose.MERGE_GROUP)
        assert not (wanted.publishes and not wanted.trusted)
        assert bool(wanted.why) is (wanted.state is not State.QUEUED)


@given(changes, facts, policies)
def test_what_was_planned_settles_what_was_asked(change: Change, told: Facts, policy: Policy) -> None:
    """The same facts, with what they asked for added, ask for nothing more."""
    added = [
        build_of(
            change,
            wanted.state,
            id="b9",
            attempt=wanted.attempt,
            architecture=wanted.architecture,
            trusted=wanted.trusted,
            why=wanted.why,
        )
        for wanted in plan(change, told, policy)
    ]
    once_more = plan(change, replace(told, earlier=[*added, *told.earlier]), policy)

    assert [wanted for wanted in once_more if wanted.state is not State.FAILED] == []
