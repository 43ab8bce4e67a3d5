"""What people see of a commit: where its versions are, with buttons, and what is wrong with its files."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from checks.change import short
from checks.events import Event
from checks.repository import Repository
from deploy import configuration_check
from deploy.check import Check, Offer, Shown
from deploy.command import NEEDS_REASON, Command, Verb, Via
from deploy.delivery_check import Facts, Stop, delivery_check, external_id
from deploy.deployment import Deployment, State, place
from deploy.events import (
    CommandGiven,
    CommandRefused,
    ConfigurationRead,
    ConfigurationRefused,
    DeliveryButtonPressed,
    DeliveryCheckDue,
    DeploymentMoved,
    HoldEnded,
    HoldPlaced,
)
from deploy.hold import Hold
from deploy.pipeline import Environment, Service
from deploy.place import Place
from deploy.ports import CD

MOST_HELD = 50
"""Checks that are shown anew because of one hold, the newest: what covers everything would rewrite history."""

RERUN = "rerun"
"""GitHub's own button, which every check has that has ended."""


# --- the check of a commit ---------------------------------------------------------------------


async def show_delivery(event: DeploymentMoved | DeliveryCheckDue, cd: CD) -> Sequence[Event]:
    """The check of a commit says where its versions are now, whatever the event was."""
    if isinstance(event, DeploymentMoved) and event.state == State.READY:
        return ()  # for a moment only: the next move tells it, with the same request
    remark = event.remark if isinstance(event, DeliveryCheckDue) else ""
    repository = await cd.repositories.get(event.repository)
    stops = await _stops(event.repository, event.sha, cd)
    if not stops:
        return ()
    facts = Facts(repository=repository, sha=event.sha, stops=stops, remark=remark, now=cd.now)
    check = delivery_check(await _with_commits(facts, cd))
    await _show(repository, check, cd)
    return ()


async def show_neighbours(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """What is live is what others would replace: those that wait for its environment, or could go there next."""
    if event.state != State.LIVE:
        return ()
    moved = await cd.deployments.get(event.deployment)
    here = await cd.deployments.place(event.place)
    near = [each.version.sha for each in here.waiting]
    if moved.environment.earlier:
        before = await cd.deployments.place(place(event.repository, moved.service, moved.environment.earlier))
        near += [before.present.version.sha] if before.present else []
    return _due((event.repository, sha) for sha in near if sha != event.sha)


async def show_held(event: HoldPlaced | HoldEnded, cd: CD) -> Sequence[Event]:
    """What waits says what holds it, and what does not any more."""
    waiting = sorted(await cd.deployments.waiting_below(event.scope), key=lambda each: each.id)
    return _due((each.version.repository, each.version.sha) for each in waiting[-MOST_HELD:])


# --- people press buttons ----------------------------------------------------------------------


async def press_button(event: DeliveryButtonPressed, cd: CD) -> Sequence[Event]:
    """A button commands what it said when it was shown, unless that is not there any more."""
    check = external_id(event.repository, event.sha)
    shown = await cd.checks.known(check)
    offered = shown.offered(event.button) if shown else None
    why = await _why_stale(offered, event, cd)
    if offered is None or why:
        return [DeliveryCheckDue(repository=event.repository, sha=event.sha, remark=why, by=event.by)]
    command = Command(
        id=cd.new_id(),
        verb=offered.verb,
        repository=event.repository,
        service=offered.service,
        environment=offered.environment,
        version=offered.version,
        reason=f"pressed {offered.label} on {short(event.sha)}" if offered.verb in NEEDS_REASON else "",
        by=event.by,
        by_id=event.by_id,
        via=Via.GITHUB,
        at=cd.now,
        pressed_on=check,
    )
    return [CommandGiven(command=command.id, given=command, by=event.by)]


async def answer(event: CommandRefused, cd: CD) -> Sequence[Event]:
    """Whoever pressed a button reads on the check why nothing came of it."""
    shown = await cd.checks.known(event.pressed_on) if event.pressed_on else None
    if shown is None:
        return ()
    return [DeliveryCheckDue(repository=shown.repository, sha=shown.sha, remark=event.why, by=event.by)]


# --- the files that say where versions go ------------------------------------------------------


async def show_refused(event: ConfigurationRefused, cd: CD) -> Sequence[Event]:
    """A commit says what is wrong with its files, at their lines."""
    check = configuration_check.refused(event.repository, event.sha, event.problems)
    await _show(await cd.repositories.get(event.repository), check, cd)
    cd.checks.save(_newest_refused(event.repository, event.sha))
    return ()


async def show_mended(event: ConfigurationRead, cd: CD) -> Sequence[Event]:
    """What is as it should be needs no word, unless it was broken before."""
    broken = await cd.checks.known(configuration_check.newest_refused(event.repository))
    if broken is None or not broken.sha:
        return ()
    check = configuration_check.mended(event.repository, event.sha)
    await _show(await cd.repositories.get(event.repository), check, cd)
    cd.checks.save(_newest_refused(event.repository, ""))
    return ()


# --- steps of the story ------------------------------------------------------------------------


def _newest_refused(repository: int, sha: str) -> Shown:
    return Shown(check=configuration_check.newest_refused(repository), repository=repository, sha=sha)


def _due(commits: Iterable[tuple[int, str]]) -> Sequence[Event]:
    return [DeliveryCheckDue(repository=repository, sha=sha) for repository, sha in dict.fromkeys(commits)]


async def _show(repository: Repository, check: Check, cd: CD) -> None:
    known = await cd.checks.known(check.external_id)
    shown = await cd.checks.show(repository, check, known, repeated=cd.repeated)
    if shown and shown != known:
        cd.checks.save(shown.offering(check.offers))


async def _stops(repository: int, sha: str, cd: CD) -> tuple[Stop, ...]:
    """The environments of the services that have a deployment of this commit; those that were taken out last."""
    own = await cd.deployments.of_commit(repository, sha)
    configuration = await cd.configurations.get(repository)
    services = configuration.services if configuration else ()
    names = [each.name for each in services] + [each.service for each in own[::-1]]
    wanted = [name for name in dict.fromkeys(names) if any(each.service == name for each in own)]
    found = []
    for name in wanted:
        service = next((each for each in services if each.name == name), None)
        for environment in _environments(service, [each for each in own[::-1] if each.service == name]):
            where = place(repository, name, environment.name)
            here, holds = await cd.deployments.place(where), await cd.holds.covering(where)
            found.append(Stop(service=name, environment=environment, here=_known(here, own), holds=tuple(holds)))
    return tuple(found)


def _environments(service: Service | None, own: Sequence[Deployment]) -> Sequence[Environment]:
    configured = service.environments if service else ()
    names = {each.name for each in configured}
    gone = {each.environment.name: each.environment for each in own if each.environment.name not in names}
    return [*configured, *gone.values()]


def _known(here: Place, own: Sequence[Deployment]) -> Place:
    """An old commit finds itself among the deployments of a place, however many came since."""
    missing = [each for each in own if each.place == here.name and each.id not in {one.id for one in here.deployments}]
    every = sorted([*here.deployments, *missing], key=lambda each: each.id, reverse=True)
    return replace(here, deployments=tuple(every)) if missing else here


async def _with_commits(facts: Facts, cd: CD) -> Facts:
    """Only what could move is compared with what is there; GitHub's answer is kept for ever."""
    stops = []
    for stop in facts.stops:
        present = stop.here.present
        if present is None or not facts.wants_commits(stop):
            stops.append(stop)
            continue
        coming = await cd.ancestry.between(facts.repository, present.version.sha, facts.sha)
        stops.append(replace(stop, coming=tuple(coming)))
    return replace(facts, stops=tuple(stops))


async def _why_stale(offered: Offer | None, event: DeliveryButtonPressed, cd: CD) -> str:
    """Why what was pressed is not what would happen now; "" if it is, as far as a plan would not find out."""
    if event.button == RERUN:
        return f"@{event.by}: this check follows the deployments by itself, there is nothing to run again"
    if offered is None:
        return f"@{event.by}: that button is not there any more; look at what is there now"
    where = place(event.repository, offered.service, offered.environment)
    match offered.verb:
        case Verb.APPROVE:
            why = _does_not_wait(offered, event.sha, await cd.deployments.place(where))
        case Verb.ROLLBACK:
            why = _is_not_there(offered, event.sha, await cd.deployments.place(where))
        case Verb.LIFT:
            active = [each for each in await cd.holds.covering(where) if each.scope == where and each.is_active(cd.now)]
            why = _is_another(offered, active)
        case _:
            why = ""
    return f"@{event.by}: {why}" if why else ""


def _does_not_wait(offered: Offer, sha: str, here: Place) -> str:
    if any(each.version.id == offered.version for each in here.waiting):
        return ""
    if here.present and here.present.version.id == offered.version and not here.present.ended_at:
        return f"{offered.environment} has {short(sha)} already"
    instead = f", but {here.waiting[0].version.name}" if here.waiting else ""
    return f"{short(sha)} does not wait for {offered.environment} any more{instead}"


def _is_not_there(offered: Offer, sha: str, here: Place) -> str:
    present = here.present
    if present and present.version.id == offered.seen:
        return ""
    has = present.version.name if present else "nothing"
    return f"{offered.environment} has {has} by now, so {short(sha)} cannot be rolled back"


def _is_another(offered: Offer, active: Sequence[Hold]) -> str:
    if [each.id for each in active] == [offered.seen]:
        return ""
    now = next((each.sentence for each in active if each.id != offered.seen), "")
    return f"{offered.environment} is {now}; look at that first" if now else f"nothing holds {offered.environment} now"
