"""The story of CI: one function per event, from the change to the check, top to bottom."""

from collections.abc import Sequence

from checks import plan
from checks.build import Build, State
from checks.build_news import build_news
from checks.button import Button
from checks.change import Change, Purpose
from checks.check_run import CheckRun, check_run
from checks.errors import Busy, Permanent
from checks.events import (
    AnnotationsLeft,
    BranchPushed,
    BuildDue,
    BuildEvent,
    BuildOutdated,
    BuildReported,
    BuildStarted,
    BuildsUnwanted,
    ButtonPressed,
    ChangeIgnored,
    ChangeReceived,
    Event,
    InstallationGained,
    InstallationLost,
    MergeGroupDestroyed,
    NewsTold,
    PullRequestClosed,
    RepositoryChanged,
    RepositoryLost,
    RerunOfAllRequested,
    RunNoticed,
)
from checks.inquiry import ask_facts, builds_of_nobody_else, why_stale
from checks.opt_in import architectures, opts_in
from checks.ports import CI, Order, Shown
from checks.repository import Repository
from checks.result import WAITING, is_later
from checks.test_history import with_history
from checks.variables import variables

# --- a change becomes builds -------------------------------------------------------------------


async def receive_change(event: ChangeReceived, ci: CI) -> Sequence[Event]:
    """A change asks for builds: decide which, or say why none. Older heads give way."""
    change = event.change
    if not await ci.changes.add(change):
        return ()
    ci.repositories.save(change.repository)
    if stale := await why_stale(change, ci):
        return [_ignored(change, stale)]
    outdated = await _outdated_builds(change, ci)
    if reason := plan.reason_to_ignore(change):
        return [*outdated, _ignored(change, reason)]
    buildspec = await ci.source.buildspec(change)
    if buildspec is None or not opts_in(buildspec):
        return [*outdated, _ignored(change, "there is no buildspec.yml that contains PRX_")]
    facts = await ask_facts(change, buildspec, ci)
    wanted = plan.plan(change, facts, ci.policy)
    if not wanted:
        return [*outdated, _ignored(change, "this commit has its build already")]
    return [*outdated, *(said for want in wanted for said in ci.builds.add(_build(change, buildspec, want, ci)))]


async def note_branch(event: BranchPushed, ci: CI) -> Sequence[Event]:
    """A branch that is not built moved: what it left alone needs no look later."""
    await ci.source.note_push(event.repository, event.push)
    return ()


async def close_pull_request(event: PullRequestClosed, ci: CI) -> Sequence[Event]:
    """A closed pull request takes its builds with it, unless another one has the same head."""
    closed = event.pull_request
    known = await ci.pull_requests.get(event.repository, closed.number)
    if known and closed.is_older_than(known):
        return ()
    ci.pull_requests.save(event.repository, closed)
    outdated = await builds_of_nobody_else(event.repository, closed, ci)
    why = f"#{closed.number} was closed"
    return [BuildOutdated(build=build.id, why=why, pull_request=closed.number) for build in outdated]


async def destroy_merge_group(event: MergeGroupDestroyed, ci: CI) -> Sequence[Event]:
    """A merge group that was given up needs no build; one that was merged has its verdict already."""
    builds = await ci.builds.of_commit(event.repository, event.sha)
    return [
        BuildOutdated(build=build.id, why=f"the merge queue gave this group up ({event.reason})")
        for build in builds
        if build.is_active and build.change.purpose is Purpose.MERGE_GROUP
    ]


# --- a build runs ------------------------------------------------------------------------------


async def start_build(event: BuildEvent, ci: CI) -> Sequence[Event]:
    """The build gets a runner, unless somebody cancelled it meanwhile, or older builds wait for room."""
    build = await ci.builds.get(event.build)
    if build.state is not State.QUEUED or build.run:
        return ()
    if not isinstance(event, BuildDue) and (delay := await ci.builds.delayed_before(build)):
        return ci.builds.save(build.delayed(delay, in_doubt=ci.repeated))
    try:
        repository = await ci.repositories.get(build.change.repository.id)
        run = await ci.runner.start(_order(build, repository, ci), repeated=ci.repeated or build.in_doubt)
        return ci.builds.save(build.accepted(run))
    except Busy as busy:
        return ci.builds.save(build.delayed(str(busy), in_doubt=busy.in_doubt))
    except Permanent as refusal:
        return ci.builds.save(build.errored(str(refusal), ci.now))


async def hear_notice(event: RunNoticed, ci: CI) -> Sequence[Event]:
    """A notice of the run moves the build; that it ended is only believed of the runner itself."""
    build = await ci.builds.get(event.build)
    if build.run != event.run or not build.is_active:
        return ()
    if not event.ended:
        return _entered(build, event.phase, ci) if is_later(event.phase, build.phase) else ()
    return [
        BuildReported(build=build.id, run=report.run, phase=report.phase, result=report.result)
        for report in await ci.runner.look([event.run])
    ]


async def record_report(event: BuildReported, ci: CI) -> Sequence[Event]:
    """What the runner tells moves the build; what it tells of an earlier run does not."""
    build = await ci.builds.get(event.build)
    if build.run != event.run or not build.is_active:
        return ()
    if event.result:
        return ci.builds.save(build.finished(await with_history(build, event.result, ci), ci.now))
    return _entered(build, event.phase, ci)


async def cancel_build(event: BuildOutdated, ci: CI) -> Sequence[Event]:
    """A build that nobody wants any more is stopped, then said to be cancelled."""
    build = await ci.builds.get(event.build)
    if not build.is_active or await _is_wanted_again(build, event, ci):
        return ()
    if build.run:
        await ci.runner.stop(build.run)
    return ci.builds.save(build.cancelled(event.why, ci.now))


# --- people press buttons ----------------------------------------------------------------------


async def press_button(event: ButtonPressed, ci: CI) -> Sequence[Event]:
    """A button does what it says, for those who may push to the repository at this moment."""
    build = await ci.builds.get(event.build)
    repository = await ci.repositories.get(build.change.repository.id)
    if not await ci.people.may_write(repository, event.by):
        return ci.builds.save(build.refused(event, f"@{event.by} has no write access"))
    match Button(event.button):
        case Button.APPROVE:
            follows = ci.builds.save(build.approved(event.by))
            return follows or ci.builds.save(build.refused(event, "nothing waits for approval here"))
        case Button.CANCEL if build.is_active:
            return [BuildOutdated(build=build.id, why=f"@{event.by} asked for it", by=event.by)]
        case Button.CANCEL:
            return ci.builds.save(build.refused(event, "the build has ended already"))
        case Button.RERUN:
            return await _again(build, ci, event)


async def rerun_all(event: RerunOfAllRequested, ci: CI) -> Sequence[Event]:
    """Every build of the commit runs again that is not running."""
    repository = await ci.repositories.get(event.repository)
    if not await ci.people.may_write(repository, event.by):
        return ()
    builds = await ci.builds.of_commit(event.repository, event.sha)
    newest = {(build.change.purpose, build.architecture): build for build in reversed(builds)}
    return [said for build in newest.values() for said in await _again(build, ci)]


async def cancel_all(event: BuildsUnwanted, ci: CI) -> Sequence[Event]:
    """Every build of the commit is stopped that has not ended."""
    repository = await ci.repositories.get(event.repository)
    if not await ci.people.may_write(repository, event.by):
        return ()
    builds = await ci.builds.of_commit(event.repository, event.sha)
    why = f"@{event.by} asked for it"
    return [BuildOutdated(build=build.id, why=why, by=event.by) for build in builds if build.is_active]


# --- a build shows on its commit ---------------------------------------------------------------


async def show_build(event: BuildEvent, ci: CI) -> Sequence[Event]:
    """The check says what the build is now, whatever the event was."""
    build = await ci.builds.get(event.build)
    repository = await ci.repositories.get(build.change.repository.id)
    check = await _check(build, ci)
    known = await ci.shown.get(build.id)
    shown = await ci.checks.show(repository, check, known, repeated=ci.repeated)
    if shown is None or shown == known:
        return ()
    ci.shown.save(shown)
    return _annotations_left(check, shown)


async def annotate_build(event: AnnotationsLeft, ci: CI) -> Sequence[Event]:
    """The check gets its next annotations, a batch at a time."""
    build = await ci.builds.get(event.build)
    known = await ci.shown.get(build.id)
    if known is None or known.annotations != event.sent:
        return ()
    repository = await ci.repositories.get(build.change.repository.id)
    check = await _check(build, ci)
    shown = await ci.checks.annotate(repository, check, known, repeated=ci.repeated)
    ci.shown.save(shown)
    return _annotations_left(check, shown)


async def tell_build(event: BuildEvent, ci: CI) -> Sequence[Event]:
    """Channels hear how a build stands, if that is something to tell."""
    build = await ci.builds.get(event.build)
    if isinstance(event, BuildStarted) and build.state is not State.RUNNING:
        return ()  # its end tells itself
    repository = await ci.repositories.get(build.change.repository.id)
    news = build_news(build, repository, ci.links.log(build.id), ci.now)
    return [NewsTold(news=news)] if news else ()


# --- the App gains and loses sight of things ---------------------------------------------------


async def change_repository(event: RepositoryChanged, ci: CI) -> Sequence[Event]:
    """The repository is remembered as it is now."""
    ci.repositories.save(event.now)
    return ()


async def lose_repository(event: RepositoryLost, ci: CI) -> Sequence[Event]:
    """Nothing is built where the App may not act any more."""
    ci.repositories.lose(event.repository, event.reason)
    active = await ci.builds.active(event.repository)
    return [BuildOutdated(build=build.id, why=event.reason) for build in active]


async def gain_installation(event: InstallationGained, ci: CI) -> Sequence[Event]:
    """An account let the App in, or in again."""
    ci.repositories.gain_installation(event.installation, event.account)
    return ()


async def lose_installation(event: InstallationLost, ci: CI) -> Sequence[Event]:
    """An account put the App out, for good or for a while: its repositories are lost with it."""
    ci.repositories.lose_installation(event.installation, event.reason)
    lost = await ci.repositories.of_installation(event.installation)
    return [RepositoryLost(repository=repository, reason=event.reason) for repository in lost]


# --- steps of the story ------------------------------------------------------------------------


def _ignored(change: Change, reason: str) -> Event:
    return ChangeIgnored(repository=change.repository.id, sha=change.sha, reason=reason)


async def _outdated_builds(change: Change, ci: CI) -> Sequence[Event]:
    if change.pull_request is None:
        return ()
    number = change.pull_request.number
    return [
        # A head may come back before the build is stopped; a base that is left is left.
        BuildOutdated(build=build.id, why=why, pull_request=number if build.change.sha != change.sha else 0)
        for build in await builds_of_nobody_else(change.repository.id, change.pull_request, ci)
        if (why := plan.why_outdated(build, change))
    ]


async def _is_wanted_again(build: Build, event: BuildOutdated, ci: CI) -> bool:
    """Between the saying and the doing the head may have come back, or the pull request may be open again."""
    if not event.pull_request:
        return False
    return bool(await ci.pull_requests.open_with_head(build.change.repository.id, build.change.sha))


def _entered(build: Build, phase: str, ci: CI) -> Sequence[Event]:
    if phase in WAITING:
        return ()
    if build.state is State.QUEUED:
        return ci.builds.save(build.started(phase, ci.now))
    return ci.builds.save(build.progressed(phase))


def _build(change: Change, buildspec: str, wanted: plan.Wanted, ci: CI) -> Build:
    return Build(
        id=ci.new_id(),
        change=change,
        created_at=ci.now,
        architecture=wanted.architecture,
        attempt=wanted.attempt,
        state=wanted.state,
        trusted=wanted.trusted,
        publishes=wanted.publishes,
        leads=wanted.architecture is architectures(buildspec)[0],
        buildspec=buildspec,
        why=wanted.why,
        approved_by=wanted.approved_by,
    )


def _order(build: Build, repository: Repository, ci: CI) -> Order:
    return Order(
        token=build.token,
        build=build.id,
        since=build.created_at,
        architecture=build.architecture,
        repository=repository,
        ref=build.change.ref,
        sha=build.change.sha,
        buildspec=build.buildspec,
        variables=variables(build.change, build.architecture, publishes=build.publishes),
        trusted=build.trusted,
        timeout=ci.policy.timeout,
        lost=build.faults,
    )


async def _again(build: Build, ci: CI, press: ButtonPressed | None = None) -> Sequence[Event]:
    earlier = await ci.builds.of_commit(build.change.repository.id, build.change.sha)
    wanted = plan.again(build, earlier)
    if isinstance(wanted, plan.Wanted):
        return ci.builds.add(_build(build.change, build.buildspec, wanted, ci))
    return ci.builds.save(build.refused(press, wanted)) if press else ()


async def _check(build: Build, ci: CI) -> CheckRun:
    ahead = await ci.builds.waiting_before(build) if build.state is State.QUEUED else 0
    return check_run(build, log_url=ci.links.log(build.id), ahead=ahead)


def _annotations_left(check: CheckRun, shown: Shown) -> Sequence[Event]:
    sent = shown.annotations
    return [AnnotationsLeft(build=shown.build, sent=sent)] if sent < len(check.annotations) else ()
