"""What has to be true of environments whatever happens: each rule tells what is wrong."""

from collections import Counter
from collections.abc import Iterator

from deploy.deployment import Deployment, Kind, State
from deploy.events import DeploymentDue
from deploy.hold import Hold, in_the_way
from deploy.order import Relation
from deploy.promotion import State as Promotion
from deploy.promotion import When
from deploy.target import Write
from tests.simulation.environments import Environments, Run, Spot

FORCED = (Kind.ROLLBACK, Kind.EMERGENCY)

# --- when a write is sent ----------------------------------------------------------------------


def only_what_was_let_pass_is_written(world: Environments, write: Write) -> Iterator[str]:
    """I3: no write before all that stands before it has let it pass, or while a person's no is on record."""
    _, deployment = world.deployments[write.token]
    if not deployment.kind.is_gated:
        return
    passed = {each.name for each in deployment.results if each.when is When.BEFORE and each.state.lets_pass}
    for rule in deployment.environment.before:
        if rule.name not in passed:
            yield f"{_told(deployment)} is written before {rule.name} has let it pass"
    asks_people = any(each.type == "manual" and each.state is Promotion.PASSED for each in deployment.results)
    for each in deployment.decisions:
        if asks_people and not each.approved and world.rights.get(each.by, "read") != "read":
            yield f"{_told(deployment)} is written although @{each.by} rejected it"


def only_what_was_verified_goes_on(world: Environments, write: Write) -> Iterator[str]:
    """I4: what goes to the next environment was live and verified, with these contents, in the one before."""
    _, deployment = world.deployments[write.token]
    earlier = deployment.environment.earlier
    if deployment.kind is not Kind.PROMOTE or not earlier:
        return
    before = world.place(deployment.place.rpartition("/")[0] + f"/{earlier}")
    digests = {a.digest for d in before.deployments if d.live_at for a in d.version.artifacts}
    if not {each.digest for each in deployment.version.artifacts} <= digests:
        yield f"{_told(deployment)} was never live and verified in {earlier}"


def holds_hold(world: Environments, write: Write) -> Iterator[str]:
    """I7: nothing begins to be written that a hold stops, if that was there when the worker began to look."""
    run, (_, deployment) = world.current, world.deployments[write.token]
    assert run
    there = [hold for name, hold in world.holds.items() if world.placed[name] < world.begun[write.token]]
    held = in_the_way(there, deployment.place, deployment.by, run.work.now, forced=deployment.kind in FORCED)
    if held and not (held.bad and _is_fixed(world, held, deployment.version.sha)):
        yield f"{_told(deployment)} is written, and it is {held.sentence}"


def what_is_put_back_was_good(world: Environments, write: Write) -> Iterator[str]:
    """I8: a rollback puts back what was live and verified there."""
    _, deployment = world.deployments[write.token]
    if deployment.kind is Kind.ROLLBACK and not any(
        each.version.id == deployment.version.id and each.live_at and each.id != deployment.id
        for each in world.place(deployment.place).deployments
    ):
        yield f"{_told(deployment)} was never good there"


def one_writes_at_a_time(world: Environments, write: Write) -> Iterator[str]:
    """No two writes are on their way to one environment at once."""
    _, deployment = world.deployments[write.token]
    spot = world.spots[deployment.environment.name]
    for flight in world.air:
        if flight.spot is spot and flight.write.token != write.token:
            yield f"{_told(deployment)} is written while {flight.sha[:1]} is on its way"


def _is_fixed(world: Environments, pin: Hold, sha: str) -> bool:
    """Whether a commit after the bad one names one of those that came with it."""
    history = world.history
    if sha not in history or pin.bad not in history:
        return sha in history
    bad = history[history.index(pin.good) + 1 if pin.good in history else 0 : history.index(pin.bad) + 1]
    after = history[history.index(pin.bad) + 1 : history.index(sha) + 1]
    return any(one in world.messages.get(each, "") for each in after for one in bad)


# --- when a write lands ------------------------------------------------------------------------


def nothing_goes_backwards(world: Environments, spot: Spot) -> Iterator[str]:
    """I1: by itself an environment moves only to what contains what it has."""
    landed = spot.landed[-1]
    if landed.deployment.kind is not Kind.PROMOTE or not landed.had:
        return
    relation = world.relation(landed.had, landed.has)
    by_force = landed.has in world.history and landed.had not in world.history
    asked = bool(landed.deployment.by) or by_force
    if relation not in (Relation.IDENTICAL, Relation.AHEAD) and not (asked and relation is Relation.DIVERGED):
        yield f"{spot.name} went from {landed.had[:1]} to {landed.has[:1]}, which is {relation}"


# --- when a task ends --------------------------------------------------------------------------


def one_moves_at_a_time(world: Environments, _run: Run) -> Iterator[str]:
    """I2: at most one deployment of an environment has begun to be written and is not verified."""
    written = {each.deployment.id for spot in world.spots.values() for each in spot.landed}
    moving = Counter(each.place for each in world.all() if each.state.is_moving and each.id in written)
    yield from (f"{count} deployments move in {place} at once" for place, count in moving.items() if count > 1)


def all_say_why(world: Environments, _run: Run) -> Iterator[str]:
    """I10: what waits or has ended says why."""
    for each in world.all():
        if each.state is not State.REQUESTED and not each.why:
            yield f"{_told(each)} does not say why"


# --- at rest -----------------------------------------------------------------------------------


def the_record_is_true(world: Environments) -> Iterator[str]:
    """What is said to be there is there; GitHub was told; and of one place one version is live."""
    for name, spot in world.spots.items():
        here = world.place(f"42/web/{name}")
        has = here.present.version.sha if here.present else ""
        pointer = world.pointers.get(here.name)
        # A write that was taken over or refused after it had landed is known to be cut off: only people can tell.
        if spot.has != has and not (pointer and pointer.is_cut_off):
            yield f"{name} has {spot.has[:1]}, and the record says {has[:1]}"
        live = [each for each in here.deployments if each.state is State.LIVE]
        if len(live) > 1 or (live and live[0] != here.present):
            yield f"{name} has {[_told(each) for each in live]} live at once"
    for each in world.all():
        shown, wanted = world.shown.get(each.id), each.announcement()
        if shown is not None and shown[-1] != f"{wanted.state}: {wanted.why}":
            yield f"GitHub shows {_told(each)} as {shown[-1]}"


def nothing_is_forgotten(world: Environments) -> Iterator[str]:
    """I10: at rest nothing is on its way, and what waits would wait as well if it were looked at now."""
    for each in world.all():
        if each.state in (State.REQUESTED, State.READY, State.DEPLOYING):
            yield f"{_told(each)} stays for ever: {each.why}"
    before = {each.id: (each.state, each.why) for each in world.all()}
    world.tell(*(DeploymentDue(deployment=each.id) for each in world.all()))
    world.settle()
    for each in world.all():
        if each.state != before.get(each.id, ("", ""))[0]:
            was = before.get(each.id, ("not there", ""))
            yield f"{_told(each)} was {was[0]} ({was[1]}) until somebody looked: now {each.why}"


def nothing_happens_twice(world: Environments) -> Iterator[str]:
    """I5, I9: what comes twice counts once."""
    every = world.all()
    alone = Counter((each.place, each.version.id) for each in every if each.kind is Kind.PROMOTE and not each.by)
    yield from (f"{place} was proposed {count} times" for (place, _), count in alone.items() if count > 1)
    undone = Counter(each.undoes for each in every if each.kind is Kind.ROLLBACK and not each.by)
    yield from (f"{name} was taken back {count} times" for name, count in undone.items() if count > 1)


def nobody_else_is_blamed(world: Environments) -> Iterator[str]:
    """Nobody else writes here: what an earlier write left is never taken for somebody else's."""
    for each in world.all():
        if "somebody else set it" in each.why:
            yield f"{_told(each)}: {each.why}"


AT_WRITE = (
    only_what_was_let_pass_is_written,
    only_what_was_verified_goes_on,
    holds_hold,
    what_is_put_back_was_good,
    one_writes_at_a_time,
)
AT_LANDING = (nothing_goes_backwards,)
AT_COMMIT = (one_moves_at_a_time, all_say_why)
AT_REST = (the_record_is_true, nothing_happens_twice, nobody_else_is_blamed, nothing_is_forgotten)


def wrong_at_rest(world: Environments) -> list[str]:
    return [wrong for rule in AT_REST for wrong in rule(world)]


def _told(each: Deployment) -> str:
    mark = "" if each.kind is Kind.PROMOTE else f" ({each.kind})"
    return f"{each.id}: {each.version.sha[:1]} → {each.environment.name}{mark} [{each.state}]"
