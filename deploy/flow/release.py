"""The environment moves: under a lease that is held through the write, if the order rule lets it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec.structs import replace

from checks.duration import human
from checks.errors import Permanent, Transient
from checks.events import Event
from deploy.deployment import Deployment, Kind, State
from deploy.events import DeploymentMoved, DeploymentReady, DeploymentRequested
from deploy.flow.deciding import decided
from deploy.flow.gate import busy_with, held_by, ready
from deploy.flow.judging import judged
from deploy.flow.moving import settle
from deploy.flow.pins import pin
from deploy.order import Decision, Verdict
from deploy.place import Place
from deploy.pointer import Pointer
from deploy.ports import CD
from deploy.promotion import When
from deploy.target import Live, Progress, Target, Write, failed
from deploy.target import State as Ending

LEASE = timedelta(minutes=6)
"""Longer than the longest write, with all its repetitions; after a crash nobody writes there for so long."""

LONGEST = timedelta(hours=24)
"""After which a write that goes on and on has failed."""

SOON = timedelta(seconds=15)
"""Until a write that goes on is looked at again, where the target does not say."""


async def release(event: DeploymentReady, cd: CD) -> Sequence[Event]:
    """What is ready is written, in two steps: what is there before is on record before anything is touched.

    While it is not known how a write ended the lease is kept: it ends by itself, after whatever may still arrive.
    """
    deployment = await cd.deployments.get(event.deployment)
    if deployment.state not in (State.READY, State.DEPLOYING):
        return ()
    here = await cd.deployments.place(deployment.place)
    try:
        target = cd.targets.open(deployment, await cd.repositories.get(deployment.version.repository))
        if deployment.state is State.READY or _was_overtaken(deployment, here):
            return await _prepare(deployment, here, target, cd)
    except Permanent as refusal:
        return settle(deployment, State.FAILED, str(refusal), cd)
    return await _move(deployment, here, target, cd) if target else ()


async def protect(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """What did not work is taken back, where the environment says so."""
    if event.state != State.FAILED:
        return ()
    deployment = await cd.deployments.get(event.deployment)
    if deployment.arrived_at is None or not deployment.environment.rolls_back or deployment.kind is Kind.ROLLBACK:
        return ()
    here = await cd.deployments.place(deployment.place)
    if here.present is None or here.present.id != deployment.id or here.good_before is None:
        return ()
    return roll_back(deployment, here.good_before, by="", reason=deployment.why, cd=cd)


def roll_back(bad: Deployment, good: Deployment, *, by: str, reason: str, cd: CD) -> Sequence[Event]:
    """What was good before is put back, and what is bad does not return by itself."""
    undoing = Deployment(
        id=cd.new_id(),
        version=good.version,
        service=bad.service,
        environment=bad.environment,
        kind=Kind.ROLLBACK,
        by=by,
        reason=reason,
        asked_at=cd.now,
        undoes=bad.id,
    )
    cd.deployments.save(undoing)
    requested = DeploymentRequested(deployment=undoing.id, place=undoing.place, by=by)
    return [requested, *pin(bad, good, by, reason, cd)]


# --- steps of the story ------------------------------------------------------------------------


def _was_overtaken(deployment: Deployment, here: Place) -> bool:
    """Somebody else wrote between what is on record and our write."""
    return deployment.before is None or deployment.replaces != (here.present.id if here.present else "")


async def _prepare(deployment: Deployment, here: Place, target: Target | None, cd: CD) -> Sequence[Event]:
    if deployment.state is State.READY and (closed := await _closed(deployment, here, cd)):
        return closed
    before = await target.live() if target else Live(values={})
    replaces = here.present.id if here.present else ""
    if target is None:
        return await _hand_to_others(replace(deployment, before=before, replaces=replaces), cd)
    why = f"writing {deployment.version.name}"
    said = settle(deployment, State.DEPLOYING, why, cd, before=before, replaces=replaces, began_at=cd.now)
    return [*said, ready(deployment)]


async def _closed(deployment: Deployment, here: Place, cd: CD) -> Sequence[Event]:
    """What opened for a moment may have closed since: then it waits again."""
    held = held_by(deployment, await cd.holds.covering(deployment.place), cd.now)
    if held:
        return settle(deployment, State.GATED, held.sentence, cd, look_at=held.until)
    if not deployment.kind.is_gated:
        return ()
    if busy := busy_with(deployment, here):
        return settle(deployment, State.GATED, busy, cd)
    results = await judged(deployment, When.BEFORE, cd, fresh=True)
    waits = next((each for each in results if each.when is When.BEFORE and not each.state.lets_pass), None)
    if waits is None:
        return ()
    why = f"{waits.name}: {waits.why}"
    return settle(deployment, State.GATED, why, cd, results=results, look_at=waits.look_at or cd.now)


async def _move(deployment: Deployment, here: Place, target: Target, cd: CD) -> Sequence[Event]:
    pointer = await cd.pointers.change(deployment.place, lambda now: now.leased(cd.now, cd.now + LEASE))
    if pointer is None:
        raise Transient(f"somebody else writes into {deployment.environment.name}")
    lease = pointer.fence
    try:
        decision = await decided(deployment, pointer, cd)
    except (Transient, Permanent):  # nothing was written yet
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        raise
    if decision.verdict is not Verdict.ADVANCE:
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        return await _stayed(deployment, here, decision, cd)
    await _hold(cd, deployment, lambda now: now.aimed(lease, deployment.version.sha))
    progress = await _written(deployment, here, target, pointer, cd)
    if progress.state is not Ending.DONE:
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        return _unfinished(deployment, progress, cd)
    await _hold(cd, deployment, lambda now: now.arrived(lease))
    return arrived(deployment, here, progress.why, cd, progress.live)


async def _hold(cd: CD, deployment: Deployment, move: Callable[[Pointer], Pointer | None]) -> None:
    if await cd.pointers.change(deployment.place, move) is None:
        raise Transient(f"the lease on {deployment.environment.name} was taken over")


async def _written(deployment: Deployment, here: Place, target: Target, pointer: Pointer, cd: CD) -> Progress:
    repository = await cd.repositories.get(deployment.version.repository)
    assert pointer.until  # it was leased
    write = Write(
        token=deployment.id,
        service=repository.full_name,
        environment=deployment.environment.name,
        version=deployment.version,
        fence=pointer.fence,
        until=pointer.until,
        before=deployment.before,
    )
    try:
        if deployment.kind is Kind.ROLLBACK and (good := _values_of(deployment, here)):
            return await target.roll_back(write, good)
        return await target.deploy(write)
    except Permanent as refusal:
        return failed(str(refusal))


def _values_of(deployment: Deployment, here: Place) -> Live | None:
    """What the target had when the version to put back was live."""
    good = next((each for each in here.good if each.version.id == deployment.version.id), None)
    return Live(values=good.live) if good and good.live else None


def _unfinished(deployment: Deployment, progress: Progress, cd: CD) -> Sequence[Event]:
    if progress.state is Ending.FAILED:
        return settle(deployment, State.FAILED, progress.why, cd)
    if deployment.began_at and cd.now - deployment.began_at > LONGEST:
        return settle(deployment, State.FAILED, f"not done after {human(LONGEST)}: {progress.why}", cd)
    return settle(deployment, State.DEPLOYING, progress.why, cd, look_at=cd.now + (progress.again or SOON))


async def _stayed(deployment: Deployment, here: Place, decision: Decision, cd: CD) -> Sequence[Event]:
    match decision.verdict:
        case Verdict.SAME if here.present is None or here.present.version.sha != deployment.version.sha:
            # It was written, and the App was killed before it could say so.
            return arrived(deployment, here, decision.why, cd)
        case Verdict.SAME | Verdict.SUPERSEDED:
            return settle(deployment, State.SUPERSEDED, decision.why, cd)
        case Verdict.WAITS:
            return settle(deployment, State.FAILED, decision.why, cd)
        case _:
            raise Transient(decision.why)


def arrived(deployment: Deployment, here: Place, why: str, cd: CD, live: Live | None = None) -> Sequence[Event]:
    """It is written, and what was there before is not any more."""
    said: list[Event] = []
    if here.present and here.present.id != deployment.id:
        undone = deployment.kind is Kind.ROLLBACK and here.present.id == deployment.undoes
        state = State.ROLLED_BACK if undone else State.SUPERSEDED
        taken = f"{deployment.version.name} was put back" if undone else f"{deployment.version.name} is newer"
        said += settle(here.present, state, taken, cd)
    values = {"live": dict(live.values)} if live else {}
    verifies = State.VERIFYING if deployment.environment.after else State.LIVE
    return [*said, *settle(deployment, verifies, why, cd, **values)]


async def _hand_to_others(deployment: Deployment, cd: CD) -> Sequence[Event]:
    """An environment that somebody else deploys: its record moves when they report."""
    target = deployment.environment.target
    who = target.get("app") or f"@{target.get('user', '')}"
    return settle(deployment, State.DEPLOYING, f"waits for {who} to report", cd)
