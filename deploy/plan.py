"""What a command would do: the sentence that says it beforehand, and the action that does it, from the same facts."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from checks.change import short
from deploy.command import NEEDS_REASON, NOTHING, PERMISSION, Command, Verb
from deploy.deployment import Deployment, Kind, State, place
from deploy.hold import Hold, ending, in_the_way
from deploy.near import unknown
from deploy.pipeline import Configuration, Environment, Service
from deploy.place import Place
from deploy.version import Version


class Facts(Struct, frozen=True, kw_only=True):
    """What is known when somebody commands.

    `places` has the environments of the service by name, `versions` those that the command's version names.
    `holds` are those on the environment, or on what a HOLD or LIFT covers.
    """

    command: Command
    full_name: str
    may: bool
    configuration: Configuration | None
    places: Mapping[str, Place] = {}
    versions: Sequence[Version] = ()
    holds: Sequence[Hold] = ()
    now: datetime


class Send(Struct, frozen=True, kw_only=True):
    version: Version
    service: str
    environment: Environment
    kind: Kind


class RollBack(Struct, frozen=True, kw_only=True):
    bad: Deployment
    good: Deployment


class Decide(Struct, frozen=True, kw_only=True):
    deployment: Deployment
    approved: bool


class Override(Struct, frozen=True, kw_only=True):
    deployment: Deployment
    promotion: str


class Cancel(Struct, frozen=True, kw_only=True):
    deployment: Deployment


class PlaceHold(Struct, frozen=True, kw_only=True):
    scope: str


class LiftHolds(Struct, frozen=True, kw_only=True):
    holds: tuple[Hold, ...]


Action = Send | RollBack | Decide | Override | Cancel | PlaceHold | LiftHolds


class Plan(Struct, frozen=True, kw_only=True):
    """`sentence` says in the present tense what happens if the action is carried out."""

    sentence: str
    action: Action


class Refused(Exception):
    """The command is not carried out: the message says why, and what would be."""


class Unknown(Refused):
    """It names something that there is not."""


def plan(facts: Facts) -> Plan:
    """What the command does, if nothing changes until then; raises `Refused`."""
    command = facts.command
    if not facts.may:
        needed = PERMISSION[command.verb]
        what = "command an emergency" if command.verb is Verb.EMERGENCY else command.verb
        raise Refused(f"@{command.by} may not {what} in {facts.full_name}: that needs {needed} access")
    if command.verb in NEEDS_REASON and not command.reason.strip():
        raise Refused(f"{command.verb} needs a reason: say why")
    if command.verb is Verb.HOLD:
        return _hold(facts)
    if command.verb is Verb.LIFT:
        return _lift(facts)
    service = _service(facts)
    environment = _environment(service, command)
    here = facts.places.get(environment.name) or Place(name=place(command.repository, service.name, environment.name))
    return _HOW[command.verb](facts, service, environment, here)


def _service(facts: Facts) -> Service:
    services = facts.configuration.services if facts.configuration else ()
    wanted = facts.command.service
    if not services:
        raise Refused(f"{facts.full_name} delivers nothing yet: write .github/interlock.yml, or publish with PRX_")
    if not wanted and len(services) == 1:
        return services[0]
    found = next((each for each in services if each.name == wanted), None)
    if found is None:
        names = [each.name for each in services]
        if not wanted:
            raise Refused(f"{facts.full_name} has several services: say which of {', '.join(sorted(names))}")
        raise Unknown(unknown("service", wanted, names, f"in {facts.full_name}"))
    return found


def _environment(service: Service, command: Command) -> Environment:
    names = [each.name for each in service.environments]
    found = service.environment(command.environment)
    if found is None and not command.environment:
        raise Refused(f"say which environment of {service.name}: {', '.join(names)}")
    if found is None:
        raise Unknown(unknown("environment", command.environment, names, f"for {service.name}"))
    return found


def _promote(facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    if not environment.earlier:
        raise Refused(f"{environment.name} is the first environment of {service.name}: deploy a version there")
    before = facts.places.get(environment.earlier)
    live = before.present if before else None
    if live is None or live.live_at is None or live.ended_at is not None:
        raise Refused(f"nothing is live and verified in {environment.earlier}, so nothing can be promoted from there")
    wanted = facts.command.version
    if wanted and not _is_called(live.version, wanted):
        raise Refused(f"{environment.earlier} has {live.version.name} by now: look at that one, and promote it")
    return _send(live.version, Kind.PROMOTE, facts, service, environment, here)


def _deploy(facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    version = _version(facts, service)
    before = facts.places.get(environment.earlier) if environment.earlier else None
    if before is not None and not any(each.version.id == version.id for each in before.good):
        why = f"{version.name} was never live and verified in {environment.earlier}"
        raise Refused(f"{why}: deploy it there first, or command an emergency")
    return _send(version, Kind.PROMOTE, facts, service, environment, here)


def _emergency(facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    return _send(_version(facts, service), Kind.EMERGENCY, facts, service, environment, here)


def _redeploy(facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    if here.present is None:
        raise Refused(f"{service.name} has nothing in {environment.name} that could be deployed again")
    wanted = facts.command.version
    if wanted and not _is_called(here.present.version, wanted):
        raise Refused(f"{environment.name} has {here.present.version.name} by now: look at that one")
    return _send(here.present.version, Kind.REDEPLOY, facts, service, environment, here)


def _check_seen(facts: Facts, environment: Environment, here: Place) -> None:
    """Who read what is there means that, and says it once, however often they say that they are sure."""
    if facts.command.seen not in ("", here.present.id if here.present else NOTHING):
        has = f": it has {here.present.version.name}" if here.present else ""
        raise Refused(f"{environment.name} was written since you looked{has}")


def _send(version: Version, kind: Kind, facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    same = next(
        (each for each in (*here.waiting, here.moving) if each and each.version.id == version.id and each.kind is kind),
        None,
    )
    if same and not _needs_a_person(same, facts):
        raise Refused(f"{same.name} is on its way already: {same.why or same.state}")
    if kind is Kind.PROMOTE and here.present and here.present.version.id == version.id and not here.present.ended_at:
        raise Refused(f"{environment.name} has {version.name} already: redeploy writes it once more")
    _check_seen(facts, environment, here)
    now = f", which has {here.present.version.name}" if here.present else ""
    verb = {Kind.REDEPLOY: "is written once more to", Kind.EMERGENCY: "goes at once to"}.get(kind, "goes to")
    asks = ", ".join(each.name for each in environment.before) if kind.is_gated else ""
    after = f", once these let it pass: {asks}" if asks else ""
    skipped = ", ".join(each.name for each in environment.before) if kind is Kind.EMERGENCY else ""
    without = f", without asking {skipped}" if skipped else ""
    sentence = f"{service.name} {version.name} {verb} {environment.name}{now}{after}{without}"
    return Plan(
        sentence=sentence,
        action=Send(version=version, service=service.name, environment=environment, kind=kind),
    )


def _needs_a_person(waiting: Deployment, facts: Facts) -> bool:
    """It went as far as it may by itself: nothing is open but the order of the commits, which a person may overrule."""
    is_open = any(not each.state.lets_pass for each in waiting.results)
    held = in_the_way(facts.holds, waiting.place, facts.command.by, facts.now)
    return waiting.state is State.GATED and not waiting.by and not is_open and held is None


def _rollback(facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    bad = here.present
    if bad is None:
        raise Refused(f"{service.name} has nothing in {environment.name} that could be rolled back")
    going = next((each for each in (*here.waiting, here.moving) if each and each.undoes == bad.id), None)
    if going:
        raise Refused(f"{going.name} is on its way already: {going.why or going.state}")
    wanted, seen = facts.command.version, facts.command.seen
    if seen and not _is_called(bad.version, seen):
        gone = next((each.version.name for each in here.deployments if _is_called(each.version, seen)), short(seen))
        raise Refused(f"{environment.name} has {bad.version.name} by now, so {gone} cannot be rolled back")
    if wanted and _is_called(bad.version, wanted):
        raise Refused(f"{environment.name} has {bad.version.name} already")
    good = next((each for each in here.good if _is_called(each.version, wanted)), None) if wanted else here.good_before
    if good is None or good.version.id == bad.version.id:
        names = ", ".join(each.version.name for each in here.good if each.version.id != bad.version.id)
        if wanted:
            raise Refused(f'"{wanted}" is not a version that was live and verified there; there is {names or "none"}')
        raise Refused(f"no other version was live and verified in {environment.name}: deploy one instead")
    sentence = f"{environment.name} of {service.name} goes back from {bad.version.name} to {good.version.name}"
    return Plan(
        sentence=f"{sentence}; what contains {bad.version.name} waits there for a revert or a person",
        action=RollBack(bad=bad, good=good),
    )


def _decide(facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    command = facts.command
    if command.is_operators:
        raise Refused("the operator's token is nobody who could approve: override a promotion, with a reason")
    approved = command.verb is Verb.APPROVE
    waiting = _waiting(facts, environment, here)
    if waiting.results and not any(each.asks_people for each in waiting.results):
        missing = ", ".join(each.name for each in waiting.results if not each.state.lets_pass)
        instead = f"it waits for {missing}" if missing else waiting.why or "it is on its way"
        raise Refused(f"nobody is asked whether {waiting.name} may go on: {instead}")
    said = "approves" if approved else "rejects"
    return Plan(sentence=f"@{command.by} {said} {waiting.name}", action=Decide(deployment=waiting, approved=approved))


def _override(facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    waiting = next((each for each in (*here.waiting, here.moving) if each), None)
    if waiting is None:
        raise Refused(f"nothing waits for {environment.name} of {service.name}")
    wanted = facts.command.version
    if wanted and not _is_called(waiting.version, wanted):
        raise Refused(f"{waiting.version.name} waits for {environment.name} by now: look at that one")
    still = [each.name for each in waiting.results if not each.state.lets_pass]
    name = facts.command.promotion or (still[0] if len(still) == 1 else "")
    if not name:
        raise Refused(f"say which promotion of {waiting.name}: {', '.join(still) or 'none is open'}")
    if name not in still:
        raise Unknown(unknown("open promotion", name, still, f"of {waiting.name}"))
    return Plan(
        sentence=f"{name} lets {waiting.name} pass, because @{facts.command.by} says so",
        action=Override(deployment=waiting, promotion=name),
    )


def _cancel(facts: Facts, service: Service, environment: Environment, here: Place) -> Plan:
    moving, wanted = here.moving, facts.command.version
    if moving and wanted and not _is_called(moving.version, wanted):
        moving = None
    if moving and moving.state is State.DEPLOYING and environment.target.get("type") == "external":
        return Plan(sentence=f"{moving.name} is given up: nobody reported", action=Cancel(deployment=moving))
    waiting = _waiting(facts, environment, here)
    return Plan(sentence=f"{waiting.name} is given up", action=Cancel(deployment=waiting))


def _waiting(facts: Facts, environment: Environment, here: Place) -> Deployment:
    wanted = facts.command.version
    found = [each for each in here.waiting if not wanted or _is_called(each.version, wanted)]
    if found:
        return found[0]
    if wanted and here.waiting:
        raise Refused(f"{here.waiting[0].version.name} waits for {environment.name} by now, not {wanted[:7]}")
    if here.present and wanted and _is_called(here.present.version, wanted):
        raise Refused(f"{environment.name} has {here.present.version.name} already: nothing waits any more")
    raise Refused(f"nothing waits for {environment.name}")


def _version(facts: Facts, service: Service) -> Version:
    wanted = facts.command.version
    if not wanted:
        raise Refused(f"say which version of {service.name}: the commit's first digits do")
    found = [each for each in facts.versions if {a.export.label for a in each.artifacts} >= set(service.labels)]
    if not found:
        raise Refused(f'there is no version "{wanted}" of {service.name}: nothing was published at such a commit')
    commits = {each.sha for each in found}
    if len(commits) > 1:
        raise Refused(f'"{wanted}" may be {", ".join(sorted(sha[:12] for sha in commits))}: say more digits')
    return found[0]


def _hold(facts: Facts) -> Plan:
    command, scope = facts.command, _scope(facts)
    if command.until is not None and command.until <= facts.now:
        raise Refused("a hold ends in the future: say a later time, or none")
    end = ending(command.until, facts.now)
    what = _covered(command, facts.full_name)
    verb = {"lock": "is locked", "freeze": "is frozen", "pin": "is pinned"}[command.hold]
    if any(_is_same(each, command, scope) and each.is_active(facts.now) for each in facts.holds):
        raise Refused(f"{what} {verb} already by @{command.by}{end}: {command.reason}")
    return Plan(sentence=f"{what} {verb}{end}: {command.reason}", action=PlaceHold(scope=scope))


def _is_same(hold: Hold, command: Command, scope: str) -> bool:
    has = (hold.scope, hold.kind, hold.owner.lower(), hold.until, hold.reason)
    return has == (scope, command.hold, command.by.lower(), command.until, command.reason)


def _lift(facts: Facts) -> Plan:
    scope = _scope(facts)
    what = _covered(facts.command, facts.full_name)
    active = tuple(each for each in facts.holds if each.scope == scope and each.is_active(facts.now))
    if not active:
        above = next((each for each in facts.holds if each.is_active(facts.now)), None)
        more = f"; what holds it covers more: {above.sentence}" if above else ""
        raise Refused(f"nothing holds {what}{more}")
    if facts.command.seen not in ("", active[-1].id):
        raise Refused(f"{what} is {active[-1].sentence} by now; look at that first")
    was = ", nor ".join(each.sentence for each in active)
    return Plan(sentence=f"{what} moves again: no longer {was}", action=LiftHolds(holds=active))


def _scope(facts: Facts) -> str:
    """What a hold covers: a place, a service, or the repository."""
    command = facts.command
    if not command.service and not command.environment:
        return str(command.repository)
    service = _service(facts)
    if not command.environment:
        return f"{command.repository}/{service.name}"
    return place(command.repository, service.name, _environment(service, command).name)


def _covered(command: Command, full_name: str) -> str:
    where = command.service or full_name
    return f"{command.environment} of {where}" if command.environment else where


def _is_called(version: Version, name: str) -> bool:
    return version.id == name or version.sha.startswith(name.lower())


_HOW = {
    Verb.PROMOTE: _promote,
    Verb.DEPLOY: _deploy,
    Verb.EMERGENCY: _emergency,
    Verb.REDEPLOY: _redeploy,
    Verb.ROLLBACK: _rollback,
    Verb.APPROVE: _decide,
    Verb.REJECT: _decide,
    Verb.OVERRIDE: _override,
    Verb.CANCEL: _cancel,
}
