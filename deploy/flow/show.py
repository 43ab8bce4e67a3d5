"""What people see of a commit: where its versions are, with buttons, and what is wrong with its files."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from checks.change import short
from checks.events import Event
from checks.repository import Repository
from deploy import configuration_check
from deploy.check import Check, Offer, Shown
from deploy.command import NEEDS_REASON, Command, Verb, Via
from deploy.delivery_check import Facts, Stop, delivery_check, external_id, why_not
from deploy.deployment import Deployment, State, place
from deploy.events import (
    CommandGiven,
    CommandObeyed,
    CommandRefused,
    ConfigurationRead,
    ConfigurationRefused,
    DeliveryButtonPressed,
    DeliveryCheckDue,
    DeploymentMoved,
    HoldEnded,
    HoldPlaced,
)
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
    facts = await _facts(event.repository, event.sha, remark, cd)
    if facts.stops:
        await _show(facts.repository, delivery_check(facts), cd)
    return ()


async def show_neighbours(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """What has come is what others would replace: those that wait for its environment, or could go there next. And
    what is to be rolled back is not rolled back twice."""
    moved = await cd.deployments.get(event.deployment)
    near: list[str] = []
    if moved.undoes and event.state not in (State.READY, State.DEPLOYING):
        near.append((await cd.deployments.get(moved.undoes)).version.sha)
    has_come = event.state in (State.VERIFYING, State.LIVE)
    if has_come:
        here = await cd.deployments.place(event.place)
        near += [each.version.sha for each in here.waiting]
    if has_come and moved.environment.earlier:
        before = await cd.deployments.place(place(event.repository, moved.service, moved.environment.earlier))
        near += [before.present.version.sha] if before.present else []
    return _due((event.repository, sha) for sha in near if sha != event.sha)


async def show_obeyed(event: CommandObeyed, cd: CD) -> Sequence[Event]:
    """What somebody said of a deployment may leave it where it is, and yet needs not be said again."""
    deployment = await cd.deployments.find(event.deployment) if event.deployment else None
    return _due([(deployment.version.repository, deployment.version.sha)]) if deployment else ()


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
        seen=offered.seen if offered.verb is Verb.ROLLBACK else "",
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


async def _facts(repository: int, sha: str, remark: str, cd: CD) -> Facts:
    stops = await _stops(repository, sha, cd)
    named = await cd.repositories.get(repository)
    return await _with_commits(Facts(repository=named, sha=sha, stops=stops, remark=remark, now=cd.now), cd)


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


async def _why_stale(old: Offer | None, event: DeliveryButtonPressed, cd: CD) -> str:
    """Why what was pressed is not what would happen now; "" if it is, as far as the check itself would tell."""
    if event.button == RERUN:
        return f"@{event.by}: this check follows the deployments by itself, there is nothing to run again"
    if old is None:
        return f"@{event.by}: that button is not there any more; look at what is there now"
    why = why_not(await _facts(event.repository, event.sha, "", cd), old)
    return f"@{event.by}: {why}" if why else ""
