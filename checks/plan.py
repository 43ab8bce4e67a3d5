"""What a change asks for: the builds it wants, or the reason why it wants none."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from checks import opt_in
from checks.build import Architecture, Build, State
from checks.change import Change, Purpose, short
from checks.skip import skip_mark
from checks.variables import asks_to_publish

ASKS_AGAIN = frozenset({"reopened", "unlocked", "edited"})
"""Actions on a pull request that ask for a fresh build of a commit that was built already.

Unlocking the conversation is the PRX system's way to run a build again; a new base is a new question.
"""


class Policy(Struct, frozen=True, kw_only=True):
    """What the organisation decides. The defaults are those of the PRX system where it was safe."""

    build_drafts: bool = True
    pull_requests_may_publish: bool = False
    timeout: timedelta = timedelta(minutes=60)


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a change that opts in.

    `problem` says what is wrong with the buildspec, `distrust` why nobody vouches for the code; both are
    empty when all is well. `earlier` are the builds of this commit, the newest first.
    """

    buildspec: str
    problem: str
    message: str
    distrust: str
    earlier: Sequence[Build]


class Wanted(Struct, frozen=True, kw_only=True):
    """A build that should be, as far as the rules know it."""

    architecture: Architecture
    attempt: int
    state: State
    why: str
    trusted: bool
    publishes: bool
    approved_by: str


def reason_to_ignore(change: Change) -> str:
    """Why a change needs no look at its buildspec, or nothing."""
    pull_request = change.pull_request
    if pull_request and not pull_request.open:
        return f"pull request #{pull_request.number} is closed"
    if pull_request and not pull_request.is_from_fork and change.branch == change.repository.default_branch:
        return f"{change.branch} is built when it is pushed"
    return ""


def plan(change: Change, facts: Facts, policy: Policy) -> Sequence[Wanted]:
    """One build for each architecture that still needs one."""
    wanted = []
    for architecture in opt_in.architectures(facts.buildspec):
        alike = _same_intent(change, facts.earlier, architecture)
        one = _wanted(change, facts, policy, architecture, alike)
        if not _is_settled(change, alike) and not _is_skipped_alike(one, alike):
            wanted.append(one)
    return wanted


def why_outdated(build: Build, change: Change) -> str:
    """Why an active build of a pull request gives way to this change, or nothing."""
    built, told = build.change.pull_request, change.pull_request
    if build.change.sha != change.sha:
        return f"{short(change.sha)} is newer"
    if built and told and built.number == told.number and built.base_branch != told.base_branch:
        return f"#{told.number} goes into {told.base_branch} now"
    return ""


def again(build: Build, earlier: Sequence[Build]) -> Wanted | str:
    """A fresh build like this one, or why not now."""
    alike = _same_intent(build.change, earlier, build.architecture)
    if any(other.state is State.WAITING_FOR_APPROVAL for other in alike):
        return "the commit has to be approved first"
    if any(other.is_active for other in alike):
        return "a build of this commit is running already"
    approved_by = _approval(alike)
    state, why = _beginning_again(build, approved=bool(approved_by))
    return Wanted(
        architecture=build.architecture,
        attempt=_next_attempt(alike),
        state=state,
        why=why,
        trusted=build.trusted,
        publishes=build.publishes,
        approved_by=approved_by,
    )


def _wanted(change: Change, facts: Facts, policy: Policy, architecture: Architecture, alike: Sequence[Build]) -> Wanted:
    approved_by = _approval(alike)
    state, why = _beginning(change, facts, policy, approved=bool(approved_by))
    return Wanted(
        architecture=architecture,
        attempt=_next_attempt(alike),
        state=state,
        why=why,
        trusted=not facts.distrust,
        publishes=_publishes(change, facts, policy),
        approved_by=approved_by,
    )


def _beginning(change: Change, facts: Facts, policy: Policy, *, approved: bool) -> tuple[State, str]:
    if mark := skip_mark(facts.message):
        return State.SKIPPED, f"the commit message says {mark}"
    if change.pull_request and change.pull_request.draft and not policy.build_drafts:
        return State.SKIPPED, "the pull request is a draft"
    if facts.problem:
        return State.FAILED, facts.problem
    if facts.distrust and not approved:
        return State.WAITING_FOR_APPROVAL, facts.distrust
    return State.QUEUED, ""


def _beginning_again(build: Build, *, approved: bool) -> tuple[State, str]:
    if build.state is State.FAILED and build.result is None:  # its buildspec was refused, and still is what it was
        return State.FAILED, build.why
    if not build.trusted and not approved:
        return State.WAITING_FOR_APPROVAL, "nobody with write access has approved this commit"
    return State.QUEUED, ""


def _publishes(change: Change, facts: Facts, policy: Policy) -> bool:
    """Pushes publish; a pull request only where the organisation lets it, for code that somebody vouches for."""
    if change.purpose is Purpose.PUSH:
        return True
    return (
        change.purpose is Purpose.PULL_REQUEST
        and policy.pull_requests_may_publish
        and not facts.distrust
        and asks_to_publish(facts.buildspec)
    )


def _same_intent(change: Change, builds: Sequence[Build], architecture: Architecture) -> Sequence[Build]:
    return [build for build in builds if build.change.purpose is change.purpose and build.architecture is architecture]


def _is_settled(change: Change, alike: Sequence[Build]) -> bool:
    """Whether the builds that there are already answer what the change asks."""
    alike = [build for build in alike if not (build.is_active and why_outdated(build, change))]
    if not alike:
        return False
    newest = alike[0]
    if newest.state in (State.CANCELLED, State.SKIPPED):
        return False
    return newest.is_active or change.action not in ASKS_AGAIN


def _is_skipped_alike(wanted: Wanted, alike: Sequence[Build]) -> bool:
    """A second check that says no more than the first helps nobody."""
    return (
        bool(alike) and wanted.state is State.SKIPPED and (wanted.state, wanted.why) == (alike[0].state, alike[0].why)
    )


def _next_attempt(alike: Sequence[Build]) -> int:
    return 1 + max((build.attempt for build in alike), default=0)


def _approval(alike: Sequence[Build]) -> str:
    """An approval is bound to the commit: who gave it once gave it for every attempt."""
    return next((build.approved_by for build in alike if build.approved_by), "")
