"""The environment moves: under a lease that is held through the write, if the order rule lets it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec.structs import replace

from checks.duration import human
from checks.errors import Permanent, Transient
from checks.events import Event
from deploy.deployment import Deployment, Kind, State
from deploy.events import DeploymentDue, DeploymentReady
from deploy.flow.deciding import decided
from deploy.flow.gate import busy_with, held_by, ready
from deploy.flow.judging import judged
from deploy.flow.moving import settle
from deploy.flow.turns import behind, others, was_overtaken
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
        if deployment.state is State.READY:
            return await _prepare(deployment, here, target, cd)
        return await _move(deployment, target, cd) if target else ()
    except Permanent as refusal:
        return settle(deployment, State.FAILED, str(refusal), cd)


# --- steps of the story ------------------------------------------------------------------------


async def _prepare(
    deployment: Deployment, here: Place, target: Target | None, cd: CD, *, leased: int = 0
) -> Sequence[Event]:
    """What is there goes on record, while nobody writes; what moves already is waited for, or taken over."""
    if deployment.state is State.READY and (closed := await _closed(deployment, here, cd)):
        return closed
    if first := behind(deployment, here):
        return settle(deployment, State.GATED, first, cd)
    replaces = here.present.id if here.present else ""
    if target is None:
        return await _hand_toothers(replace(deployment, before=Live(values={}), replaces=replaces), cd)
    pointer = await cd.pointers.get(deployment.place)
    if pointer.until and cd.now < pointer.until and pointer.fence != leased:
        raise Transient(_taken(deployment))
    facts = {"before": await target.live(), "seen": pointer.fence, "replaces": replaces, "began_at": cd.now}
    said = settle(deployment, State.DEPLOYING, f"writing {deployment.version.name}", cd, **facts)
    return [*_taken_over(deployment, here, cd), *said, ready(deployment)]


def _taken_over(deployment: Deployment, here: Place, cd: CD) -> Sequence[Event]:
    """An environment moves in one way at a time."""
    said: list[Event] = []
    for other in others(deployment, here):
        if deployment.kind.is_gated:
            raise Transient(f"{other.name} has to wait first")
        undone = other.id == deployment.undoes and other.state is State.VERIFYING
        why = deployment.reason if undone else f"{deployment.version.name} was sent meanwhile"
        said += settle(other, State.FAILED if undone else State.SUPERSEDED, why, cd)
    return said


def _taken(deployment: Deployment) -> str:
    return f"somebody else writes into {deployment.environment.name}"


async def _closed(deployment: Deployment, here: Place, cd: CD) -> Sequence[Event]:
    """What opened for a moment may have closed since: then it waits again."""
    held = await held_by(deployment, cd)
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


async def _move(deployment: Deployment, target: Target, cd: CD) -> Sequence[Event]:
    pointer = await cd.pointers.change(deployment.place, lambda now: now.leased(cd.now, cd.now + LEASE))
    if pointer is None:
        raise Transient(_taken(deployment))
    lease = pointer.fence
    try:
        here = await cd.deployments.place(deployment.place)
        not_now = await _not_now(deployment, here, pointer, target, cd)
        decision = await decided(deployment, pointer, cd)
    except (Transient, Permanent):  # nothing was written yet
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        raise
    if not_now is not None:
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        return not_now
    if decision.verdict is not Verdict.ADVANCE:
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        return await _stayed(deployment, here, decision, target, cd)
    aim = deployment.version.sha
    await _hold(cd, deployment, lambda now: now.begun(lease, aim, deployment.id, target.longest))
    progress = await _written(deployment, here, target, pointer, cd)
    if progress.state is not Ending.DONE:
        # A command that failed leaves in doubt what it was to take over from.
        in_doubt = progress.state is Ending.FAILED and not deployment.kind.is_gated and pointer.is_cut_off
        kept = pointer.aim if in_doubt else aim
        await cd.pointers.change(deployment.place, lambda now: now.failed(lease, kept))
        return _unfinished(deployment, progress, cd)
    await _hold(cd, deployment, lambda now: now.arrived(lease))
    return arrived(deployment, here, progress.why, cd, progress.live)


async def _not_now(
    deployment: Deployment, here: Place, pointer: Pointer, target: Target, cd: CD
) -> Sequence[Event] | None:
    """What happens instead of the write, looked at under the lease; None if nothing is in its way."""
    if not any(each.id == deployment.id and each.state is State.DEPLOYING for each in here.deployments):
        return ()  # somebody ended it, and our record is older
    if was_overtaken(deployment, here, pointer) or others(deployment, here):
        return await _prepare(deployment, here, target, cd, leased=pointer.fence)
    held = None if pointer.writer == deployment.id else await held_by(deployment, cd)
    if held is None:
        return None
    waiting = [DeploymentDue(deployment=each.id) for each in here.waiting]
    return [*settle(deployment, State.GATED, held.sentence, cd, look_at=held.until), *waiting]


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


async def _stayed(deployment: Deployment, here: Place, decision: Decision, target: Target, cd: CD) -> Sequence[Event]:
    match decision.verdict:
        case Verdict.SAME if here.present is None or here.present.version.sha != deployment.version.sha:
            # It was written, and the App was killed before it could say so.
            return arrived(deployment, here, decision.why, cd, await target.live())
        case Verdict.SAME | Verdict.SUPERSEDED:
            return settle(deployment, State.SUPERSEDED, decision.why, cd)
        case Verdict.WAITS:
            return settle(deployment, State.FAILED, decision.why, cd)
        case _:
            raise Transient(decision.why)


def arrived(deployment: Deployment, here: Place, why: str, cd: CD, live: Live | None = None) -> Sequence[Event]:
    """It is written, and what was there before is not any more."""
    said: list[Event] = []
    after = cd.now
    if here.present and here.present.id != deployment.id:
        undone = deployment.kind is Kind.ROLLBACK and here.present.id == deployment.undoes
        state = State.ROLLED_BACK if undone else State.SUPERSEDED
        taken = f"{deployment.version.name} was put back" if undone else f"{deployment.version.name} is newer"
        # What is present is told by this time, and the clocks of two machines differ.
        after = max(cd.now, (here.present.arrived_at or cd.now) + timedelta(microseconds=1))
        said += settle(here.present, state, taken, cd)
    values = {"live": dict(live.values)} if live else {}
    verifies = State.VERIFYING if deployment.environment.after else State.LIVE
    return [*said, *settle(deployment, verifies, why, cd, arrived_at=after, **values)]


async def _hand_toothers(deployment: Deployment, cd: CD) -> Sequence[Event]:
    """An environment that somebody else deploys: its record moves when they report."""
    target = deployment.environment.target
    who = target.get("app") or f"@{target.get('user', '')}"
    return settle(deployment, State.DEPLOYING, f"waits for {who} to report", cd)
